"""The page of limits has every limit by whom it is of, with its setting's default and the name in its refusal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contract.test_settings import FIELDS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/operations/limits.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\|[^|\n]*\|[^|\n]*\| `(FF_\w+)` \| ([\d,]+) \|([^|\n]*)\|$", PAGE, re.MULTILINE)
HOLDERS = re.compile(r"_PER_(ADDRESS|KEY|ORGANIZATION|ACTOR|PERSON)(_|$)")


def test_each_limit_of_a_holder_stands_there_once() -> None:
    assert [name for name, _, _ in ROWS] == list(dict.fromkeys(name for name, _, _ in ROWS))
    assert {name for name, _, _ in ROWS} == {name for name in FIELDS if HOLDERS.search(name)}


@pytest.mark.parametrize(("name", "default"), [pytest.param(name, told, id=name) for name, told, _ in ROWS])
def test_its_default_is_the_setting_s(name: str, default: str) -> None:
    assert int(default.replace(",", "")) == FIELDS[name]
