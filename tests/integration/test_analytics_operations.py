"""Dead letters, reconciliation, erasure, the planner and A/A calibration over HTTP."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Metric
from analytics.loading.batches import LoadBatch
from analytics.loading.dead_letters import send
from analytics.loading.storage import store
from analytics.planning import design
from analytics.planning import endpoints as planning_endpoints
from analytics.warehouse.client import Warehouse
from bucketing.flagset import Fixed, Flag, FlagType
from messages.aggregations import AGGREGATIONS
from messages.generated.event_pb2 import EventBatch
from messages.pseudonyms import Pseudonyms
from messages.subjects import DEAD_LETTERS, EVENTS, dead_letters_stream, events_stream, events_subject
from prometheus_client import CollectorRegistry
from service_kit.clock import Clock, ManualClock, SystemClock
from service_kit.http import Shell
from streams.memory import MemoryBus

from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer

PII_SECRET = "a secret for pseudonyms"
WHERE = "project=shop&environment=production"


def catalog() -> Catalog:
    made = Catalog()
    entries = made.entries("env-1")
    entries.environment = Environment("env-1", "production", "project-1", "shop", "org-1", "salt", False)
    entries.flags["checkout"] = Flag("checkout", FlagType.BOOLEAN, {"on": True, "off": False}, "off", Fixed("on"))
    for aggregation in ("conversion", "sum", "mean", "ratio"):
        entries.metrics[aggregation] = Metric(
            "m", aggregation, aggregation, AGGREGATIONS[aggregation], True, "purchase"
        )
    made.ready = True
    return made


@pytest.fixture
async def bus() -> MemoryBus:
    bus = MemoryBus()
    await bus.ensure_stream(events_stream())
    await bus.ensure_stream(dead_letters_stream())
    return bus


def client_of(warehouse: Warehouse, bus: MemoryBus, clock: Clock) -> httpx.AsyncClient:
    parts = parts_of(catalog(), warehouse, clock, bus=bus, pii_secret=PII_SECRET)
    app = build_app(parts, Shell(registry=CollectorRegistry()))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://analytics", headers=bearer())


@pytest.fixture
async def client(warehouse: Warehouse, bus: MemoryBus) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(warehouse, bus, SystemClock()) as client:
        yield client


def event(kind: str, user: str, number: int, at: int, **more: Any) -> bytes:
    named = {"flag": "checkout", "variation": "on"} if kind == "exposure" else {"metric": "purchase", "value": 2.0}
    base = {"event_id": f"{kind}-{user}-{number}", "timestamp": at, "user_key": user}
    return msgspec.json.encode(base | named | more)


async def accept(bus: MemoryBus, exposures: list[bytes], metrics: list[bytes], at: int) -> None:
    batch = EventBatch(
        batch_id="b",
        organization_id="org-1",
        project_id="project-1",
        environment_id="env-1",
        received_at=at,
        exposure_count=len(exposures),
        metric_count=len(metrics),
        exposures=b"\n".join(exposures),
        metrics=b"\n".join(metrics),
    )
    await bus.publish(events_subject("env-1"), batch.SerializeToString())


async def load(bus: MemoryBus, warehouse: Warehouse) -> None:
    """One pass of what the loader does."""
    consumer = await bus.pull(EVENTS, "load", filter_subject="events.>", ack_wait_seconds=60, max_ack_pending=1000)
    batch = LoadBatch()
    for message in await consumer.fetch(1000, 0.05):
        batch.add(message)
        await message.ack()
    letters = [*batch.letters, *await store(warehouse, batch.exposures), *await store(warehouse, batch.metrics)]
    await send(bus, letters, 0)


def now() -> int:
    return time.time_ns() // 1_000_000


async def test_reconciliation_finds_what_is_not_stored(
    client: httpx.AsyncClient, bus: MemoryBus, warehouse: Warehouse
) -> None:
    at = now()
    lines = [event("metric", f"u{number}", 1, at) for number in range(10)]
    await accept(bus, [event("exposure", "u1", 1, at)], [*lines, b"no event"], at)
    await accept(bus, [], lines[:3], at)
    before = (await client.get(f"/v1/reconciliation?{WHERE}&minutes=5")).json()
    await load(bus, warehouse)
    after = (await client.get(f"/v1/reconciliation?{WHERE}&minutes=5")).json()

    def totals(document: dict[str, Any]) -> dict[str, int]:
        names = ("accepted", "streamed", "distinct", "stored", "dead_letters", "missing")
        return {name: sum(each[name] for each in document["items"]) for name in names}

    counts = {"accepted": 15, "streamed": 15, "distinct": 12}
    assert before["complete"]
    assert totals(before) == counts | {"stored": 0, "dead_letters": 0, "missing": 12}
    assert totals(after) == counts | {"stored": 11, "dead_letters": 1, "missing": 0}


async def test_an_event_that_comes_again_minutes_later_is_not_missing_there(
    client: httpx.AsyncClient, bus: MemoryBus, warehouse: Warehouse
) -> None:
    at = now()
    lines = [event("metric", f"u{number}", 1, at - 180_000) for number in range(10)]
    await accept(bus, [], lines, at - 180_000)
    await accept(bus, [], lines[:4], at - 60_000)
    await load(bus, warehouse)
    for _ in range(2):
        items = (await client.get(f"/v1/reconciliation?{WHERE}&minutes=5")).json()["items"]
        assert [(each["distinct"], each["stored"]) for each in items if each["stored"]] == [(10, 10)]
        assert [each["missing"] for each in items] == [0] * 5
        await warehouse.command("OPTIMIZE TABLE events_metric FINAL")


async def test_dead_letters_are_listed_and_replayed(
    client: httpx.AsyncClient, bus: MemoryBus, warehouse: Warehouse
) -> None:
    await accept(bus, [], [b"torn"], now())
    await load(bus, warehouse)

    listed = (await client.get(f"/v1/dead-letters?{WHERE}")).json()["items"]
    replayed = (await client.post(f"/v1/dead-letters/replay?{WHERE}")).json()

    assert [(each["reason"], each["raw"], each["kind"]) for each in listed] == [("malformed_event", "torn", "metric")]
    assert replayed == {"replayed": 1}
    assert (await client.get(f"/v1/dead-letters?{WHERE}")).json() == {"items": []}
    assert (await bus.state(EVENTS)).messages == 2


async def test_erasing_removes_rows_stand_ins_and_dead_letters_of_one_user(
    client: httpx.AsyncClient, bus: MemoryBus, warehouse: Warehouse
) -> None:
    at = now()
    stand_in = Pseudonyms(PII_SECRET, "env-1").of("ann")
    users = ("ann", stand_in, "bob")
    await accept(
        bus,
        [event("exposure", user, 1, at) for user in users],
        [*(event("metric", user, 1, at) for user in users), event("metric", "ann", 2, at, value="x")],
        at,
    )
    await load(bus, warehouse)

    body = {"project": "shop", "environment": "production", "user_key": "ann"}
    erased = (await client.post("/v1/erasures", json=body)).json()
    again = (await client.post("/v1/erasures", json=body)).json()

    assert erased == {
        "erased": {
            "events_exposure": 2,
            "events_metric": 2,
            "exposure_firsts": 2,
            "overridden_users": 0,
            "split_units": 0,
            "unit_sheets": 0,
            "sheet_layers": 0,
            "touched_users": 0,
        },
        "dead_letters": 1,
    }
    assert again == {
        "erased": {
            "events_exposure": 0,
            "events_metric": 0,
            "exposure_firsts": 0,
            "overridden_users": 0,
            "split_units": 0,
            "unit_sheets": 0,
            "sheet_layers": 0,
            "touched_users": 0,
        },
        "dead_letters": 0,
    }
    assert (await bus.state(DEAD_LETTERS)).messages == 0
    for table in ("events_exposure", "events_metric", "exposure_firsts"):
        rows = await warehouse.rows(f"SELECT DISTINCT user_key FROM {table}", {})
        assert [row["user_key"] for row in rows] == ["bob"]


@pytest.mark.parametrize(
    ("method", "path", "least"),
    [
        ("GET", f"/v1/dead-letters?{WHERE}", "developer"),
        ("POST", f"/v1/dead-letters/replay?{WHERE}", "developer"),
        ("GET", f"/v1/reconciliation?{WHERE}", "viewer"),
        ("POST", "/v1/erasures", "administrator"),
        ("GET", f"/v1/planner?{WHERE}&effect=0.1&baseline=0.2", "viewer"),
        ("GET", f"/v1/calibration?{WHERE}&metric=sum&flag=checkout", "viewer"),
    ],
)
async def test_roles_and_strangers(client: httpx.AsyncClient, method: str, path: str, least: str) -> None:
    body = {"project": "shop", "environment": "production", "user_key": "x"} if method == "POST" else None
    roles = ["viewer", "developer", "administrator", "owner"]
    for role in roles:
        answer = await client.request(method, path, json=body, headers=bearer(role))
        assert answer.status_code == (200 if roles.index(role) >= roles.index(least) else 403), role
    stranger = await client.request(method, path, json=body, headers=bearer("owner", "org-2"))
    nobody = await client.request(method, path, json=body, headers={"Authorization": ""})
    assert (stranger.status_code, nobody.status_code) == (404, 401)


async def test_every_operation_asks_for_a_token(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    operations = [(method, path) for path, each in paths.items() for method in each if path.startswith("/v1/")]
    assert len(operations) > 12

    for method, path in operations:
        answer = await client.request(method, path.replace("{", "").replace("}", ""), headers={"Authorization": ""})
        assert (answer.status_code, answer.json()["code"]) == (401, "credentials_missing"), (method, path)


async def test_the_planner_takes_a_baseline_that_is_given(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/v1/planner?{WHERE}&effect=0.05&baseline=0.2&units_per_day=1000&mode=fixed")

    document = answer.json()
    assert document["baseline"]["source"] == "given"
    assert document["plan"]["units_total"] == pytest.approx(51_000, rel=0.02)
    assert document["plan"]["days"] == -(-document["plan"]["units_total"] // 1000)


async def planned(client: httpx.AsyncClient, query: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/planner?{WHERE}&baseline=50&sd=20&units_per_day=5000&{query}")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()["plan"]
    return document


async def test_a_plan_of_many_looks_holds_nobody_up(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    beside: list[bool] = []

    def noted(*given: Any) -> Any:
        beside.append(threading.current_thread() is not threading.main_thread())
        return design.planned(*given)

    monkeypatch.setattr(planning_endpoints, "planned", noted)
    many = "effect=0.05&baseline=0.2&mode=group&planned_looks=3"
    assert (await client.get(f"/v1/planner?{WHERE}&{many}")).status_code == 200
    assert beside == [True]


async def test_the_planner_knows_the_modes_margins_and_amounts_of_a_plan(client: httpx.AsyncClient) -> None:
    fixed = await planned(client, "effect=0.02&mode=fixed")
    always = await planned(client, "effect=0.02")
    group = await planned(client, "effect=0.02&mode=group&planned_looks=4&boundary=pocock")
    assert fixed["units_total"] < group["units_total"] < always["units_total"]
    assert (fixed["days"], always["request"]["mode"]) == (7, "always_valid")
    assert (await planned(client, "effect=1&effect_kind=absolute&mode=fixed"))["units_total"] == fixed["units_total"]
    margin = await planned(client, "margin=1&margin_kind=absolute&mode=fixed&planned_units=9892")
    assert margin["at_planned_units"]["power"] == pytest.approx(0.8, abs=1e-3)
    assert margin["at_planned_units"]["mde_absolute"] == pytest.approx(1.0, rel=1e-3)
    less = await planned(client, "margin=0.02&mode=fixed&higher_is_better=false")
    assert less["units_total"] > (await planned(client, "margin=0.02&mode=fixed"))["units_total"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("effect=0.05", "metric"),
        ("effect=0&baseline=0.2", "effect"),
        ("effect=0.05&margin=0.05&baseline=0.2", "effect"),
        ("margin=1&baseline=0.2", "margin"),
        ("effect=0.05&baseline=0.2&mode=group", "planned_looks"),
        ("effect=0.05&baseline=0.2&planned_looks=3", "planned_looks"),
        ("effect=0.05&baseline=0.2&mode=fixed&n_star=300", "n_star"),
        ("effect=0.05&baseline=0.2&mode=often", "mode"),
        ("effect=0.05&baseline=2", "baseline"),
        ("effect=nan&baseline=0.2", "effect"),
        ("effect=0.05&metric=ratio&flag=checkout", "metric"),
        ("baseline=0.2", "effect"),
    ],
)
async def test_a_plan_that_makes_no_sense_names_its_field(client: httpx.AsyncClient, query: str, field: str) -> None:
    answer = await client.get(f"/v1/planner?{WHERE}&{query}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


LATER = 1_767_607_200_000
"""When the past is looked at. A calibration draws its random halves from it: at another moment one in two hundred is
off by chance."""


async def past_of(bus: MemoryBus, warehouse: Warehouse) -> dict[str, list[float]]:
    """2,000 units with purchases; their values."""
    chance = random.Random(5)
    at = LATER - 86_400_000
    exposures, metrics = [], []
    values: dict[str, list[float]] = {}
    for number in range(2000):
        user = f"u{number}"
        exposures.append(event("exposure", user, 1, at))
        values[user] = [round(chance.expovariate(0.1), 2) for _ in range(chance.choice((0, 1, 2)))]
        metrics += [event("metric", user, each, at + 1000, value=v) for each, v in enumerate(values[user])]
    await accept(bus, exposures, metrics, at)
    await load(bus, warehouse)
    return values


@pytest.mark.parametrize("metric", ["sum", "conversion", "mean"])
async def test_history_gives_the_baseline_and_calibrates(bus: MemoryBus, warehouse: Warehouse, metric: str) -> None:
    values = await past_of(bus, warehouse)
    by_unit = {
        "sum": [sum(each) for each in values.values()],
        "conversion": [float(bool(each)) for each in values.values()],
        "mean": [sum(each) / len(each) for each in values.values() if each],
    }[metric]

    async with client_of(warehouse, bus, ManualClock(LATER)) as client:
        planned = (await client.get(f"/v1/planner?{WHERE}&effect=0.1&metric={metric}&flag=checkout&days=10")).json()
        calibrated = (await client.get(f"/v1/calibration?{WHERE}&metric={metric}&flag=checkout&splits=300")).json()

        early = ManualClock(LATER - 20 * 86_400_000)
    async with client_of(warehouse, bus, early) as client:
        nobody = await client.get(f"/v1/planner?{WHERE}&effect=0.1&metric={metric}&flag=checkout&days=10")

    assert nobody.status_code == 422
    assert nobody.json()["errors"][0] == {
        "field": "baseline",
        "code": "no_history",
        "reason": "is not known: nobody was exposed to checkout in the last 10 days",
    }
    assert planned["baseline"]["mean"] == pytest.approx(sum(by_unit) / len(by_unit))
    assert planned["baseline"]["units_per_day"] == pytest.approx(200)
    assert calibrated["tested"] == 300
    assert calibrated["calibrated"], calibrated
