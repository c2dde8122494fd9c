"""docs/statistics.md names only golden cases, files, statuses and rules that exist, and all of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from stats import Status
from stats.judgement.decision import Verdict
from stats.metrics import Mode

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
QUOTED = set(re.findall(r"`([^`\n]+)`", TEXT))
CASES = {case["id"]: case for case in json.loads((ROOT / "tests/vectors/statistics.json").read_text())["cases"]}


def test_every_category_of_golden_cases_is_shown() -> None:
    shown = {CASES[name]["category"] for name in QUOTED & set(CASES)}
    assert shown == {case["category"] for case in CASES.values()}


def test_named_cases_exist() -> None:
    prefixes = tuple({re.split(r"[-.]", name)[0] + "-" for name in CASES})
    assert {name for name in QUOTED if name.startswith(prefixes)} <= set(CASES)


def test_linked_files_exist() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).resolve().exists()] == []


def test_every_status_verdict_and_mode_is_explained() -> None:
    assert {status.value for status in Status} <= QUOTED
    assert {verdict.value for verdict in Verdict} <= QUOTED
    assert {mode.value for mode in Mode} <= QUOTED


def test_exported_names_exist_and_are_documented() -> None:
    import stats

    assert sorted(set(stats.__all__)) == sorted(stats.__all__)
    undocumented = [name for name in stats.__all__ if not getattr(getattr(stats, name), "__doc__", None)]
    assert undocumented == []
