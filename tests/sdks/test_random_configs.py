"""What is drawn at random reaches every answer, and is the same for a seed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from bucketing.conformance.__main__ import run_file

from tests.sdks.random_configs import golden_cases, random_config

CORNERS = ("experiments", "override", "paused", "overrides", "bucket_by", "prerequisite", "invalid_combination")


def test_a_seed_gives_one_config() -> None:
    assert random_config(3, 50) == random_config(3, 50)
    assert random_config(3, 50) != random_config(4, 50)


def test_every_reason_error_and_corner_is_reached() -> None:
    found: Counter[str] = Counter()
    for case in golden_cases(1, 500, 60)["cases"]:
        told = case["expected"]
        found.update([told["reason"], told.get("errorCode", "none"), *(name for name in CORNERS if name in told)])
    reasons = {"STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "DISABLED", "ERROR"}
    errors = {"PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT"}
    assert (reasons | errors | set(CORNERS)) - found.keys() == set()


def test_the_cases_are_a_file_of_golden_cases(tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(golden_cases(2, 20, 5)))
    assert run_file(path) == 0
