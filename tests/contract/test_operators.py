"""The table of operators, and every place that names them by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from analytics.warehouse.filters.operators import TESTS
from bucketing.flagset import FlagSet
from bucketing.operators import OPERATORS, PRESENCE

from benchmarks.engine_interpreter import NEGATED, Interpreter

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests/vectors"
NAMES = set(OPERATORS)
OTHER_CONDITIONS = {"combinations", "attributes", "long_lists", "re2_borders", "segments"}
UNKNOWN = "sounds_like"
"""What stands in vectors for an operator that a later version may have."""


def operators_in(value: Any) -> Iterator[str]:
    """Of every comparison in a document, at any depth."""
    if isinstance(value, dict):
        if isinstance(value.get("attribute"), str) and isinstance(value.get("operator"), str):
            yield value["operator"]
        for each in value.values():
            yield from operators_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from operators_in(each)


def test_filters_of_events_have_each_that_asks_for_a_value() -> None:
    assert TESTS.keys() == NAMES - PRESENCE.keys()


def test_there_is_a_file_of_vectors_for_each_and_no_other() -> None:
    assert {path.stem for path in (VECTORS / "conditions").iterdir()} == NAMES | OTHER_CONDITIONS


@pytest.mark.parametrize("name", OPERATORS)
def test_its_vectors_use_it(name: str) -> None:
    assert name in set(operators_in(json.loads((VECTORS / "conditions" / f"{name}.json").read_text())))


@pytest.mark.parametrize("folder", ["conditions", "steps"])
def test_vectors_name_no_operator_that_does_not_exist(folder: str) -> None:
    found = {name for path in (VECTORS / folder).iterdir() for name in operators_in(json.loads(path.read_text()))}
    assert found - NAMES - {"in_segment"} == {UNKNOWN}, 'in_segment is read as {"segment": …}'


def test_the_specification_has_each_in_its_table() -> None:
    table = (ROOT / "docs/evaluation.md").read_text().split("| operator | literal | matches |\n", 1)[1].split("\n\n")[0]
    told = [name for row in table.splitlines()[1:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(told) == sorted(NAMES)


def test_the_guide_lists_each() -> None:
    told = re.findall(r"Operators: `([^`]+)`", (ROOT / "docs/api-guide.md").read_text())
    assert [sorted(each.split()) for each in told] == [sorted(NAMES)]


def test_the_interpreter_negates_what_the_table_negates() -> None:
    assert set(NEGATED) == {name for name, operator in OPERATORS.items() if operator.negated}


@pytest.mark.parametrize("name", ["between", "semver_like", ""])
def test_the_interpreter_refuses_what_it_does_not_know(name: str) -> None:
    with pytest.raises(ValueError, match="not known"):
        Interpreter(FlagSet("salt")).one(name, "a", "a")
