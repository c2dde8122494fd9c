"""What is done in analytics stands in the audit log of its organization, and what can't be noted is not done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from analytics.access import Authenticator
from analytics.acts import Acts
from analytics.app import build_app
from analytics.exports.destinations.policy import DestinationPolicy
from analytics.loading.dead_letters import send
from analytics.loading.dead_letters_command import list_letters, replay_letters
from analytics.operations import erasure
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.errors import WarehouseUnavailable
from control_plane.acts.intake import ActIntake
from control_plane.acts.telemetry import ActTelemetry
from control_plane.database import Database
from fastapi import FastAPI
from messages.acts import ActLog
from messages.generated.event_pb2 import DEAD_LETTER_REASON_MALFORMED_EVENT, DeadLetter
from messages.subjects import ACTS, acts_stream, dead_letters_stream, events_stream
from prometheus_client import CollectorRegistry
from service_kit.clock import SystemClock
from service_kit.http import Shell
from service_kit.setting_values import Secret
from streams.jetstream import JetStreamBus

from devstack.parts import Nats
from tests.analytics.app_parts import parts_of
from tests.analytics.exports.export_parts import export_catalog
from tests.control_plane.conftest import Api, Tenant, new_tenant, sign_in
from tests.control_plane.running_app import ADMINISTRATOR, SECRET, app_on

STREAM = acts_stream(max_bytes=1024 * 1024)
_MEBIBYTE = 1024 * 1024
CLOCK = SystemClock()
WHERE = "project=shop&environment=production"
NIGHTLY = {
    "name": "Nightly",
    "project": "shop",
    "environment": "production",
    "destination": {"type": "folder", "path": "nightly"},
}
READS: dict[tuple[str, str], str] = {}
"""Operations that are no GET and leave no trace, and why."""


@dataclass
class Platform:
    """A control plane and an analytics service on one bus; `app` is analytics'."""

    tenant: Tenant
    analytics: httpx.AsyncClient
    app: FastAPI
    bus: JetStreamBus
    intake: ActIntake

    async def entries(self, query: str = "") -> list[Any]:
        """All that analytics has told so far, the oldest first."""
        consumer = await self.bus.pull(
            ACTS, "audit-log", filter_subject="acts.>", ack_wait_seconds=15, max_ack_pending=100
        )
        while (await self.bus.state(ACTS)).messages:
            await self.intake.turn(consumer, 1)
        found = await self.tenant.api.ok("GET", f"/organizations/{self.tenant.organization}/audit?limit=200{query}")
        of_analytics = ("user_data", "dead_letters", "experiment_units", "result_snapshot", "export")
        return [each for each in reversed(found["items"]) if each["entity"] in of_analytics]


@pytest.fixture
async def bus(fresh_nats: Nats) -> AsyncIterator[JetStreamBus]:
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    await bus.ensure_stream(events_stream(max_bytes=_MEBIBYTE))
    await bus.ensure_stream(dead_letters_stream(max_bytes=_MEBIBYTE))
    await bus.ensure_stream(STREAM)
    yield bus
    await bus.close()


@pytest.fixture
async def platform(
    migrated_postgres_url: str, bus: JetStreamBus, warehouse: ArrowWarehouse, tmp_path: Path
) -> AsyncIterator[Platform]:
    database = await Database.connect(migrated_postgres_url, CLOCK, pool_size=4)
    await database.migrate()
    transport = httpx.ASGITransport(await app_on(database, CLOCK))
    async with httpx.AsyncClient(transport=transport, base_url="http://control-plane") as control_plane:
        tenant = await new_tenant(await sign_in(Api(control_plane), *ADMINISTRATOR), "acme")
        catalog = export_catalog()
        entries = catalog.entries("env-1")
        assert entries.environment is not None
        entries.environment = replace(
            entries.environment, organization_id=tenant.organization, project_id=tenant.project
        )
        parts = parts_of(
            catalog,
            warehouse,
            CLOCK,
            bus=bus,
            acts_stream=STREAM,
            authenticator=Authenticator(catalog, CLOCK, Secret(SECRET)),
            destinations=DestinationPolicy(tmp_path, []),
            pii_secret="a secret for pseudonyms",
        )
        app = build_app(parts, Shell(registry=CollectorRegistry()))
        headers = {"Authorization": f"Bearer {tenant.api.token}", "X-Request-Id": "the-request"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://analytics", headers=headers
        ) as client:
            intake = ActIntake(
                database=database, bus=bus, stream=STREAM, clock=CLOCK, telemetry=ActTelemetry(CollectorRegistry())
            )
            yield Platform(tenant, client, app, bus, intake)
    await database.close()


