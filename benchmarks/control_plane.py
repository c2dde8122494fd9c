"""What the control plane's requests cost: CPU of its process, and how long people wait.

    python -m benchmarks.control_plane [--flags 100 10000] [--seconds 6] [--json FILE]

One API process, its relay as a process beside it, an embedded PostgreSQL (fsync on) and NATS, and this process as the
only client, all on one machine. "closed": so many clients, each of which asks again when it has its answer; `CPU` is
user and system time of the API's process over the requests that it served meanwhile, `PostgreSQL` that of the server's
processes. "open": requests at a steady rate, 70 % reads, 20 % lists, 10 % writes, counted from the moment they are due.

Varied: flags (each request another one), people (ten, three roles), bodies, the orders of lists, filters ("search":
text, state, tag, type), `traceparent` (new in each request). "count" is a list with its total and all facets. Not
varied: one organization, one project with two environments, flags of two rules in one of them, the size of bodies,
HTTP/1.1 over loopback without TLS.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import psutil

from benchmarks.control_plane_audit import measure_audit
from benchmarks.control_plane_load import Client, Operation, Pace, closed_loop, open_loop
from benchmarks.control_plane_people import api_process, people, relay_process
from benchmarks.report import Report, accept_json
from devstack.services import DATABASE, Credentials
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
NOT_VARIED = (
    "organization and project",
    "two environments",
    "flags of two rules",
    "sizes of bodies",
    "HTTP/1.1 without TLS",
)
LISTS = ("sort=key", "sort=-updated_at", "sort=name", "sort=-created_at")
SEARCHES = ("sort=name&q=ler 7", "state=off&environment=production", "tag=team-3", "type=string", "q=not there")
_ROLES = ("owner", "administrator", "developer")
_PASSWORD = "a password of one's own"
_COPY_FLAGS = """
INSERT INTO flags
SELECT (jsonb_populate_record(f, jsonb_build_object('id', gen_random_uuid(), 'key', 'filler-' || n,
    'name', 'Filler ' || n, 'tags', ARRAY['team-' || n % 7]))).*
FROM flags f, generate_series($1::int, $2::int) AS n WHERE f.key = 'thing'
"""
_COPY_SETTINGS = """
INSERT INTO flag_settings SELECT (jsonb_populate_record(s, jsonb_build_object('flag_id', filler.id))).*
FROM flag_settings s JOIN flags f ON f.id = s.flag_id AND f.key = 'thing', flags filler
WHERE filler.key LIKE 'filler-%' ON CONFLICT DO NOTHING
"""


async def fill(url: str, start: int, end: int) -> None:
    """Copies the flag `thing` with its settings, as `filler-<number>`."""
    connection = await asyncpg.connect(url)
    await connection.execute(_COPY_FLAGS, start, end)
    await connection.execute(_COPY_SETTINGS)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


@dataclass
class Project:
    """What is asked: of one project that holds so many flags."""

    path: str
    flags: int = 1
    etags: dict[str, str] = field(default_factory=dict)
    _random: random.Random = field(default_factory=lambda: random.Random(7))

    def flag(self) -> str:
        number = self._random.randrange(1, max(2, self.flags))
        return f"{self.path}/flags/filler-{number}"

    async def read(self, client: Client, _: int) -> None:
        await client.call("GET", self.flag())

    async def list(self, client: Client, number: int) -> None:
        await client.call("GET", f"{self.path}/flags?limit=50&{LISTS[number % len(LISTS)]}")

    async def search(self, client: Client, number: int) -> None:
        query = SEARCHES[number % len(SEARCHES)].replace(" ", "%20")
        await client.call("GET", f"{self.path}/flags?limit=50&{query}")

    async def count(self, client: Client, _: int) -> None:
        await client.call(
            "GET", f"{self.path}/flags?limit=50&total=true&facets=tag,type,state,owner&environment=production"
        )

    async def toggle(self, client: Client, number: int) -> None:
        await client.call("PUT", f"{self.flag()}/environments/production/enabled", {"enabled": number % 2 == 0})

    async def create(self, client: Client, number: int) -> None:
        tags = [f"team-{number % 9}"]
        body = {**FLAG, "key": f"made-{uuid.uuid4().hex[:12]}", "description": f"number {number}", "tags": tags}
        await client.call("POST", f"{self.path}/flags", body)

    async def change(self, client: Client, number: int) -> None:
        """Each client edits a flag of its own, so that none finds another's version."""
        flag = f"{self.path}/flags/filler-{1 + client.number % max(1, self.flags - 1)}"
        etag = self.etags.get(flag) or (await client.call("GET", flag)).etag
        self.etags[flag] = (await client.call("PATCH", flag, {"name": f"Renamed {number}"}, etag)).etag


@dataclass(frozen=True)
class Figures:
    """Milliseconds; `cpu` and `database` of one request."""

    operation: str
    loop: str
    flags: int
    requests: int
    per_second: float
    p50: float
    p95: float
    p99: float
    cpu: float
    database: float


