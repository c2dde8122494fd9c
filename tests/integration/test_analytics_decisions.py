"""Decisions through the API hold however often, and by whom, the results are read; the store is the real one."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse, Plan
from analytics.results.snapshots import ResultSnapshots
from analytics.warehouse.client import Warehouse
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS
from messages.aggregations import AGGREGATIONS
from prometheus_client import CollectorRegistry
from scipy import stats as scipy_stats
from service_kit.clock import ManualClock
from service_kit.http import Shell

from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer

START = 1_767_607_200_000
HOUR = 3_600_000
EVERY = 600_000
"""Between two units."""
BASE = "/v1/experiments/exp-1"
PURCHASE = Metric("m1", "purchase", "Purchase", AGGREGATIONS["conversion"], True, "purchase")
EXPERIMENT = Experiment(
    id="exp-1",
    key="test",
    name="Checkout",
    environment_id="env-1",
    flag="checkout",
    assigns=False,
    status="running",
    start_at=START,
    stop_at=None,
    shares={"off": 5000, "on": 5000},
    control="off",
    metrics=(MetricUse("purchase", "goal"),),
    plan=Plan(minimum_days=0),
)


class World:
    """A store that fills while a clock goes on. `bought`: how many of 100 units of a variation buy."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.clock = ManualClock(START)
        self.units: list[tuple[str, bool]] = []
        self.metrics = [PURCHASE]

    def app(self, experiment: Experiment) -> httpx.AsyncClient:
        app = build_app(
            parts_of(self.catalog(experiment), self.warehouse, self.clock), Shell(registry=CollectorRegistry())
        )
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://a", headers=bearer())

    def catalog(self, experiment: Experiment) -> Catalog:
        made = Catalog()
        entries = made.entries("env-1")
        entries.environment = Environment("env-1", "production", "project-1", "shop", "org-1", "salt", False)
        entries.metrics.update({each.key: each for each in self.metrics})
        entries.experiments["test"] = experiment
        made.ready = True
        return made

    async def read(self, experiment: Experiment) -> dict[str, Any]:
        async with self.app(experiment) as client:
            answer = await client.get(f"/v1/experiments/{experiment.id}/results")
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    async def come(self, count: int, bought: dict[str, int]) -> None:
        """So many units, one after the other; of each hundred of a variation the first ones buy."""
        exposures, events = [], []
        for _ in range(count):
            number = len(self.units)
            at = START + number * EVERY
            variation = ("off", "on")[number % 2]
            buys = number // 2 % 100 < bought[variation]
            self.units.append((variation, buys))
            unit = {"user_key": f"u{number}", "occurred_at": at, "received_at": at}
            exposure = {"flag": "checkout", "variation": variation, "experiment": "", "event_id": f"e{number}"}
            exposures.append(exposure | unit | {"config_version": 1, "context": "{}"})
            if buys:
                events.append({"metric": "purchase", "event_id": f"m{number}", "value": 1.0, "properties": "{}"} | unit)
        await self.store("events_exposure", EXPOSURE_COLUMNS, exposures)
        await self.store("events_metric", METRIC_COLUMNS, events)
        self.clock.advance(count * EVERY / 1000)

    async def store(self, table: str, columns: dict[str, str], rows: list[dict[str, Any]]) -> None:
        origin = {"organization_id": "org-1", "project_id": "project-1", "environment_id": "env-1", "sdk_key_id": "k"}
        full = [origin | row for row in rows]
        if full:
            await self.warehouse.insert(
                table, {name: (kind, [row.get(name, "") for row in full]) for name, kind in columns.items()}
            )

    def table(self, count: int) -> list[list[int]]:
        """Of the first units: bought and not bought, by variation."""
        found = self.units[:count]
        return [
            [sum(each == (name, True) for each in found), sum(each == (name, False) for each in found)]
            for name in ("on", "off")
        ]


@pytest.fixture
async def world(clickhouse_url: str, migrated_clickhouse_database: str) -> AsyncIterator[World]:
    warehouse = Warehouse(WarehouseSettings(url=clickhouse_url, database=migrated_clickhouse_database))
    warehouse.migrated = True
    yield World(warehouse)
    await warehouse.close()