async def do_everything(platform: Platform) -> dict[tuple[str, str], tuple[str, str]]:
    """Each operation that is no GET, done once or more, and what it must be called in the log."""
    client = platform.analytics
    done: dict[tuple[str, str], tuple[str, str]] = {}

    async def do(method: str, template: str, told: tuple[str, str], path: str = "", **more: Any) -> httpx.Response:
        answer = await client.request(method, path or template, **more)
        assert answer.is_success, (method, template, answer.text)
        done[method, template] = told
        return answer

    body = {"project": "shop", "environment": "production", "user_key": "u1"}
    await do("POST", "/v1/erasures", ("user_data", "erase"), json=body)
    await do("GET", "/v1/dead-letters", ("dead_letters", "read"), params=WHERE)
    await do("POST", "/v1/dead-letters/replay", ("dead_letters", "replay"), params=WHERE)
    await do("GET", "/v1/experiments/{experiment}/units", ("experiment_units", "read"), "/v1/experiments/exp-1/units")
    snapshots = "/v1/experiments/{experiment}/snapshots"
    await do("POST", snapshots, ("result_snapshot", "take"), "/v1/experiments/exp-1/snapshots")
    made = await do("POST", "/v1/exports", ("export", "create"), json=NIGHTLY)
    one, path = "/v1/exports/{export_id}", f"/v1/exports/{made.json()['id']}"
    version = {"If-Match": made.headers["etag"]}
    changed = await do("PATCH", one, ("export", "update"), path, json={"name": "Daily"}, headers=version)
    await do("POST", f"{one}/test", ("export", "test"), f"{path}/test")
    await do("POST", f"{one}/runs", ("export", "run"), f"{path}/runs")
    await do("DELETE", one, ("export", "delete"), path, headers={"If-Match": changed.headers["etag"]})
    return done


async def test_each_operation_of_analytics_leaves_an_entry(platform: Platform) -> None:
    done = await do_everything(platform)
    entries = await platform.entries()
    assert [(each["entity"], each["action"]) for each in entries] == list(done.values())
    owner = await platform.tenant.api.ok("GET", "/me")
    for each in entries:
        assert each["actor"] == {"kind": "user", "id": owner["id"], "name": owner["email"]}
        assert (each["address"], each["request_id"]) == ("127.0.0.1", "the-request")
        assert each["project_id"] == platform.tenant.project
    # A new operation that isn't here has no trace that anybody has thought of.
    writes = {
        (method.upper(), path)
        for path, methods in platform.app.openapi()["paths"].items()
        for method in methods
        if method != "get"
    }
    assert writes - READS.keys() <= done.keys()
    verdict = await platform.tenant.api.ok("GET", f"/organizations/{platform.tenant.organization}/audit/verification")
    assert verdict["intact"] is True


async def test_an_entry_tells_of_a_person_without_naming_them(platform: Platform) -> None:
    body = {"project": "shop", "environment": "production", "user_key": "somebody@example.com"}
    await platform.analytics.post("/v1/erasures", json=body)
    [entry] = await platform.entries()
    assert len(entry["after"]["user"]) > 20
    assert "somebody" not in str(entry)


async def test_an_entry_tells_how_an_export_was_and_is(platform: Platform) -> None:
    made = await platform.analytics.post("/v1/exports", json=NIGHTLY)
    path, version = f"/v1/exports/{made.json()['id']}", {"If-Match": made.headers["etag"]}
    await platform.analytics.patch(path, json={"name": "Daily"}, headers=version)
    created, updated = await platform.entries()
    assert (created["before"], created["after"]["name"], created["after"]["credentials"]) == (None, "Nightly", "none")
    assert (updated["before"]["name"], updated["after"]["name"]) == ("Nightly", "Daily")


async def test_what_fails_says_so(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any) -> None:
        raise WarehouseUnavailable("away")

    monkeypatch.setattr(erasure, "erase_rows", fail)
    body = {"project": "shop", "environment": "production", "user_key": "u1"}
    assert (await platform.analytics.post("/v1/erasures", json=body)).status_code == 503
    assert [each["action"] for each in await platform.entries()] == ["erase", "fail_erase"]


async def test_nothing_is_done_that_can_not_be_noted(platform: Platform, fresh_nats: Nats) -> None:
    fresh_nats.kill()
    refused = await platform.analytics.post("/v1/exports", json=NIGHTLY)
    assert (refused.status_code, refused.json()["code"]) == (503, "audit_unavailable")
    assert "retry-after" in refused.headers
    assert (await platform.analytics.get("/v1/exports")).json()["items"] == []


async def test_the_commands_of_whoever_runs_the_server_leave_entries_too(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    acts = Acts(ActLog(platform.bus, STREAM, CLOCK))
    letter = DeadLetter(
        environment_id="env-1",
        reason=DEAD_LETTER_REASON_MALFORMED_EVENT,
        raw=b"{}",
        kind="metric",
        organization_id=platform.tenant.organization,
        project_id=platform.tenant.project,
    )
    await send(platform.bus, [letter], CLOCK.now())
    await list_letters(platform.bus, acts, None, 10)
    await replay_letters(platform.bus, acts, None, 10)
    assert "replayed 1 dead letters" in capsys.readouterr().out
    entries = await platform.entries()
    assert [(each["action"], each["actor"]["kind"], each["actor"]["name"]) for each in entries] == [
        ("read", "system", "analytics dead-letters"),
        ("replay", "system", "analytics dead-letters"),
    ]
