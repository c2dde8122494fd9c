"""How long the control plane's reads and writes take, and how long until a change stands on the bus.

One control plane process with its relay, an embedded PostgreSQL (fsync on) and NATS, and this process as the only
client, all on one machine. The project is filled to 10, 1,000 and 10,000 flags of two rules each in between, to show
what grows with it; then the audit log to 500,000 entries. "On the bus" is from the moment the write was answered to the
manifest of its version.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from messages.generated.config_pb2 import ConfigMessage
from messages.subjects import CONFIG, manifest_subject
from streams import Delivered
from streams.jetstream import JetStreamBus

from benchmarks.control_plane_audit import measure_audit
from devstack.services import DATABASE, Credentials, control_plane
from devstack.stack import Stack

FLAG = {
    "name": "Flag",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}
RULES = [
    {"if": {"attribute": "country", "operator": "in", "value": ["US", "CA"]}, "then": {"variation": "on"}},
    {
        "if": {"and": [{"attribute": "plan", "operator": "eq", "value": "pro"}]},
        "then": {"rollout": {"variations": [{"key": "on", "weight": 25}, {"key": "off", "weight": 75}]}},
    },
]
LISTS = {
    "list 50 flags changed last": "sort=-updated_at",
    "list 50 flags by name, narrowed": "sort=name&q=fil&state=on&environment=production",
    "list 50 flags, all counted": "total=true&facets=tag,type,state,owner&environment=production",
}
_COPY_FLAGS = """
INSERT INTO flags
SELECT (jsonb_populate_record(f, jsonb_build_object('id', gen_random_uuid(), 'key', 'filler-' || n))).*
FROM flags f, generate_series($1::int, $2::int) AS n WHERE f.key = 'thing'
"""
_COPY_SETTINGS = """
INSERT INTO flag_settings SELECT (jsonb_populate_record(s, jsonb_build_object('flag_id', filler.id))).*
FROM flag_settings s JOIN flags f ON f.id = s.flag_id AND f.key = 'thing', flags filler
WHERE filler.key LIKE 'filler-%' ON CONFLICT DO NOTHING
"""


def shown(name: str, flags: int, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    p50, p95, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.95, 0.99))
    print(f"{name:<34}{flags:>8,}{len(seconds):>8,}{p50:>10.1f}{p95:>10.1f}{p99:>10.1f}", flush=True)


class Watch:
    """When the manifest of each version arrived."""

    def __init__(self, bus: JetStreamBus, environment: str) -> None:
        self._bus = bus
        self._subject = manifest_subject(environment)
        self._arrived = asyncio.Condition()
        self.version = 0
        self.at = 0.0

    async def follow(self) -> None:
        async for event in self._bus.follow(CONFIG, self._subject):
            if isinstance(event, Delivered):
                async with self._arrived:
                    self.version = ConfigMessage.FromString(event.payload).version
                    self.at = time.perf_counter()
                    self._arrived.notify_all()

    async def reached(self, version: int) -> float:
        async with asyncio.timeout(120), self._arrived:
            await self._arrived.wait_for(lambda: self.version >= version)
        return self.at


@dataclass
class Bench:
    client: httpx.AsyncClient
    project: str
    watch: Watch
    repeats: int
    etag: str = ""
    version: int = 0
    answered: float = 0.0

    async def call(self, method: str, path: str, body: Any = None, etag: str | None = None) -> httpx.Response:
        headers = {"If-Match": etag} if etag else {}
        answer = await self.client.request(method, f"/api/v1{path}", json=body, headers=headers)
        if answer.is_error:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    async def timed(self, once: Callable[[int], Awaitable[object]]) -> list[float]:
        taken = []
        for number in range(self.repeats):
            started = time.perf_counter()
            await once(number)
            taken.append(time.perf_counter() - started)
        return taken

    async def settings(self, number: int) -> None:
        """One edit: what is read once, then the PATCH alone counts."""
        rules = [{**RULES[0], "description": f"edit {number} at {self.watch.version}"}, RULES[1]]
        path = f"{self.project}/flags/thing/environments/production"
        answer = await self.call("PATCH", path, {"enabled": True, "rules": rules}, self.etag)
        self.etag = answer.headers["etag"]
        self.answered = time.perf_counter()
        self.version = answer.json()["environment_versions"]["production"]

    async def begin(self) -> None:
        """Gives the flag that is edited its rules, so that its copies have them too."""
        path = f"{self.project}/flags/thing/environments/production"
        self.etag = (await self.call("GET", path)).headers["etag"]
        await self.settings(0)

    async def run(self, flags: int) -> None:
        shown("read a flag", flags, await self.timed(lambda _: self.call("GET", f"{self.project}/flags/thing")))
        shown("list 50 flags", flags, await self.timed(lambda _: self.call("GET", f"{self.project}/flags?limit=50")))
        for name, query in LISTS.items():
            path = f"{self.project}/flags?limit=50&{query}"
            shown(name, flags, await self.timed(lambda _, path=path: self.call("GET", path)))  # type: ignore[misc]
        body = {**FLAG, "description": f"with {flags}"}
        shown(
            "create a flag",
            flags,
            await self.timed(
                lambda number: self.call("POST", f"{self.project}/flags", {**body, "key": f"made-{flags}-{number}"})
            ),
        )
        shown("edit a flag's rules", flags, await self.timed(self.settings))
        await self.watch.reached(self.version)
        delays = []
        for number in range(min(self.repeats, 50)):
            await self.settings(number)
            delays.append(max(0.0, await self.watch.reached(self.version) - self.answered))
        shown("edit on the bus (after its answer)", flags, delays)


@contextlib.asynccontextmanager
async def bench(stack: Stack, folder: Path, repeats: int) -> AsyncIterator[Bench]:
    credentials = Credentials()
    service = control_plane(folder, stack, credentials)
    # Longer than a run, and no limit on how much one person asks.
    service.environment["FF_AUTH_TOKEN_MINUTES"] = "1440"
    for what in ("REQUESTS_PER_ADDRESS", "READS_PER_ACTOR", "WRITES_PER_ACTOR"):
        service.environment[f"FF_CONTROL_PLANE_{what}_PER_SECOND"] = "1000000"
    service.start()
    bus = await JetStreamBus.connect(stack.nats.url, name="bench")
    try:
        async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
            login = {"email": credentials.admin_email, "password": credentials.admin_password}
            token = (await client.post("/api/v1/auth/login", json=login)).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            organization = (await client.post("/api/v1/organizations", json={"key": "b", "name": "B"})).json()["id"]
            projects = f"/api/v1/organizations/{organization}/projects"
            project = f"/projects/{(await client.post(projects, json={'key': 'p', 'name': 'P'})).json()['id']}"
            body = {"key": "production", "name": "P"}
            environment = (await client.post(f"/api/v1{project}/environments", json=body)).json()
            await client.post(f"/api/v1{project}/flags", json={**FLAG, "key": "thing"})
            watch = Watch(bus, environment["id"])
            following = asyncio.create_task(watch.follow())
            yield Bench(client, project, watch, repeats)
            following.cancel()
    finally:
        await bus.close()
        service.stop()


async def fill(url: str, start: int, end: int) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(_COPY_FLAGS, start, end)
    await connection.execute(_COPY_SETTINGS)
    await connection.close()


async def measure(sizes: list[int], repeats: int, audit_entries: int) -> None:
    print(f"{'operation':<34}{'flags':>8}{'n':>8}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Stack(folder / "stack", ("postgres", "nats", "redis")) as stack:
            async with bench(stack, folder / "services", repeats) as running:
                filled = 1
                await running.begin()
                for flags in sizes:
                    await fill(stack.postgres.database_url(DATABASE), filled, flags - 1)
                    filled = flags
                    await running.run(flags)
                if audit_entries:
                    await measure_audit(running, stack.postgres.database_url(DATABASE), audit_entries)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flags", type=int, nargs="+", default=[10, 1_000, 10_000])
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--audit-entries", type=int, default=500_000, help="0: the audit log is not measured")
    given = parser.parse_args()
    asyncio.run(measure(sorted(given.flags), given.repeats, given.audit_entries))


if __name__ == "__main__":
    main()