class Processor:
    """CPU seconds of a process, and of what it has started."""

    def __init__(self, pid: int, *, family: bool = False) -> None:
        self._process = psutil.Process(pid)
        self._family = family

    def seconds(self) -> float:
        children = self._process.children(recursive=True) if self._family else []
        total = 0.0
        for each in (self._process, *children):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += sum(each.cpu_times()[:2])
        return total


@dataclass
class Bench:
    project: Project
    clients: list[Client]
    service: Processor
    database: Processor
    found: list[Figures] = field(default_factory=list)

    async def closed(self, name: str, once: Operation, seconds: float) -> None:
        for each in self.clients:
            # The server ends connections that nobody uses for some seconds.
            each.close()
        await closed_loop(self.clients[:4], name, once, 1.0, Pace())
        pace, began = Pace(), self._cpu()
        await closed_loop(self.clients, name, once, seconds, pace)
        self._note(f"closed, {len(self.clients)}", pace, began, seconds)

    async def open(self, seconds: float, per_second: int) -> None:
        for each in self.clients:
            each.close()
        pace, began = Pace(), self._cpu()
        await open_loop(self.clients, self._mix(), seconds, per_second, pace)
        everything = [taken for each in pace.seconds.values() for taken in each]
        self._note(f"open, {per_second}/s", Pace({"all": everything, **pace.seconds}), began, seconds)

    def _mix(self) -> Iterator[tuple[str, Operation]]:
        project, number = self.project, 0
        writes: tuple[tuple[str, Operation], ...] = (("toggle", project.toggle), ("create", project.create))
        pattern = ("read",) * 7 + ("list",) * 2 + ("write",)
        while True:
            for each in random.Random(number).sample(pattern, len(pattern)):
                number += 1
                if each == "write":
                    yield writes[number % 2]
                else:
                    yield each, project.read if each == "read" else project.list

    def _cpu(self) -> tuple[float, float]:
        return self.service.seconds(), self.database.seconds()

    def _note(self, loop: str, pace: Pace, began: tuple[float, float], seconds: float) -> None:
        ended, requests = self._cpu(), len(next(iter(pace.seconds.values())))
        cpu, database = ((after - before) * 1000 / requests for before, after in zip(began, ended, strict=True))
        for name, taken in pace.seconds.items():
            ordered = sorted(taken)
            p50, p95, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * q))] * 1000 for q in (0.5, 0.95, 0.99))
            figures = Figures(
                name, loop, self.project.flags, len(ordered), len(ordered) / seconds, p50, p95, p99, cpu, database
            )
            self.found.append(figures)
            show(figures)


def show(each: Figures) -> None:
    print(
        f"{each.operation:<10}{each.loop:<14}{each.flags:>8,}{each.requests:>8,}{each.per_second:>9.0f}"
        f"{each.p50:>9.1f}{each.p95:>9.1f}{each.p99:>9.1f}{each.cpu:>9.2f}{each.database:>9.2f}",
        flush=True,
    )


def show_head() -> None:
    print(
        f"{'operation':<10}{'loop':<14}{'flags':>8}{'n':>8}{'1/s':>9}"
        f"{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'PG ms':>9}"
    )


@contextlib.asynccontextmanager
async def bench(folder: Path, stack: Stack, clients: int) -> AsyncIterator[Bench]:
    credentials = Credentials()
    service = api_process(folder, stack, credentials)
    relay = relay_process(folder, stack, credentials)
    service.start()
    try:
        relay.start()
        path, tokens = await people(service.url, credentials, FLAG, RULES)
        opened = [Client(service.port, tokens[each % len(tokens)], each) for each in range(clients)]
        yield Bench(Project(path), opened, Processor(service.pid), Processor(stack.postgres.pid, family=True))
        for each in opened:
            each.close()
    finally:
        relay.stop()
        service.stop()


async def measure(given: argparse.Namespace) -> list[Figures]:
    show_head()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Stack(folder / "stack", ("postgres", "nats")) as stack:
            url = stack.postgres.ensure_database(DATABASE)
            async with bench(folder / "services", stack, given.clients) as running:
                project = running.project
                operations: dict[str, Operation] = {
                    "read": project.read,
                    "list": project.list,
                    "search": project.search,
                    "count": project.count,
                    "toggle": project.toggle,
                    "create": project.create,
                    "change": project.change,
                }
                for flags in sorted(given.flags):
                    await fill(url, project.flags, flags - 1)
                    project.flags = flags
                    for operation, once in operations.items():
                        await running.closed(operation, once, given.seconds)
                    await running.open(given.seconds * 2, given.rate)
                if given.audit_entries:
                    await measure_audit(running.clients[0], project.toggle, url, given.audit_entries)
    return running.found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flags", type=int, nargs="+", default=[100, 10_000])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each closed loop; the open one takes twice that")
    parser.add_argument("--rate", type=int, default=100, help="requests a second of the open loop")
    parser.add_argument("--audit-entries", type=int, default=0, help="0: the audit log is not measured")
    accept_json(parser)
    given = parser.parse_args()
    report = Report("control_plane", NOT_VARIED)
    for each in asyncio.run(measure(given)):
        report.add(**vars(each))
    report.finish(given.json)


if __name__ == "__main__":
    main()
