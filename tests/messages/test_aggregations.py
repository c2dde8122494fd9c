"""What an aggregation's row says of it."""

from __future__ import annotations

import pytest
from messages.aggregations import AGGREGATIONS, BY_NUMBER, Absence
from messages.generated import config_pb2 as pb


def test_each_has_a_number_on_the_wire_and_each_number_a_row() -> None:
    numbers = {number for name, number in pb.Aggregation.items() if name != "AGGREGATION_UNSPECIFIED"}
    assert BY_NUMBER.keys() == numbers
    assert {row.name: row for row in BY_NUMBER.values()} == AGGREGATIONS


@pytest.mark.parametrize("name", list(AGGREGATIONS))
def test_a_rate_counts_every_unit_and_is_not_capped(name: str) -> None:
    row = AGGREGATIONS[name]
    assert row.wire_name == f"AGGREGATION_{name.upper()}"
    if row.binary:
        assert row.absence is Absence.ZERO
        assert not row.cappable
    assert row.per_unit == (row.summary in ("binary", "mean"))


def test_the_facts_that_users_know() -> None:
    assert {name for name, row in AGGREGATIONS.items() if row.binary} == {"conversion", "retention", "funnel"}
    assert {name for name, row in AGGREGATIONS.items() if row.absence is Absence.LEFT_OUT} == {"mean", "quantile"}
    assert [name for name, row in AGGREGATIONS.items() if row.window_required] == ["retention"]
    parameters = {name: row.parameter for name, row in AGGREGATIONS.items() if row.parameter}
    assert parameters == {
        "ratio": "denominator_event",
        "quantile": "quantile",
        "funnel": "steps",
        "distinct": "property",
    }
