"""What a look reads of a rollout: who was drawn by the percentages that it moves, by stage and side, windows closed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analytics.catalog.entries import Metric
from analytics.catalog.rollouts import Guard, GuardedRollout, Stage
from analytics.monitoring.findings import Asked, findings_of, strongest
from analytics.monitoring.looks import SETTLING_MILLISECONDS, Looker
from analytics.monitoring.observations import Observation
from analytics.warehouse.client import Warehouse
from analytics.warehouse.split_units import SplitReader
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS
from messages.aggregations import AGGREGATIONS
from messages.arms import arm_unit
from messages.verdicts import FindingState, VerdictAction
from service_kit.clock import ManualClock
from stats import BinarySummary, MeanSummary, RatioSummary

START = 1_767_607_200_000
FIRST, SECOND = START + SETTLING_MILLISECONDS, START + 600_000 + SETTLING_MILLISECONDS
NOW = START + 1_200_000
WINDOW = 60_000
ORDERS = Metric("m1", "orders", "Orders", AGGREGATIONS["conversion"], higher_is_better=True, event="order")
SPENT = Metric("m2", "spent", "Spent", AGGREGATIONS["sum"], higher_is_better=True, event="order")
METRICS = {"orders": ORDERS, "spent": SPENT}
ROLLOUT = GuardedRollout(
    id="r1",
    key="new-checkout",
    environment_id="env-1",
    flag="checkout",
    rule="",
    variation="on",
    state="running",
    revision=2,
    stages=(Stage(1_000, START, START + 600_000), Stage(5_000, START + 600_000, None)),
    guards=(
        Guard("g1", VerdictAction.ROLL_BACK, "orders", margin=0.02),
        Guard("g2", VerdictAction.HOLD, "spent", margin=0.02),
        Guard("g3", VerdictAction.NOTIFY, built_in="sample_ratio"),
        Guard("g4", VerdictAction.HOLD, built_in="no_data", silence_seconds=3_600),
    ),
    alpha=0.05,
    by_unit=False,
)


async def expose(warehouse: Warehouse, *rows: tuple[str, str, int], split: str = "$default", unit: str = "") -> None:
    """Rows of user, variation and moment."""
    given: dict[str, list[Any]] = {
        "event_id": [f"{user}-{variation}-{at}-{split}" for user, variation, at in rows],
        "user_key": [user for user, _, _ in rows],
        "variation": [variation for _, variation, _ in rows],
        "occurred_at": [at for _, _, at in rows],
        "received_at": [at for _, _, at in rows],
    }
    fixed = {
        "flag": "checkout",
        "split": split,
        "unit_key": unit,
        "organization_id": "org-1",
        "environment_id": "env-1",
    }
    await insert(warehouse, "events_exposure", EXPOSURE_COLUMNS, given, fixed)


async def measure(warehouse: Warehouse, *rows: tuple[str, int, float], event: str = "order") -> None:
    """Rows of user, moment and value."""
    given: dict[str, list[Any]] = {
        "event_id": [f"{event}-{user}-{at}" for user, at, _ in rows],
        "user_key": [user for user, _, _ in rows],
        "value": [value for _, _, value in rows],
        "occurred_at": [at for _, at, _ in rows],
        "received_at": [at for _, at, _ in rows],
    }
    fixed = {"metric": event, "organization_id": "org-1", "environment_id": "env-1"}
    await insert(warehouse, "events_metric", METRIC_COLUMNS, given, fixed)


async def insert(
    warehouse: Warehouse,
    table: str,
    columns: dict[str, str],
    given: dict[str, list[Any]],
    fixed: dict[str, str],
) -> None:
    count = len(given["event_id"])
    absent: dict[str, object] = {"Bool": False, "UInt64": 0}
    filled = {name: given.get(name, [fixed.get(name, absent.get(kind, ""))] * count) for name, kind in columns.items()}
    await warehouse.insert(table, {name: (kind, filled[name]) for name, kind in columns.items()})


async def look(warehouse: Warehouse, rollout: GuardedRollout = ROLLOUT, now: int = NOW) -> Observation:
    return await Looker(SplitReader(warehouse), ManualClock(now), 0).look("org-1", rollout, METRICS)


async def test_a_unit_is_of_the_stage_and_the_side_in_which_it_first_came(warehouse: Warehouse) -> None:
    await expose(
        warehouse,
        ("before", "off", START - 1),
        ("settling", "on", START + 1),
        ("first-new", "on", FIRST),
        ("first-rest", "off", FIRST + 1),
        ("comes-in", "off", FIRST + 2),
        ("comes-in", "on", SECOND),
        ("second-new", "on", SECOND),
        ("second-other", "third", SECOND),
        ("open", "on", NOW - WINDOW),
    )
    await expose(warehouse, ("by-rule", "on", SECOND), split="rule-1")
    await expose(warehouse, ("does-not-say", "on", SECOND), split="")
    await measure(
        warehouse,
        ("first-new", FIRST + 1, 3.0),
        ("first-new", FIRST + WINDOW + 1, 100.0),
        ("comes-in", SECOND + 5, 100.0),
        ("second-other", SECOND + 5, 5.0),
        ("open", NOW - WINDOW + 1, 7.0),
        ("by-rule", SECOND + 5, 9.0),
    )
    seen = await look(warehouse)
    assert seen.units == {0: (1, 2), 1: (2, 1)}
    assert (seen.looked_at, seen.data_until, seen.heard_at) == (NOW, NOW, NOW - WINDOW)
    assert seen.measured["g1"].stages[1][0] == BinarySummary(1, 0)
    # The loader may be behind: what came after the last exposure is not known to have been stored.
    assert (await look(warehouse, now=NOW - 1)).data_until == NOW - WINDOW
    seen = await look(warehouse, now=NOW + WINDOW)
    assert seen.measured["g1"].stages == {
        0: (BinarySummary(1, 1), BinarySummary(2, 0)),
        1: (BinarySummary(2, 1), BinarySummary(1, 1)),
    }
    spent = seen.measured["g2"].stages
    sums = [[each.n * each.mean for each in spent[stage] if isinstance(each, MeanSummary)] for stage in (0, 1)]
    assert sums == [[3.0, 0.0], [7.0, 5.0]]


async def test_companies_are_the_units_where_they_are_drawn(warehouse: Warehouse) -> None:
    for company, users in (("c1", ("a", "b")), ("c2", ("c",))):
        side = "on" if company == "c1" else "off"
        await expose(warehouse, *((user, side, FIRST + 1) for user in users), unit=company)
    await expose(warehouse, ("late", "on", SECOND), unit="c2")
    await measure(warehouse, ("a", FIRST + 2, 1.0), ("c", FIRST + 2, 1.0), ("late", SECOND + 1, 1.0))
    seen = await look(warehouse, replace(ROLLOUT, by_unit=True))
    assert seen.units == {0: (1, 1)}
    new, rest = seen.measured["g1"].stages[0]
    assert isinstance(new, RatioSummary)
    assert isinstance(rest, RatioSummary)
    assert [(each.n, each.num_sum, each.den_sum) for each in (new, rest)] == [(1, 1.0, 2.0), (1, 1.0, 1.0)]


async def test_a_strange_value_costs_its_guard_alone_and_harm_asks_for_a_rollback(warehouse: Warehouse) -> None:
    users = [(f"u{number}", "on" if number % 2 else "off", SECOND + number) for number in range(400)]
    await expose(warehouse, *users)
    await measure(
        warehouse,
        *((user, at + 1, 1.0) for user, variation, at in users if variation == "off"),
        ("u1", SECOND + 3, float("inf")),
    )
    found = findings_of(Asked(ROLLOUT, METRICS), await look(warehouse))
    assert [each.state for each in found] == [
        FindingState.HARMED,
        FindingState.NOT_ESTIMABLE,
        FindingState.HEALTHY,
        FindingState.HEALTHY,
    ]
    assert strongest(found) is VerdictAction.ROLL_BACK
    assert found[0].new.units == found[0].rest.units == 200
    assert "Orders is worse by more than the tolerated 2.00%: 0.50% of 200 units" in found[0].sentence


async def test_what_an_application_measures_of_an_arm_is_compared_export_by_export(warehouse: Warehouse) -> None:
    errors = Metric(
        "m3",
        "errors",
        "Errors",
        AGGREGATIONS["ratio"],
        higher_is_better=False,
        event="errors",
        denominator_event="calls",
    )
    count = Metric("m4", "count", "Count", AGGREGATIONS["count"], higher_is_better=False, event="errors")
    guards = tuple(Guard(each, VerdictAction.HOLD, each, margin=0.02) for each in ("errors", "count"))
    new, rest, third = (
        [(arm_unit("checkout", name, f"{number:016}"), SECOND + number) for number in range(3)]
        for name in ("on", "off", "on:b")
    )
    other = [(arm_unit("checkout-2", "on", "0" * 16), SECOND)]
    late = [(arm_unit("checkout", "on", "f" * 16), NOW - WINDOW)]
    everybody = [*new, *rest, *third, *other, *late]
    await measure(warehouse, *((unit, at, 100.0) for unit, at in everybody), event="calls")
    await measure(warehouse, *((unit, at, 5.0) for unit, at in new[1:]), event="errors")
    await measure(warehouse, *((unit, at, 1.0) for unit, at in rest), event="errors")
    await expose(warehouse, ("user", "on", SECOND), ("other-user", "off", SECOND))
    looker = Looker(SplitReader(warehouse), ManualClock(NOW), 0)
    seen = await looker.look("org-1", replace(ROLLOUT, guards=guards), {"errors": errors, "count": count})
    told: Any = seen.measured["errors"].stages[1]
    assert seen.measured["errors"].stages.keys() == {1}
    assert [(side.n, side.num_sum, side.den_sum) for side in told] == [(3, 10.0, 300.0), (6, 3.0, 600.0)]
    # Users alone are units of a metric that counts, and of the split.
    counted: Any = seen.measured["count"].stages[1]
    assert [side.n for side in counted] == [1, 1]
    assert seen.units == {1: (1, 1)}
