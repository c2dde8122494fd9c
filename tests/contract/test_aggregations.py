"""The table of aggregations, and every place that has to name one by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from analytics.catalog.entries import Metric
from analytics.warehouse.tallies import TALLIES
from control_plane.metrics.models import MetricRow
from control_plane.metrics.schemas import MetricCreate
from messages.aggregations import AGGREGATIONS, BY_NUMBER, Absence, Aggregation
from messages.generated import config_pb2 as pb
from stats import KINDS

ROOT = Path(__file__).resolve().parents[2]
NAMES = set(AGGREGATIONS)
each_row = pytest.mark.parametrize("row", AGGREGATIONS.values(), ids=list(AGGREGATIONS))


def table_of(document: str, header: str) -> list[list[str]]:
    """The cells of the rows under a Markdown table's header line."""
    lines = (ROOT / "docs" / document).read_text().split(f"{header}\n", 1)[1].splitlines()[1:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_the_wire_has_a_value_for_each_and_no_other() -> None:
    unspecified = pb.AGGREGATION_UNSPECIFIED
    assert {name for name, number in pb.Aggregation.items() if number != unspecified} == {
        row.wire_name for row in AGGREGATIONS.values()
    }
    assert set(BY_NUMBER.values()) == set(AGGREGATIONS.values())


def test_the_api_takes_each_and_no_other() -> None:
    properties = MetricCreate.model_json_schema()["properties"]
    assert set(properties["aggregation"]["enum"]) == NAMES


def test_there_is_a_tally_for_each_and_no_other() -> None:
    assert set(TALLIES) == NAMES


@each_row
def test_its_tally_has_what_its_summary_needs(row: Aggregation) -> None:
    tally = TALLIES[row.name]
    needed = {"binary": 1, "mean": 1, "ratio": 2}.get(row.summary, 0)
    assert len(tally.slots) >= needed
    assert bool(tally.list) == (row.summary == "quantile")


@each_row
def test_its_summary_is_the_statistics_own(row: Aggregation) -> None:
    assert row.summary in KINDS
    assert not row.cappable or row.summary == "mean"


@each_row
def test_its_parameter_is_a_field_all_the_way(row: Aggregation) -> None:
    if row.parameter:
        assert row.parameter in MetricCreate.model_fields
        assert row.parameter in MetricRow.__dataclass_fields__
        assert row.parameter in pb.Metric.DESCRIPTOR.fields_by_name
        assert row.parameter in Metric.__dataclass_fields__


def test_there_are_vectors_for_each_and_no_other() -> None:
    assert {path.stem for path in (ROOT / "tests/vectors/aggregations").iterdir()} == NAMES


@each_row
def test_its_vectors_have_an_event_without_a_value(row: Aggregation) -> None:
    cases = json.loads((ROOT / f"tests/vectors/aggregations/{row.name}.json").read_text())["cases"]
    units = [unit for case in cases for unit in case["units"].values()]
    named = [events for unit in units for events in unit.get("named_events", {}).values()]
    events = [event for some in (*(unit.get("events", ()) for unit in units), *named) for event in some]
    assert any(value is None for _, value, *_ in events)


def test_the_guide_tells_each_with_its_meaning_and_its_needs() -> None:
    rows = table_of("api-guide.md", "| aggregation | a unit's number | needs |")
    told = {name: (meaning, needs) for name, meaning, needs in rows}
    assert set(told) == {f"`{name}`" for name in NAMES}
    for name, row in AGGREGATIONS.items():
        meaning, needs = told[f"`{name}`"]
        needed = row.parameter or ("window_end_seconds" if row.window_required else "")
        assert meaning == row.meaning
        assert needs.startswith(f"`{needed}`") if needed else not needs


def test_the_page_of_analytics_tells_what_absence_is() -> None:
    zero_or_not = {"0": Absence.ZERO, "adds nothing": Absence.ZERO}
    told = {
        name: zero_or_not.get(absence, Absence.LEFT_OUT)
        for names, _, absence in table_of("analytics.md", "| aggregation | per unit | a unit without an event |")
        for name in names.split(", ")
    }
    assert told == {name: row.absence for name, row in AGGREGATIONS.items()}


def test_the_page_of_statistics_tells_which_kind_of_summary_each_has() -> None:
    rows = table_of("statistics.md", "| kind | per arm | for |")
    told = {kind: set(re.findall(r"\w+", used)) for kind, _, used in rows}
    assert told.keys() == KINDS.keys()
    for name, row in AGGREGATIONS.items():
        assert [kind for kind, used in told.items() if kind != "cuped" and name in used] == [row.summary]


def test_the_glossary_names_each() -> None:
    lines = (ROOT / "docs/glossary.md").read_text().splitlines()
    meaning = next(line for line in lines if line.startswith("| aggregation |"))
    assert set(re.findall(r"[a-z]+", meaning.partition("a number: ")[2])) == NAMES
