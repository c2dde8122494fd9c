"""When a plan decides, how far an experiment is in it, and when it can be read at the present traffic."""

from __future__ import annotations

from dataclasses import replace

import pytest
from analytics.catalog.entries import Plan
from analytics.results.progress import PlanProgress, Traffic, progress_of
from analytics.results.recorded_looks import OfficialLook
from analytics.results.timetable import DecisionPoint, mode_of, timetable
from stats import Mode

from tests.analytics.result_cases import DAY, EXPERIMENT, START

MIDNIGHT = START - START % DAY


def days_of(*units: int) -> dict[str, dict[str, int]]:
    """Units of whole days from the day after the start's."""
    return {
        f"2026-01-{6 + number:02}": {"off": count // 2, "on": count - count // 2} for number, count in enumerate(units)
    }


def progress(plan: Plan, moment: int, looks: tuple[OfficialLook, ...] = (), **days: int) -> PlanProgress:
    told = days_of(*days.values())
    units = {name: sum(each[name] for each in told.values()) for name in ("off", "on")}
    return progress_of(replace(EXPERIMENT, plan=plan), Traffic(moment, units, told), looks)


@pytest.mark.parametrize(
    ("plan", "mode", "points"),
    [
        (Plan(), Mode.ALWAYS_VALID, []),
        (Plan(mode="fixed"), Mode.ALWAYS_VALID, []),
        (Plan(mode="group", planned_looks=3), Mode.ALWAYS_VALID, []),
        (Plan(mode="fixed", planned_units=10), Mode.FIXED, [(10, None)]),
        (Plan(mode="fixed", planned_end=START + DAY), Mode.FIXED, [(None, START + DAY)]),
        (Plan(mode="group", planned_looks=3, planned_units=1000), Mode.GROUP, [(334, None), (667, None), (1000, None)]),
    ],
    ids=["default", "fixed without a size", "group without a size", "units", "end", "shares"],
)
def test_a_plan_decides_at_its_points_and_without_a_size_at_any_time(
    plan: Plan, mode: Mode, points: list[tuple[int | None, int | None]]
) -> None:
    assert mode_of(plan) is mode
    assert [(each.units, each.at) for each in timetable(replace(EXPERIMENT, plan=plan))] == points


def test_a_point_is_due_by_units_or_by_time() -> None:
    point = DecisionPoint(1, 100, START)
    assert not point.may_be_due(99, START - 1)
    assert point.may_be_due(100, START - 1)
    assert point.may_be_due(0, START)


def test_a_plan_is_readable_when_the_last_whole_days_would_fill_it() -> None:
    """100 units a day, 300 there, 1,000 planned: seven days from now."""
    moment = MIDNIGHT + 4 * DAY
    found = progress(Plan(mode="fixed", planned_units=1000), moment, a=100, b=100, c=100)
    assert (found.units_per_day, found.next_look_units) == (100.0, 1000)
    assert found.readable_at == moment + 7 * DAY
    assert not found.complete


def test_nothing_is_readable_before_the_minimum_run_time() -> None:
    moment = MIDNIGHT + 4 * DAY
    found = progress(Plan(mode="fixed", planned_units=310, minimum_days=14), moment, a=100, b=100, c=100)
    assert found.readable_at == START + 14 * DAY
    assert progress(Plan(minimum_days=1), moment, a=100).readable_at is None


def test_nobody_knows_when_without_traffic() -> None:
    found = progress(Plan(mode="fixed", planned_units=1000), START)
    assert (found.units_per_day, found.readable_at) == (None, None)


def test_an_end_is_readable_at_its_time() -> None:
    assert progress(Plan(mode="fixed", planned_end=START + 30 * DAY), START + DAY).readable_at == START + 30 * DAY


def test_after_a_look_the_rest_stands_apart() -> None:
    look = OfficialLook(1, START + DAY, {"off": 60, "on": 70})
    found = progress(Plan(mode="group", planned_units=400, planned_looks=4), MIDNIGHT + 3 * DAY, (look,), a=100, b=90)
    assert (found.looks_taken, found.looks_planned, found.next_look_units) == (1, 4, 200)
    assert found.since == {"off": 35, "on": 25}
    assert found.decided_at == START + DAY


def test_stopped_before_its_size_is_not_complete() -> None:
    stopped = replace(EXPERIMENT, plan=Plan(mode="fixed", planned_units=1000), stop_at=START + 2 * DAY)
    found = progress_of(stopped, Traffic(START + 90 * DAY, {"off": 5, "on": 5}, {}), ())
    assert (found.complete, found.stopped_early, found.days_run, found.readable_at) == (False, True, 2.0, None)
    look = OfficialLook(1, START + DAY, {})
    whole = progress_of(stopped, Traffic(START + 90 * DAY, {"off": 5, "on": 5}, {}), (look,))
    assert (whole.complete, whole.stopped_early) == (True, False)
