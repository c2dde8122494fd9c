"""How long a change takes from the start of its write to the last edge, and what it costs.

    python -m benchmarks.propagation [--edges 1 10 20] [--flags 10 10000] [--edits 200] [--json FILE]

Control plane with its relay, PostgreSQL (fsync on), NATS and every edge are processes of their own; edges keep no
snapshot file, because one disk stands in for those of twenty machines. Edits of one flag's rules follow each other,
each with `Prefer: wait=30`. "last edge": from the start of the write until this process, which listens on the bus
itself, has heard the last edge say that it serves it; "answer": until the answer that waited for them. CPU, user and
system, is per edit: of the control plane (with the reading of the flag before), of NATS, and of all edges together.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from messages.generated.edge_pb2 import EdgeHeartbeat
from messages.subjects import edges_subject
from streams.jetstream import JetStreamBus

from benchmarks.control_plane import FLAG, RULES, fill
from devstack.services import DATABASE, Credentials, Service, control_plane
from devstack.stack import Stack

WARM_UP = 5
SETTLE_SECONDS = 180
KINDS = ("control plane", "NATS", "edges")


@dataclass(frozen=True)
class Figures:
    """Milliseconds, sorted; `cpu_milliseconds` per edit by process."""

    edges: int
    flags: int
    last_edge: list[float]
    answer: list[float]
    cpu_milliseconds: dict[str, float]
    edge_mebibytes: float

    def summary(self) -> dict[str, Any]:
        told = {name: _summary(getattr(self, name)) for name in ("last_edge", "answer")}
        return {**asdict(self), **told, "edits": len(self.answer)}


class Ear:
    """When each edge was first heard to serve a version, or a newer one."""

    def __init__(self, bus: JetStreamBus) -> None:
        self._bus = bus
        self._heard = asyncio.Condition()
        self.versions: dict[str, int] = {}
        self.at: dict[str, float] = {}

    async def listen(self, environment: str) -> None:
        async for payload in self._bus.listen(edges_subject(environment)):
            told = EdgeHeartbeat.FromString(payload)
            if told.leaving:
                self.versions.pop(told.edge_id, None)
            elif told.version > self.versions.get(told.edge_id, -1):
                async with self._heard:
                    self.versions[told.edge_id], self.at[told.edge_id] = told.version, time.perf_counter()
                    self._heard.notify_all()

    async def reached(self, edges: int, version: int) -> float:
        """When the last of so many edges served it."""
        async with asyncio.timeout(SETTLE_SECONDS), self._heard:
            await self._heard.wait_for(lambda: sum(each >= version for each in self.versions.values()) >= edges)
        return max(self.at[each] for each in self.versions)


class Console:
    """A person at the control plane, who edits one flag."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._settings = "/api/v1/projects/p/flags/thing/environments/production"
        self._number = 0
        self.environment = ""

    async def begin(self, credentials: Credentials) -> None:
        login = {"email": credentials.admin_email, "password": credentials.admin_password}
        for _ in range(2):  # A token names the organizations of its bearer.
            token = (await self._client.post("/api/v1/auth/login", json=login)).json()["access_token"]
            self._client.headers["Authorization"] = f"Bearer {token}"
            await self._client.post("/api/v1/organizations", json={"key": "b", "name": "B"})
        await self._client.post("/api/v1/organizations/b/projects", json={"key": "p", "name": "P"})
        body = {"key": "production", "name": "P"}
        made = await self._client.post("/api/v1/projects/p/environments", json=body)
        self.environment = made.json()["id"]
        (await self._client.post("/api/v1/projects/p/flags", json={**FLAG, "key": "thing"})).raise_for_status()

    async def edit(self, wait: int = 30) -> dict[str, Any]:
        """Another rule; the answer."""
        self._number += 1
        etag = (await self._client.get(self._settings)).headers["etag"]
        rules = [{**RULES[0], "description": f"edit {self._number}"}, RULES[1]]
        started = time.perf_counter()
        answer = await self._client.patch(
            self._settings,
            json={"enabled": True, "rules": rules},
            headers={"If-Match": etag, "Prefer": f"wait={wait}"},
        )
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found | {"started": started, "answered": time.perf_counter()}


class Fleet:
    """The edges that run."""

    def __init__(self, folder: Path, nats_url: str) -> None:
        self._folder = folder
        self._nats_url = nats_url
        self.edges: list[Service] = []

    def grow(self, to: int) -> None:
        new = [
            Service(self._folder, f"edge-{number}", ("edge_evaluator",), {"FF_NATS_URL": self._nats_url})
            for number in range(len(self.edges), to)
        ]
        for each in new:
            each.launch()
        self.edges += new
        for each in new:
            each.wait_ready()

    def stop(self) -> None:
        while self.edges:
            self.edges.pop().stop()


