"""An environment that can't be published costs no other environment its publication, and the relay no leadership."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from control_plane.database import Database
from control_plane.publishing import queries
from control_plane.publishing import relay as relays
from control_plane.publishing.compiler import CompiledEnvironment, Compiler
from control_plane.publishing.relay import Relay
from control_plane.publishing.telemetry import RelayTelemetry
from control_plane.publishing.term import Term
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.problems import InvalidInput
from service_kit.tasks import end
from streams.memory import MemoryBus

from tests.waiting import until


@pytest.mark.parametrize("error", [InvalidInput([]), OverflowError("a fault")], ids=["refused", "unexpected"])
async def test_every_other_environment_is_published(
    tenant: Any, database: Database, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    project = f"/projects/{tenant.project}"
    for name in ("first", "second", "third"):
        await tenant.api.ok("POST", f"{project}/environments", {"key": name, "name": name})
    async with database.connection() as connection:
        ids = {row["key"]: row["id"] for row in await connection.fetch("SELECT key, id FROM environments")}
    compile_one = Compiler.compile

    async def failing(self: Compiler, environment_id: UUID) -> CompiledEnvironment | None:
        if environment_id == ids["second"]:
            raise error
        return await compile_one(self, environment_id)

    monkeypatch.setattr(Compiler, "compile", failing)
    registry = CollectorRegistry()
    relay = Relay(database=database, bus=MemoryBus(), clock=ManualClock(), telemetry=RelayTelemetry(registry))
    await relay.turn()

    async with database.connection() as connection:
        rows = await connection.fetch("SELECT key FROM environments WHERE version > published_version")
    assert [row["key"] for row in rows] == ["second"]
    assert relay.leading
    assert (registry.get_sample_value("verdict_relay_failures_total") or 0) >= 1


async def test_a_relay_rests_when_all_is_published(
    tenant: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after it was told of a change while that very change was being published."""
    looks, at_work, go_on = 0, asyncio.Event(), asyncio.Event()
    unpublished, publish = queries.unpublished, Term._publish

    async def counted(*of: Any) -> Any:
        nonlocal looks
        looks += 1
        return await unpublished(*of)

    async def held(self: Term, wanted: Any, turn: Any) -> float:
        if not wanted.comparing:
            at_work.set()
            await go_on.wait()
        return await publish(self, wanted, turn)

    async def published() -> bool:
        async with database.connection() as connection:
            return bool(
                await connection.fetchval("SELECT count(*) = 0 FROM environments WHERE version > published_version")
            )

    monkeypatch.setattr(queries, "unpublished", counted)
    monkeypatch.setattr(Term, "_publish", held)
    monkeypatch.setattr(relays, "LOOK_SECONDS", 3600.0)
    relay = Relay(
        database=database, bus=MemoryBus(), clock=ManualClock(), telemetry=RelayTelemetry(CollectorRegistry())
    )

    async def looked_again() -> bool:
        async with database.connection() as connection:
            await connection.execute("SELECT pg_notify('environment_changed', '')")
        return looks > before

    running = asyncio.create_task(relay.run())
    try:
        await until(published)
        segment = {"key": "staff", "name": "Staff", "included": ["u1"]}
        await tenant.api.ok("POST", f"/projects/{tenant.project}/segments", segment)
        await until(at_work.is_set)
        before = looks
        await until(looked_again)
        go_on.set()
        await until(published)
        for _ in range(20):
            await published()
        before = looks
        for _ in range(100):
            await published()
        assert looks == before
    finally:
        await end([running])
