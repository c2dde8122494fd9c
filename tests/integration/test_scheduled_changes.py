"""A change request on real processes: agreed on, scheduled, and applied once by one of two that serve."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.parts import Nats, Postgres
from devstack.ports import free_port
from tests.integration.test_control_plane_serve import LOGIN, environment, until_ready
from tests.waiting import until

FLAG = {
    "key": "checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}
EDIT = {
    "entity": "flag_settings",
    "key": "checkout",
    "environment": "production",
    "action": "update",
    "document": {"enabled": True},
}


@pytest.fixture
async def clients(
    fresh_postgres: Postgres, nats_server: Nats, tmp_path: Path
) -> AsyncIterator[list[httpx.AsyncClient]]:
    processes, clients = [], []
    for name in ("one", "two"):
        port = free_port()
        settings = environment(
            FF_DATABASE_URL=fresh_postgres.url,
            FF_NATS_URL=nats_server.url,
            FF_PORT=str(port),
            FF_RELAY_ENABLED="false",
        )
        with (tmp_path / f"{name}.txt").open("wb") as log:
            processes.append(
                await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "control_plane.main", "serve", env=settings, stderr=log, stdout=log
                )
            )
        clients.append(httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False))
        await until_ready(clients[-1])
    yield clients
    for process, client in zip(processes, clients, strict=True):
        await client.aclose()
        process.terminate()
        assert await process.wait() in (0, -signal.SIGTERM)


async def test_a_scheduled_change_is_applied_once_by_the_processes_that_serve(
    clients: list[httpx.AsyncClient],
) -> None:
    client = clients[0]

    async def ok(method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = await client.request(method, f"/api/v1{path}", json=body, headers=headers)
        assert answer.is_success, (method, path, answer.text)
        return answer.json()

    token = (await ok("POST", "/auth/login", LOGIN))["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    await ok("POST", "/organizations", {"key": "acme", "name": "Acme"})
    await ok("POST", "/organizations/acme/projects", {"key": "shop", "name": "Shop"})
    await ok("POST", "/projects/shop/environments", {"key": "production", "name": "Production"})
    await ok("POST", "/projects/shop/flags", FLAG)
    policy = {"required": True, "own_approvals": True}
    at = "/projects/shop/environments/production"
    await ok("PUT", f"{at}/approval-policy", policy, **{"If-Match": '"1"'})
    await ok("POST", "/projects/shop/change-requests", {"title": "On", "edits": [EDIT]})
    request = "/projects/shop/change-requests/1"
    await ok("POST", f"{request}/reviews", {"verdict": "approve"}, **{"If-Match": '"1"'})
    before = (await ok("GET", at))["config_version"]
    moment = datetime.now(UTC) + timedelta(seconds=5)
    await ok("PUT", f"{request}/schedule", {"at": moment.isoformat()})

    async def is_applied() -> bool:
        told = await ok("GET", request)
        assert told["failure"] is None
        return bool(told["state"] == "applied")

    await until(is_applied)
    assert (await ok("GET", "/projects/shop/flags/checkout/environments/production"))["enabled"] is True
    assert (await ok("GET", at))["config_version"] == before + 1
