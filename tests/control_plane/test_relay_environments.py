"""An environment that can't be published costs no other environment its publication, and the relay no leadership."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from control_plane.database import Database
from control_plane.publishing.compiler import CompiledEnvironment, Compiler
from control_plane.publishing.relay import Relay
from control_plane.publishing.telemetry import RelayTelemetry
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.problems import InvalidInput
from streams.memory import MemoryBus


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
    assert (registry.get_sample_value("relay_failures_total") or 0) >= 1