def cpu_seconds(pids: list[int]) -> float:
    return float(sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids))


async def measure(console: Console, ear: Ear, processes: dict[str, list[int]], flags: int, edits: int) -> Figures:
    edges = len(processes["edges"])
    first = await console.edit()
    await ear.reached(edges, first["environment_versions"]["production"])
    for _ in range(WARM_UP):
        await console.edit()
    before = {kind: cpu_seconds(pids) for kind, pids in processes.items()}
    last_edge, answer = [], []
    for _ in range(edits):
        edit = await console.edit()
        propagation = edit["propagation"]
        if (propagation["edges"], propagation["confirmed"]) != (edges, edges):
            raise SystemExit(f"of {edges} edges: {propagation}")
        served = await ear.reached(edges, edit["environment_versions"]["production"])
        last_edge.append((served - edit["started"]) * 1000)
        answer.append((edit["answered"] - edit["started"]) * 1000)
    cpu = {kind: (cpu_seconds(pids) - before[kind]) / edits * 1000 for kind, pids in processes.items()}
    memory = sum(psutil.Process(pid).memory_info().rss for pid in processes["edges"]) / edges / 2**20
    return Figures(edges, flags, sorted(last_edge), sorted(answer), cpu, memory)


def _summary(ordered: list[float]) -> dict[str, float]:
    at = {
        name: ordered[min(len(ordered) - 1, int(len(ordered) * share))] for name, share in (("p50", 0.5), ("p95", 0.95))
    }
    return {**at, "max": ordered[-1]}


def show_head() -> None:
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':>22}{'last edge, ms':^27}{'answer, ms':^27}{'CPU, ms an edit':^33}")
    columns = [*("p50", "p95", "max") * 2, *KINDS, "MiB an edge"]
    widths = [9] * 6 + [15, 8, 10, 13]
    print(f"{'edges':>6}{'flags':>8}{'edits':>8}" + "".join(f"{a:>{w}}" for a, w in zip(columns, widths, strict=True)))


def show(figures: Figures) -> None:
    shown = [*_summary(figures.last_edge).values(), *_summary(figures.answer).values()]
    cpu = [figures.cpu_milliseconds[kind] for kind in KINDS]
    print(
        f"{figures.edges:>6}{figures.flags:>8,}{len(figures.answer):>8,}"
        + "".join(f"{each:>9.1f}" for each in shown)
        + f"{cpu[0]:>15.1f}{cpu[1]:>8.1f}{cpu[2]:>10.1f}{figures.edge_mebibytes:>13.0f}",
        flush=True,
    )


@contextlib.contextmanager
def running(service: Service) -> Iterator[Service]:
    service.start()
    try:
        yield service
    finally:
        service.stop()


async def run(edges: list[int], flags: list[int], edits: int) -> list[Figures]:
    found, credentials = [], Credentials()
    show_head()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            Stack(folder / "stack", ("postgres", "nats")) as stack,
            running(control_plane(folder / "services", stack, credentials)) as plane,
        ):
            bus = await JetStreamBus.connect(stack.nats.url, name="bench")
            fleet = Fleet(folder / "services", stack.nats.url)
            async with httpx.AsyncClient(base_url=plane.url, timeout=120) as client:
                console, ear = Console(client), Ear(bus)
                await console.begin(credentials)
                listening = asyncio.create_task(ear.listen(console.environment))
                try:
                    await console.edit(wait=1)
                    filled = 1
                    for size in flags:
                        await fill(stack.postgres.database_url(DATABASE), filled, size - 1)
                        filled = size
                        for count in edges:
                            await asyncio.to_thread(fleet.grow, count)
                            processes = {
                                "control plane": [plane.pid],
                                "NATS": [stack.nats.pid],
                                "edges": [each.pid for each in fleet.edges],
                            }
                            found.append(await measure(console, ear, processes, size, edits))
                            show(found[-1])
                        await asyncio.to_thread(fleet.stop)
                finally:
                    listening.cancel()
                    await asyncio.to_thread(fleet.stop)
                    await bus.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edges", type=int, nargs="+", default=[1, 10, 20])
    parser.add_argument("--flags", type=int, nargs="+", default=[10, 10_000])
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    given = parser.parse_args()
    found = asyncio.run(run(sorted(given.edges), sorted(given.flags), given.edits))
    if given.json:
        given.json.write_text(json.dumps([each.summary() for each in found], indent=2))


if __name__ == "__main__":
    main()
