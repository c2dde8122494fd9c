"""Usage from EVENTS into ClickHouse: each event counts once, however often and in whatever company it comes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment
from analytics.instants import rfc3339
from analytics.loading.batches import LoadLimits
from analytics.loading.loader import LoaderOptions
from analytics.usage.evidence import UsageEvidence
from analytics.warehouse.client import Warehouse
from analytics.warehouse.usage import OTHERS, VARIATIONS_MAX, RollUp, UsageReader
from messages.generated.event_pb2 import EventBatch
from messages.generated.usage_pb2 import UsageReply, UsageRequest
from messages.subjects import DEAD_LETTERS, events_stream, events_subject
from prometheus_client import CollectorRegistry
from service_kit.clock import Clock, ManualClock
from service_kit.http import Shell
from streams.memory import MemoryBus

from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer
from tests.integration.loader_run import load

HOUR = 3_600_000
NOW = int(time.time() * 1000)
THIS_HOUR = NOW - NOW % HOUR
PRODUCTION = {"project": "shop", "environment": "production"}


@asynccontextmanager
async def api(
    warehouse: Warehouse,
    clock: Clock,
    *,
    pii_attributes: tuple[str, ...] = (),
    prepare: Callable[[Catalog], None] | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    """`prepare` puts into the catalog what is there besides the environment."""
    catalog = Catalog()
    catalog.entries("env-1").environment = Environment(
        "env-1",
        "production",
        "project-1",
        "shop",
        "org-1",
        "salt",
        hash_user_keys=False,
        pii_attributes=pii_attributes,
    )
    catalog.ready = True
    if prepare is not None:
        prepare(catalog)
    app = build_app(parts_of(catalog, warehouse, clock), Shell(registry=CollectorRegistry()))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://analytics", headers=bearer("viewer")) as client:
        yield client


def counted(flag: str, count: int, variation: str = "on", **more: Any) -> dict[str, Any]:
    return {"flag": flag, "count": count, "variation": variation, "reason": "STATIC", **more}


def unknown(flag: str, count: int, sdk: str = "node/1.0") -> dict[str, Any]:
    return {"flag": flag, "count": count, "reason": "ERROR", "error": "FLAG_NOT_FOUND", "sdk": sdk}


def payload(*events: tuple[str, int, list[dict[str, Any]]], environment: str = "env-1") -> bytes:
    lines = [
        msgspec.json.encode({"event_id": event_id, "timestamp": at, "counts": counts})
        for event_id, at, counts in events
    ]
    return EventBatch(
        batch_id=events[0][0],
        organization_id="org-1" if environment == "env-1" else "org-2",
        project_id="project-1",
        environment_id=environment,
        received_at=NOW,
        usage_count=len(lines),
        usage=b"\n".join(lines),
    ).SerializeToString()


async def loaded(warehouse: Warehouse, *payloads: bytes, rows_max: int = 100) -> MemoryBus:
    bus = MemoryBus()
    await bus.ensure_stream(events_stream())
    for each in payloads:
        await bus.publish(events_subject(EventBatch.FromString(each).environment_id), each)
    await load(bus, warehouse, LoaderOptions(limits=LoadLimits(rows_max=rows_max, seconds_max=0.1)))
    return bus


async def test_usage_counts_once_however_often_it_comes(warehouse: Warehouse) -> None:
    first = ("u-1", THIS_HOUR, [counted("checkout", 5), counted("checkout", 2, "off", bulk=True), unknown("gone", 3)])
    second = ("u-2", THIS_HOUR, [counted("checkout", 10)])
    bus = await loaded(warehouse, payload(first), payload(first, second), payload(second), rows_max=1)
    await loaded(warehouse, payload(second, first))

    rows = await warehouse.rows(
        "SELECT flag, variation, error, sdk, bulk, sum(count) AS times FROM usage_minutes FINAL"
        " WHERE organization_id = 'org-1' AND environment_id = 'env-1'"
        " GROUP BY ALL ORDER BY flag, variation",
        {},
    )
    assert [tuple(row.values()) for row in rows] == [
        ("checkout", "off", "", "", True, 2),
        ("checkout", "on", "", "", False, 15),
        ("gone", "", "FLAG_NOT_FOUND", "node/1.0", False, 3),
    ]
    assert (await bus.state(DEAD_LETTERS)).messages == 0


async def test_a_line_that_is_no_usage_is_set_aside_alone(warehouse: Warehouse) -> None:
    good = ("u-1", THIS_HOUR, [counted("checkout", 5)])
    bus = await loaded(warehouse, payload(good, ("u-2", THIS_HOUR, [])))
    assert (await bus.state(DEAD_LETTERS)).messages == 1
    rows = await warehouse.rows("SELECT count() AS events FROM events_usage", {})
    assert rows == [{"events": 1}]


def by_flag(page: dict[str, Any]) -> dict[str, Any]:
    return {each["flag"]: each for each in page["items"]}


async def test_of_a_flag_as_many_variations_are_told_as_it_may_have(warehouse: Warehouse) -> None:
    """Whoever has a client key says that there was any."""
    made_up = [counted("checkout", 1, f"made-up-{number}", bulk=True) for number in range(VARIATIONS_MAX + 50)]
    events = [(f"u-{at}", THIS_HOUR, made_up[at : at + 100]) for at in range(0, len(made_up), 100)]
    real = [counted("checkout", 5, "zz"), counted("checkout", 7, "", reason="CACHED")]
    await loaded(warehouse, payload(*events, ("real", THIS_HOUR, real)))
    await RollUp(warehouse, ManualClock(NOW)).run()
    async with api(warehouse, ManualClock(NOW)) as client:
        page = (await client.get("/v1/usage/flags", params={**PRODUCTION, "flags": "checkout"})).json()
        one = (await client.get("/v1/usage/flags/checkout", params={**PRODUCTION, "hours": 1})).json()
    (listed,) = page["items"]
    for told in (listed["variations"], one["variations"]):
        counts = {each["variation"]: each["evaluations"] for each in told}
        assert (len(counts), counts["zz"], counts[None], counts[OTHERS]) == (VARIATIONS_MAX + 2, 5, 7, 51)
    assert listed["evaluations"] == one["evaluations"] == VARIATIONS_MAX + 50 + 5 + 7
    assert len(one["series"]) == VARIATIONS_MAX + 2

    request = UsageRequest(organization_id="org-1", environment_ids=["env-1"], flags=["checkout"])
    reply = UsageReply.FromString(await UsageEvidence(UsageReader(warehouse)).answer(request.SerializeToString()))
    (flag,) = reply.environments[0].flags
    found = {each.variation: (each.named, each.in_bulk) for each in flag.variations}
    assert (len(found), found["zz"], found[OTHERS]) == (VARIATIONS_MAX + 1, (5, 0), (0, 51))
    assert flag.named_at == flag.bulk_at == THIS_HOUR // 1000


async def test_what_was_asked_for_is_told_by_flag_over_time_and_by_key_of_none(warehouse: Warehouse) -> None:
    old = THIS_HOUR - 3 * HOUR
    events = [
        ("u-1", THIS_HOUR, [counted("checkout", 5), counted("checkout", 2, "off", bulk=True), unknown("gone", 3)]),
        ("u-2", old, [counted("checkout", 10, sdk="node/1.0"), counted("menu", 1), unknown("", 4), unknown("gone", 1)]),
        ("u-3", old, [{"flag": "checkout", "reason": "CACHED", "bulk": True, "count": 6}]),
    ]
    await loaded(warehouse, payload(*events), payload(("x", old, [counted("secret", 9)]), environment="env-2"))
    clock = ManualClock(NOW)
    roll_up = RollUp(warehouse, clock)
    assert await roll_up.run() == [old // 1000, THIS_HOUR // 1000]
    # Late, and again: the hour is made anew, and nothing counts twice.
    await loaded(warehouse, payload(("u-4", old, [counted("menu", 2)]), events[1]))
    assert old // 1000 in await roll_up.run()

    async with api(warehouse, clock) as client:
        where = {"project": "shop", "environment": "production"}
        page = (await client.get("/v1/usage/flags", params=where | {"hours": 24})).json()
        assert page["next_cursor"] is None
        found = by_flag(page)
        assert list(found) == ["checkout", "menu"]
        checkout = found["checkout"]
        assert checkout["point_seconds"] == 3600
        assert (checkout["evaluations"], checkout["named"]) == (23, 15)
        assert checkout["points"] == [0] * 20 + [16, 0, 0, 7]
        assert {each["variation"]: (each["evaluations"], each["named"]) for each in checkout["variations"]} == {
            None: (6, 0),
            "off": (2, 0),
            "on": (15, 15),
        }
        assert [each["share"] for each in checkout["variations"]] == [None, 2 / 17, 15 / 17]
        assert checkout["last_named_at"] == rfc3339(THIS_HOUR)
        assert found["menu"]["evaluations"] == 3

        first = (await client.get("/v1/usage/flags", params=where | {"limit": 1})).json()
        rest = (await client.get("/v1/usage/flags", params=where | {"cursor": first["next_cursor"]})).json()
        assert [*by_flag(first), *by_flag(rest)] == ["checkout", "menu"]
        named = (await client.get("/v1/usage/flags", params=where | {"flags": "nobody,menu"})).json()
        assert [(each["flag"], each["evaluations"]) for each in named["items"]] == [("nobody", 0), ("menu", 3)]

        for hours, width in ((5, 60), (24, 300), (168, 3600)):
            one = (await client.get("/v1/usage/flags/checkout", params=where | {"hours": hours})).json()
            assert (one["point_seconds"], one["evaluations"], one["named"]) == (width, 23, 15)
            assert {each["variation"]: sum(each["points"]) for each in one["series"]} == {None: 6, "off": 2, "on": 15}
            assert [(each["sdk"], each["evaluations"]) for each in one["sdks"]] == [(None, 13), ("node/1.0", 10)]
            assert [(each["reason"], each["evaluations"]) for each in one["reasons"]] == [("CACHED", 6), ("STATIC", 17)]

        missing = (await client.get("/v1/usage/unknown-flags", params=where)).json()
        assert [(each["flag"], each["evaluations"], each["exists"]) for each in missing["items"]] == [
            ("gone", 4, False),
            (None, 4, False),
        ]
        assert missing["items"][0]["last_at"] == rfc3339(THIS_HOUR)
        assert missing["items"][0]["last_sdk"] == "node/1.0"
        short = (await client.get("/v1/usage/unknown-flags", params=where | {"limit": 1})).json()
        after = (await client.get("/v1/usage/unknown-flags", params=where | {"cursor": short["next_cursor"]})).json()
        assert [*by_flag(short), *by_flag(after)] == ["gone", None]
        for params, status in ((where | {"flags": ","}, 422), (where | {"hours": 0}, 422), ({}, 400)):
            assert (await client.get("/v1/usage/flags", params=params)).status_code == status

    evidence = UsageEvidence(UsageReader(warehouse))
    request = UsageRequest(organization_id="org-1", environment_ids=["env-1", "env-2"], flags=["checkout", "secret"])
    reply = UsageReply.FromString(await evidence.answer(request.SerializeToString()))
    mine, others = reply.environments
    assert (mine.recorded_from, mine.recorded_until) == (old // 1000, THIS_HOUR // 1000)
    (flag,) = mine.flags
    assert (flag.key, flag.named_at, flag.bulk_at) == ("checkout", THIS_HOUR // 1000, THIS_HOUR // 1000)
    assert [(each.variation, each.named, each.in_bulk) for each in flag.variations] == [("off", 0, 2), ("on", 15, 0)]
    assert (others.recorded_from, len(others.flags)) == (0, 0)
