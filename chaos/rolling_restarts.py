"""`python -m chaos.rolling_restarts`: stopping is not failing. Replicas are restarted one after another under load.

Two of each service stand behind a balancer; each request is tried once. Exit status 1 if any failed.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import shutil
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from devstack import services as made
from devstack.services import Credentials, Service, Services
from devstack.stack import Stack

from .balancer import Balancer
from .promises import Promise, print_promises, write_report
from .stream_reader import StreamReader
from .tenant import FLAG, Tenant
from .waiting import until

_FOLDER = Path("build/chaos-rolling")
_DRAIN_SECONDS = "5"
_GRACE_SECONDS = 90.0
_PREFIX = "rolling-"
_EVENTS_PER_BATCH = 10
_STREAMS = 4
_STREAM_SECONDS_MAX = 5.0
_LOADED_SECONDS = 60.0
_PATIENCE = {"edge_evaluator": 10.0, "event_ingestor": 10.0, "control_plane": 10.0, "analytics": 60.0}
"""Seconds that a request waits for its answer; a result may take as long as a query does."""
# Pauses between the requests of one worker.
_EDGE_SECONDS, _EVENTS_SECONDS, _EDIT_SECONDS, _RESULT_SECONDS = 0.01, 0.05, 0.1, 0.5


@dataclass(slots=True)
class Platform:
    """Two replicas of each service that answers requests, by its name, each pair behind a balancer."""

    stack: Stack
    services: Services
    tenant: Tenant
    replicas: dict[str, tuple[Service, Service]]
    balancers: dict[str, Balancer]
    streams: list[StreamReader]
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    acknowledged: int = 0

    async def restart(self, name: str, which: int) -> None:
        """Returns when requests come to it again."""
        service = self.replicas[name][which]
        # Nobody is killed amid an answer because the machine is slow.
        await asyncio.to_thread(service.restart, _GRACE_SECONDS)
        await self.balancers[name].knows(service.url)

    # The load: each goes on until it is cancelled.

    async def evaluate(self) -> None:
        while True:
            body = {"context": {"targetingKey": f"{_PREFIX}{next(self.numbers)}"}}
            await self.balancers["edge_evaluator"].send("POST", f"/ofrep/v1/evaluate/flags/{FLAG}", json=body)
            await asyncio.sleep(_EDGE_SECONDS)

    async def send_events(self) -> None:
        while True:
            now = round(time.time() * 1000)
            events = [
                {
                    "type": "metric",
                    "event_id": f"{_PREFIX}{next(self.numbers)}",
                    "timestamp": now,
                    "user_key": "u",
                    "metric": "purchase",
                    "value": 1,
                }
                for _ in range(_EVENTS_PER_BATCH)
            ]
            if await self.balancers["event_ingestor"].send("POST", "/v1/events", json=events) is not None:
                self.acknowledged += len(events)
            await asyncio.sleep(_EVENTS_SECONDS)

    async def edit(self) -> None:
        flag = f"/api/v1/projects/{self.tenant.project}/flags/{FLAG}"
        for number in itertools.count():
            await self.balancers["control_plane"].send("GET", flag)
            enabled = f"/api/v1/projects/{self.tenant.project}/flags/switched/environments/production/enabled"
            await self.balancers["control_plane"].send("PUT", enabled, json={"enabled": number % 2 == 0})
            await asyncio.sleep(_EDIT_SECONDS)

    async def ask_results(self) -> None:
        while True:
            await self.balancers["analytics"].send("GET", f"/v1/experiments/{self.tenant.experiment}/results")
            await asyncio.sleep(_RESULT_SECONDS)

    def stored(self) -> int:
        """Events of the load that ClickHouse holds, each once."""
        sql = f"SELECT uniqExact(event_id) FROM {made.DATABASE}.events_metric WHERE startsWith(event_id, '{_PREFIX}')"
        return int(self.stack.clickhouse.run_sql(sql))


@asynccontextmanager
async def opened(folder: Path, *, durable: bool, python_path: str | None = None) -> AsyncIterator[Platform]:
    """Everything started in an empty folder; it is stopped at the end. `python_path`: where the services are, if they
    are of another version. Raises PartFailedError."""
    async with AsyncExitStack() as undo:
        stack = Stack(folder / "stack", durable=durable)
        await asyncio.to_thread(stack.start)
        undo.push_async_callback(asyncio.to_thread, stack.stop)
        root, credentials = folder / "services", Credentials()
        services = Services(root, stack, credentials)
        replicas = {
            "control_plane": (
                services.control_plane,
                made.control_plane(root, stack, credentials, "second_control_plane"),
            ),
            "event_ingestor": (services.ingestor, made.ingestor(root, stack, credentials, "second_ingestor")),
            "edge_evaluator": (services.edge, made.edge(root, stack, services.ingestor.url, "second_edge")),
            "analytics": (services.analytics, made.analytics(root, stack, credentials, "second_analytics")),
        }
        for service in (*itertools.chain(*replicas.values()), services.loader, services.monitor):
            service.environment["FF_DRAIN_SECONDS"] = _DRAIN_SECONDS
            if python_path is not None:
                service.environment["PYTHONPATH"] = python_path
        await asyncio.to_thread(services.start)
        undo.push_async_callback(asyncio.to_thread, services.stop)
        for _, second in replicas.values():
            await asyncio.to_thread(second.start)
            undo.push_async_callback(asyncio.to_thread, second.stop)
        tenant = await Tenant.create(services)
        undo.push_async_callback(tenant.close)
        await tenant.create_flag("switched")
        key = {"Authorization": f"Bearer {tenant.server_key}"}
        headers = {"edge_evaluator": key, "event_ingestor": key}
        balancers = {
            name: Balancer([each.url for each in pair], headers.get(name, tenant.authorization), _PATIENCE[name])
            for name, pair in replicas.items()
        }
        streams = [StreamReader(balancers["edge_evaluator"]) for _ in range(_STREAMS)]
        yield Platform(stack, services, tenant, replicas, balancers, streams)
        for balancer in balancers.values():
            await balancer.close()


async def run(folder: Path, restarts: int, *, durable: bool = True) -> list[Promise]:
    """So many restarts of edges, and one of each other process; the report is in the folder, emptied before."""
    shutil.rmtree(folder, ignore_errors=True)
    async with opened(folder, durable=durable) as platform:
        async with under_load(platform) as ends:
            for number in range(restarts):
                await platform.restart("edge_evaluator", number % 2)
            for name in ("event_ingestor", "control_plane", "analytics"):
                await platform.restart(name, 0)
            await asyncio.to_thread(platform.services.loader.restart)
        done = dict.fromkeys(platform.replicas, "1 × restart of one of two replicas under load")
        done["edge_evaluator"] = f"{restarts} × restart of one of two replicas under load"
        promises = [
            *answered(platform, "stopping is not failing", done),
            await none_lost(
                platform, "no event is lost by a restart", "ingestor and loader restarted while events came"
            ),
            streams_back(platform, ends),
        ]
        write_report(folder / "report.json", promises, {"restarts": restarts, "away": _away(platform)})
    return promises


@asynccontextmanager
async def under_load(platform: Platform) -> AsyncIterator[list[BaseException | None]]:
    """Requests of each kind for the time of the block. What ended by itself is in the list afterwards."""
    ends: list[BaseException | None] = []
    watching = [asyncio.create_task(each.watch()) for each in platform.balancers.values()]
    for name, pair in platform.replicas.items():
        for each in pair:
            await platform.balancers[name].knows(each.url)
    await _until_served(platform)
    work = [platform.evaluate, platform.evaluate, platform.send_events, platform.edit, platform.ask_results]
    load = [asyncio.create_task(each()) for each in (*work, *(each.run for each in platform.streams))]
    try:
        yield ends
    finally:
        for task in (*load, *watching):
            task.cancel()
        ends += await asyncio.gather(*load, *watching, return_exceptions=True)


async def _until_served(platform: Platform) -> None:
    edges = platform.balancers["edge_evaluator"]
    asked = {"context": {"targetingKey": "u"}}
    await until(lambda: edges.send("POST", f"/ofrep/v1/evaluate/flags/{FLAG}", json=asked))
    edges.failures.clear()
    edges.answers.clear()


def answered(platform: Platform, name: str, done: Mapping[str, str]) -> list[Promise]:
    """Of each service; `done` says what was done to it."""
    return [
        Promise(
            f"{name}: {service}",
            done[service],
            balancer.figure,
            not balancer.failures and balancer.answers.total() > 0,
        )
        for service, balancer in platform.balancers.items()
    ]


async def none_lost(platform: Platform, name: str, done: str) -> Promise:
    """What was acknowledged, against what ClickHouse holds."""
    stored, ends_at = 0, time.monotonic() + _LOADED_SECONDS
    while time.monotonic() < ends_at and stored < platform.acknowledged:
        stored = await asyncio.to_thread(platform.stored)
        await asyncio.sleep(0.5)
    return Promise(
        name,
        done,
        f"{platform.acknowledged - stored} lost of {platform.acknowledged:,} acknowledged",
        stored >= platform.acknowledged > 0,
    )


def streams_back(platform: Platform, ends: Sequence[BaseException | None]) -> Promise:
    """Work that ended by itself is told here: it had no business to."""
    away = _away(platform)
    failed = [str(each) for each in ends if not isinstance(each, asyncio.CancelledError)]
    pauses = {pause for reader in platform.streams for pause in reader.pauses}
    worst = max(away, default=0.0)
    return Promise(
        "streams are back soon, each at a time of its own",
        f"{len(platform.streams)} event streams through the restarts",
        f"{len(away)} ends, back after {worst:.2f} s at most, {len(pauses)} different pauses"
        + (f"; {failed}" if failed else ""),
        bool(away) and worst <= _STREAM_SECONDS_MAX and len(pauses) > 1 and not failed,
    )


def _away(platform: Platform) -> list[float]:
    return [round(seconds, 3) for reader in platform.streams for seconds in reader.away_seconds]


def main() -> int:
    """0 if every promise was kept."""
    parser = argparse.ArgumentParser(prog="chaos.rolling_restarts", description=__doc__)
    parser.add_argument("--restarts", type=int, default=20, help="of edges, in all (%(default)s)")
    promises = asyncio.run(run(_FOLDER, parser.parse_args().restarts))
    print_promises(Console(), promises)
    return 0 if all(each.met for each in promises) else 1


if __name__ == "__main__":
    sys.exit(main())
