"""What a step changes of the sums that a sheet keeps."""

from __future__ import annotations

from datetime import date
from typing import Any

from analytics.warehouse import kept_sums

DAY = date(2026, 1, 5)


def row(variation: str = "on", **values: Any) -> dict[str, Any]:
    known = {"units": 1, "users": 1, "last_at": 10, "m0_sum": "5"} | values
    return {"segment": "", "day": DAY, "variation": variation, "several": 0, "lacking": 0} | known


def test_text_gives_the_rows_back() -> None:
    rows = [row(m0_sum=str(2**200)), row("off", units=3)]
    assert kept_sums.read(kept_sums.written(rows)) == rows


def test_a_step_takes_away_what_was_and_adds_what_is() -> None:
    kept = [row("off", units=2), row(units=9, users=9, m0_sum=str(2**90))]
    step = [row(was=1, units=2, users=2, m0_sum="7"), row(was=0, units=3, users=3, last_at=12, m0_sum="-4")]

    assert kept_sums.changed(kept, step) == [kept[0], row(units=10, users=10, last_at=12, m0_sum=str(2**90 - 11))]


def test_a_group_comes_in_its_place_and_goes_when_nobody_is_left() -> None:
    kept = [row("on"), row("two")]
    assert kept_sums.changed(kept, [row("off", was=0), row("two", was=1)]) == [row("off"), row("on")]


def test_who_came_last_and_left_needs_a_look_at_all_rows() -> None:
    kept = [row(units=2, last_at=10)]
    assert kept_sums.changed(kept, [row(was=1, last_at=10)]) is None
    assert kept_sums.changed(kept, [row(was=1, last_at=9)]) == [row(units=1, users=0, m0_sum="0")]
    assert kept_sums.changed(kept, [row(was=1), row(was=0)]) == kept
    assert kept_sums.changed(kept, [row(was=1), row("off", was=0, last_at=11)]) is None
