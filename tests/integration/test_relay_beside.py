"""The relay as a process beside the API: what it does is seen at the API, and it is begun again when it dies."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from devstack.parts import Nats, Postgres
from devstack.services import Service
from tests.waiting import until

SECRET = "a-secret-of-the-tests-with-more-than-32-bytes"
LOGIN = {"email": "admin@example.com", "password": "correct horse battery"}


@dataclass
class Plane:
    """`control_plane serve` with an environment to publish."""

    service: Service
    client: httpx.AsyncClient

    @property
    def relays(self) -> list[psutil.Process]:
        children = psutil.Process(self.service.pid).children()
        return [each for each in children if "control_plane.relay_process" in each.cmdline()]

    async def begin(self) -> None:
        token = (await self.client.post("/auth/login", json=LOGIN)).raise_for_status().json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"
        await self.client.post("/organizations", json={"key": "o", "name": "O"})
        token = (await self.client.post("/auth/login", json=LOGIN)).raise_for_status().json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"
        (await self.client.post("/organizations/o/projects", json={"key": "p", "name": "P"})).raise_for_status()
        body = {"key": "production", "name": "P"}
        (await self.client.post("/projects/p/environments", json=body)).raise_for_status()

    async def published(self) -> bool:
        told = (await self.client.get("/projects/p/environments/production/publication")).json()
        return bool(told["published_version"] == told["version"])

    async def metric(self, name: str) -> float | None:
        told = (await self.client.get(f"{self.service.url}/metrics")).text
        values = [line.split()[-1] for line in told.splitlines() if line.startswith(name)]
        return float(values[0]) if values else None

    async def degraded(self) -> dict[str, str]:
        told = (await self.client.get(f"{self.service.url}/readyz")).json()
        return {name: each for name, each in told["checks"].items() if each != "ok"}


@pytest.fixture
async def plane(fresh_postgres: Postgres, fresh_nats: Nats, tmp_path: Path) -> AsyncIterator[Plane]:
    environment = {
        "FF_DATABASE_URL": fresh_postgres.create_database("beside"),
        "FF_NATS_URL": fresh_nats.url,
        "FF_AUTH_JWT_SECRET": SECRET,
        "FF_ADMIN_EMAIL": LOGIN["email"],
        "FF_ADMIN_PASSWORD": LOGIN["password"],
    }
    service = Service(tmp_path, "control_plane", ("control_plane", "serve"), environment)
    service.start()
    try:
        async with httpx.AsyncClient(base_url=f"{service.url}/api/v1", timeout=60) as client:
            yield Plane(service, client)
    finally:
        service.stop()


async def test_a_relay_that_dies_is_told_and_begun_again(plane: Plane) -> None:
    await plane.begin()
    await until(plane.published)

    async def leads() -> bool:
        return await plane.metric("verdict_relay_leading") == 1

    await until(leads)
    assert await plane.metric("verdict_bus_connected") == 1
    (first,) = plane.relays
    os.kill(first.pid, signal.SIGKILL)

    async def missed() -> bool:
        return await plane.metric('verdict_background_failures_total{work="relay"}') == 1

    await until(missed)
    (await plane.client.post("/projects/p/environments", json={"key": "staging", "name": "S"})).raise_for_status()
    await until(plane.published)
    await until(leads)
    assert await plane.degraded() == {}
    (second,) = plane.relays
    assert second.pid != first.pid


async def test_a_relay_ends_with_the_api(plane: Plane) -> None:
    await until(lambda: plane.relays)
    (relay,) = plane.relays
    os.kill(plane.service.pid, signal.SIGKILL)
    await until(lambda: not relay.is_running())
