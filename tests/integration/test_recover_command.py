"""A database restored from a backup, told as a story on real processes: edges go on with what they have, every signal
says so, and a command decides."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.backups import copy_database, restore_database
from devstack.services import DATABASE, Credentials, Service, control_plane, edge
from devstack.stack import Stack
from tests.waiting import until

BACKUP = "verdict_backup"


@dataclass
class Installation:
    """A control plane and an edge on servers of their own, and the administrator's client."""

    stack: Stack
    plane: Service
    edge: Service
    api: httpx.AsyncClient
    credentials: Credentials
    project: str = ""

    async def log_in(self) -> None:
        body = {"email": self.credentials.admin_email, "password": self.credentials.admin_password}
        token = (await self.ok("POST", "/api/v1/auth/login", body))["access_token"]
        self.api.headers["Authorization"] = f"Bearer {token}"

    async def ok(self, method: str, path: str, body: Any = None) -> Any:
        """Asks until the control plane has its database again."""
        answer = httpx.Response(503)

        async def answered() -> bool:
            nonlocal answer
            answer = await self.api.request(method, path, json=body)
            return answer.status_code != 503

        await until(answered)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def changed(self, path: str, body: Any) -> None:
        etag = (await self.api.get(path)).headers["etag"]
        (await self.api.patch(path, json=body, headers={"If-Match": etag})).raise_for_status()

    async def served(self, key: str) -> str:
        """The reason of the flag at the edge; the status where it is not 200."""
        async with httpx.AsyncClient(
            base_url=self.edge.url, headers={"Authorization": f"Bearer {key}"}, timeout=60
        ) as client:
            answer = await client.post("/ofrep/v1/evaluate/flags/checkout", json={"context": {}})
        return str(answer.json()["reason"]) if answer.status_code == 200 else str(answer.status_code)

    async def readiness(self) -> tuple[int, str, str]:
        answer = await self.api.get("/readyz")
        return answer.status_code, answer.json()["status"], answer.json()["checks"].get("publishing", "")

    async def metric(self, name: str) -> float:
        lines = (await self.api.get("/metrics")).text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    def recover(self, *arguments: str) -> str:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FF_")}
        done = subprocess.run(
            [sys.executable, "-m", "control_plane.main", "recover", *arguments],
            env=inherited | self.plane.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[Stack, Service, Service, Credentials]]:
    with Stack(tmp_path / "stack", ("postgres", "nats", "redis"), durable=False) as stack:
        credentials = Credentials()
        services = tmp_path / "services"
        plane, edges = control_plane(services, stack, credentials), edge(services, stack, "")
        try:
            plane.start()
            edges.start()
            yield stack, plane, edges, credentials
        finally:
            edges.stop()
            plane.stop()


@pytest.fixture
async def installation(servers: tuple[Stack, Service, Service, Credentials]) -> AsyncIterator[Installation]:
    stack, plane, edges, credentials = servers
    async with httpx.AsyncClient(base_url=plane.url, timeout=20, trust_env=False) as api:
        made = Installation(stack, plane, edges, api, credentials)
        await made.log_in()
        organization = (await made.ok("POST", "/api/v1/organizations", {"key": "acme", "name": "Acme"}))["id"]
        await made.log_in()
        body = {"key": "shop", "name": "Shop"}
        made.project = (await made.ok("POST", f"/api/v1/organizations/{organization}/projects", body))["id"]
        await made.ok(
            "POST", f"/api/v1/projects/{made.project}/environments", {"key": "production", "name": "Production"}
        )
        yield made


async def test_a_restored_database_switches_nothing_on_until_somebody_decides(installation: Installation) -> None:
    project = f"/api/v1/projects/{installation.project}"
    production = f"{project}/environments/production"
    keys = [
        await installation.ok("POST", f"{production}/sdk-keys", {"name": name, "kind": "server"})
        for name in ("leaked", "good")
    ]
    leaked, good = keys[0]["key"], keys[1]["key"]
    await installation.ok(
        "POST",
        f"{project}/flags",
        {
            "key": "checkout",
            "name": "Checkout",
            "type": "boolean",
            "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
            "off_variation": "off",
            "default": {"variation": "on"},
        },
    )
    switch = f"{project}/flags/checkout/environments/production"
    await installation.changed(switch, {"enabled": True})

    async def serves(key: str, reason: str) -> None:
        async def does() -> bool:
            return await installation.served(key) == reason

        await until(does)

    await serves(leaked, "STATIC")
    copy_database(installation.stack.postgres, DATABASE, BACKUP)
    await installation.ok("GET", production)
    await installation.changed(switch, {"enabled": False})
    (await installation.api.delete(f"{production}/sdk-keys/{keys[0]['id']}")).raise_for_status()
    await serves(good, "DISABLED")
    await serves(leaked, "401")
    restore_database(installation.stack.postgres, BACKUP, DATABASE)

    async def told() -> bool:
        status, state, said = await installation.readiness()
        return status == 200 and state == "degraded" and "control_plane recover --show" in said

    await until(told)
    assert await installation.metric("verdict_relay_blocked{") == 1
    await installation.log_in()
    answer = await installation.api.post(f"{production}/republish")
    assert (answer.status_code, answer.json()["code"]) == (409, "publication_blocked")
    assert "control_plane recover --accept-database" in answer.json()["detail"]
    # An edit is stored and waits, which shows.
    await installation.changed(switch, {"report_exposures": True})

    async def waits() -> bool:
        return await installation.metric("verdict_relay_unpublished_age_seconds") > 0

    await until(waits)
    assert (await installation.ok("GET", f"{production}/publication"))["blocked"]["reason"] == "version_behind"
    assert (await installation.served(good), await installation.served(leaked)) == ("DISABLED", "401")

    shown = installation.recover("--show")
    assert "BLOCKED (version_behind)" in shown
    assert "off on the stream, on in the database: flag/checkout" in shown
    assert f"SDK keys that only the database lets in: {keys[0]['id']}" in shown
    environment = json.loads(installation.recover("--show", "--json"))["environments"][0]["environment_id"]
    assert environment in installation.recover("--accept-database", "--environment", environment)

    await serves(good, "STATIC")
    await serves(leaked, "STATIC")

    async def all_is_well() -> bool:
        return (await installation.readiness())[1] == "ok" and await installation.metric("verdict_relay_blocked{") == 0

    await until(all_is_well)
    assert "the same" in installation.recover("--show")