def comparison(document: dict[str, Any], metric: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = document["metrics"][metric]["variations"][1]["comparison"]
    return found


def decided(document: dict[str, Any]) -> dict[str, Any]:
    """What may not change until the next look."""
    found = comparison(document)
    return {name: found[name] for name in ("p_value", "adjusted_p", "difference", "lift", "sequential", "significant")}


async def test_a_fixed_plan_decides_once_and_repeats_it(world: World) -> None:
    experiment = replace(EXPERIMENT, plan=Plan(mode="fixed", planned_units=400, minimum_days=0))
    await world.come(399, {"off": 10, "on": 30})
    early = await world.read(experiment)
    await world.come(101, {"off": 90, "on": 0})
    first = await world.read(experiment)
    await world.come(500, {"off": 95, "on": 0})
    later = await world.read(experiment)

    assert comparison(early)["reading"]["state"] == "too_early"
    assert (comparison(early)["p_value"], comparison(early)["significant"]) == (None, None)
    assert early["plan"]["next_look_units"] == 400
    assert early["plan"]["readable_at"] is not None
    assert early["decisions"][0]["verdict"] == "keep_running"

    chi2 = scipy_stats.chi2_contingency(world.table(400), correction=False)
    assert comparison(first)["p_value"] == pytest.approx(chi2.pvalue, rel=1e-9)
    assert comparison(first)["reading"]["state"] == "better"
    assert first["decisions"][0]["verdict"] == "ship"
    assert decided(later) == decided(first)
    assert later["decisions"] == first["decisions"]
    assert [each["units"] for each in later["metrics"][0]["variations"]] == [200, 200]
    assert [each["latest"]["units"] for each in later["metrics"][0]["variations"]] == [500, 500]
    assert later["plan"]["since_decision"] == [{"variation": "off", "units": 300}, {"variation": "on", "units": 300}]


async def test_nobody_has_to_read_for_a_plan_to_decide_the_same(world: World) -> None:
    """Whoever reads for the first time long after, or whose records were lost, reads what a reader in time has read."""
    experiment = replace(EXPERIMENT, plan=Plan(mode="group", planned_units=400, planned_looks=4, minimum_days=0))
    for _ in range(5):
        await world.come(100, {"off": 20, "on": 35})
        watched = await world.read(experiment)
    late = await world.read(experiment)
    await world.warehouse.command("TRUNCATE TABLE experiments_snapshot")
    lost = await world.read(experiment)

    assert decided(late) == decided(watched) == decided(lost)
    assert lost["plan"]["looks_taken"] == 4
    assert lost["plan"]["complete"]


async def test_readings_between_looks_show_the_last_look(world: World) -> None:
    experiment = replace(EXPERIMENT, plan=Plan(mode="group", planned_units=400, planned_looks=4, minimum_days=0))
    drawn = random.Random(7)
    seen: dict[int, list[dict[str, Any]]] = {}
    while len(world.units) < 500:
        await world.come(drawn.randint(5, 45), {"off": 20, "on": 22})
        document = await world.read(experiment)
        due = min(len(world.units) // 100, 4)
        assert document["plan"]["looks_taken"] == due
        assert document["plan"]["next_look_units"] == (None if due == 4 else 100 * (due + 1))
        seen.setdefault(due, []).append(decided(document))
    assert seen.keys() == {0, 1, 2, 3, 4}
    assert {each["p_value"] for each in seen.pop(0)} == {None}
    for looks, readings in seen.items():
        assert all(each == readings[0] for each in readings), looks
    assert [each[0]["sequential"]["look"] for each in seen.values()] == [1, 2, 3, 4]
    assert seen[3][0]["sequential"]["information"] == pytest.approx([0.25, 0.5, 0.75])


async def test_late_events_change_no_look(world: World) -> None:
    experiment = replace(EXPERIMENT, plan=Plan(mode="fixed", planned_units=200, minimum_days=0))
    await world.come(300, {"off": 20, "on": 50})
    before = await world.read(experiment)
    late = {"metric": "purchase", "value": 1.0, "properties": "{}", "received_at": START + 400 * EVERY}
    rows = [
        late | {"user_key": f"u{n}", "event_id": f"l{n}", "occurred_at": START + n * EVERY} for n in range(0, 200, 2)
    ]
    await world.store("events_metric", METRIC_COLUMNS, rows)
    world.clock.advance(200 * EVERY // 1000)
    after = await world.read(experiment)

    assert decided(after) == decided(before)
    assert (
        after["metrics"][0]["variations"][0]["latest"]["mean"] > before["metrics"][0]["variations"][0]["latest"]["mean"]
    )


async def test_what_an_always_valid_reading_has_shown_is_not_forgotten(world: World) -> None:
    """The effect fades: the lowest p stays, for it was true when it was read."""
    experiment = replace(EXPERIMENT, plan=Plan(mode="always_valid", planned_units=600, minimum_days=0))
    await world.come(400, {"off": 10, "on": 40})
    await ResultSnapshots(world.warehouse, world.catalog(experiment), world.clock).take_due(3600)
    await world.come(400, {"off": 26, "on": 38})
    remembered = await world.read(experiment)
    earlier = await world.read(replace(experiment, id="exp-2"))

    assert comparison(remembered)["p_value"] < comparison(earlier)["p_value"]
    assert comparison(remembered)["reading"]["state"] == "better"
    # The same experiment under another id has no memory of its own; the listed snapshots are the answers alone.
    async with world.app(experiment) as client:
        listed = (await client.get(f"{BASE}/snapshots")).json()["items"]
    assert [each["cause"] for each in listed] == ["scheduled"]


async def test_a_stopped_experiment_is_read_by_its_plan(world: World) -> None:
    await world.come(150, {"off": 20, "on": 90})
    stopped = replace(
        EXPERIMENT,
        status="stopped",
        stop_at=START + 150 * EVERY,
        plan=Plan(mode="fixed", planned_units=400, minimum_days=0),
    )
    document = await world.read(stopped)

    assert document["plan"]["stopped_early"]
    assert not document["plan"]["complete"]
    assert "stopped early, at 150 of 400 planned units" in document["summary"]
    assert comparison(document)["reading"]["state"] == "too_early"
    assert document["decisions"][0]["verdict"] == "inconclusive"


async def test_a_gain_of_a_guardrail_is_no_harm(world: World) -> None:
    """+400 %: with a margin it passes; nobody gave one: it is shown, and no decision looks at it."""
    plan = Plan(mode="always_valid", planned_units=400, minimum_days=0)
    await world.come(600, {"off": 10, "on": 50})
    given = replace(EXPERIMENT, metrics=(MetricUse("purchase", "guardrail", 0.02),), plan=plan)
    absent = replace(given, metrics=(MetricUse("purchase", "guardrail"),))
    document, without = await world.read(given), await world.read(absent)

    assert comparison(document)["lift"]["estimate"] == pytest.approx(4.0)
    assert comparison(document)["guardrail"]["state"] == "pass"
    assert comparison(document)["guardrail"]["power"] is not None
    assert document["decisions"][0]["verdict"] != "roll_back"
    assert comparison(without)["guardrail"] is None
    assert without["decisions"] == []


async def test_a_p_that_the_family_adjusts_away_is_read_as_unclear_everywhere(world: World) -> None:
    names = [f"m{number}" for number in range(10)]
    world.metrics = [replace(PURCHASE, key=each, id=each) for each in names]
    await world.come(400, {"off": 20, "on": 28})
    plan = Plan(mode="fixed", planned_units=400, minimum_days=0)
    experiment = replace(EXPERIMENT, metrics=tuple(MetricUse(each, "goal") for each in names), plan=plan)
    document = await world.read(experiment)
    async with world.app(experiment) as client:
        exported = (await client.get(f"{BASE}/results/export")).text

    found = comparison(document)
    assert found["p_value"] == pytest.approx(found["fixed_horizon"]["p_value"])
    assert 0.05 < found["p_value"] < 0.1
    assert found["adjusted_p"] == pytest.approx(10 * found["p_value"])
    assert (found["significant"], found["reading"]["state"]) == (False, "unclear")
    assert "unlikely by chance" not in document["summary"]
    assert "unclear" in exported
    assert document["decisions"][0]["verdict"] == "inconclusive"
