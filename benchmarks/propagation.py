"""How long a change takes from the start of its write to the last edge, and what it costs.

    python -m benchmarks.propagation [--edges 1 10 20] [--flags 10 10000] [--edits 200] [--json FILE]

Control plane, its relay, PostgreSQL (fsync on), NATS and every edge are processes of their own; edges keep no snapshot
file, because one disk stands in for those of twenty machines. "last edge": from the start of the write until this
process, which listens on the bus itself, has heard the last edge say that it serves it; "answer": until the answer
that waited for them (`Prefer: wait=30`). CPU, user and system, is per edit: of the API (with the reading of the flag
before), of the relay, of NATS, and of all edges together.

"off beside a bulk change": as many change requests as hold 1,000 flags (`--bulk`) are applied, each when the one before
is answered, and other flags are switched off one by one until they are done; beside it the same while nothing else
happens. Edges are warm before anything is measured: the functions of all their flags are written.

Varied from edit to edit: the flag (of those there are), what of it is changed (rules with new values, a switch, the
default, a segment that flags name), and tracing headers.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from streams.jetstream import JetStreamBus

from benchmarks.control_plane import fill
from benchmarks.propagation_stage import Console, Ear, Fleet
from benchmarks.report import Report, accept_json
from devstack.services import DATABASE, Credentials, Service, control_plane
from devstack.stack import Stack

WARM_UP = 10
QUIET_SWITCHES = 40
WIDE_EDITS = 20
KINDS = ("API", "relay", "NATS", "edges")
NOT_VARIED = (
    "one organization, project and environment",
    "one edit at a time",
    "flags of three or four rules",
    "one machine, without TLS between its processes",
    "edges that nobody asks for anything",
)


@dataclass(frozen=True)
class Figures:
    """Milliseconds, sorted; `cpu` milliseconds per edit by process."""

    edges: int
    flags: int
    last_edge: list[float]
    answer: list[float]
    cpu: dict[str, float]
    edge_mebibytes: float

    def row(self) -> dict[str, Any]:
        return {
            "edges": self.edges,
            "flags": self.flags,
            "edits": len(self.answer),
            **{f"last_edge_{name}_ms": value for name, value in _summary(self.last_edge).items()},
            **{f"answer_{name}_ms": value for name, value in _summary(self.answer).items()},
            **{f"cpu_{kind.lower()}_ms": value for kind, value in self.cpu.items()},
            "edge_mebibytes": self.edge_mebibytes,
        }


def processes_of(plane: Service, stack: Stack, fleet: Fleet) -> dict[str, list[int]]:
    relays = [each.pid for each in psutil.Process(plane.pid).children()]
    return {"API": [plane.pid], "relay": relays, "NATS": [stack.nats.pid], "edges": [each.pid for each in fleet.edges]}


def cpu_seconds(pids: list[int]) -> float:
    return float(sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids))


async def until_warm(pids: list[int]) -> None:
    """Returns when the edges have nothing left to do."""
    quiet = 0
    while quiet < 3:
        before = cpu_seconds(pids)
        await asyncio.sleep(0.5)
        quiet = quiet + 1 if cpu_seconds(pids) - before < 0.02 * len(pids) else 0


async def measure(console: Console, ear: Ear, processes: dict[str, list[int]], edits: int) -> Figures:
    edges = len(processes["edges"])
    for _ in range(WARM_UP):
        first = await console.edit()
        await ear.reached(edges, first.version)
    await until_warm(processes["edges"])
    before = {kind: cpu_seconds(pids) for kind, pids in processes.items()}
    last_edge, answer = [], []
    for _ in range(edits):
        edit = await console.edit()
        if (edit.propagation["edges"], edit.propagation["confirmed"]) != (edges, edges):
            raise SystemExit(f"of {edges} edges: {edit.propagation}")
        served = await ear.reached(edges, edit.version)
        last_edge.append((served - edit.started) * 1000)
        answer.append((edit.answered - edit.started) * 1000)
    cpu = {kind: (cpu_seconds(pids) - before[kind]) / edits * 1000 for kind, pids in processes.items()}
    memory = sum(psutil.Process(pid).memory_info().rss for pid in processes["edges"]) / edges / 2**20
    return Figures(edges, console.flags, sorted(last_edge), sorted(answer), cpu, memory)


async def switched_off(console: Console, ear: Ear, edges: int, number: int) -> float:
    """Milliseconds until one flag is off at the last edge."""
    written = await console.switch_off(f"filler-{number}")
    return (await ear.reached(edges, written.version) - written.started) * 1000


async def measure_everyone(console: Console, ear: Ear, edges: int, report: Report) -> None:
    """An edit that changes what each flag may answer."""
    taken = []
    for _ in range(WIDE_EDITS):
        written = await console.edit_everyone()
        taken.append((await ear.reached(edges, written.version) - written.started) * 1000)
    found = {f"everyone_{name}_ms": value for name, value in _summary(sorted(taken)).items()}
    report.add(edges=edges, flags=console.flags, edits=WIDE_EDITS, **found)
    p50, most = found["everyone_p50_ms"], found["everyone_max_ms"]
    print(f"{'':>14}a segment that all flags use: p50 {p50:.0f}, max {most:.0f} of {WIDE_EDITS}", flush=True)


async def measure_bulk(console: Console, ear: Ear, edges: int, edits: int, report: Report) -> None:
    # Others than those that are changed.
    others = itertools.count(edits + 1)
    quiet = sorted([await switched_off(console, ear, edges, next(others)) for _ in range(QUIET_SWITCHES)])
    numbers = await console.proposed(edits)
    started = time.perf_counter()
    applying = asyncio.create_task(console.apply(numbers))
    beside = []
    while not applying.done():
        beside.append(await switched_off(console, ear, edges, next(others)))
    done = (await ear.reached(edges, await applying) - started) * 1000
    beside.sort()
    row = {
        "bulk_flags": edits,
        "bulk_requests": len(numbers),
        "bulk_served_ms": done,
        **{f"off_quiet_{name}_ms": value for name, value in _summary(quiet).items()},
        **{f"off_beside_{name}_ms": value for name, value in _summary(beside).items()},
        "offs_beside": len(beside),
        "delay_max_ms": beside[-1] - _summary(quiet)["p50"],
    }
    report.add(edges=edges, flags=console.flags, **row)
    print(
        f"\noff beside a bulk change ({edits:,} flags in {len(numbers)} requests, served after {done:,.0f} ms; "
        f"{console.flags:,} flags, {edges} edge): quiet p50 {row['off_quiet_p50_ms']:.0f}, beside p50 "
        f"{row['off_beside_p50_ms']:.0f}, max {beside[-1]:.0f} of {len(beside)}; "
        f"at most {row['delay_max_ms']:.0f} ms later\n",
        flush=True,
    )


def _summary(ordered: list[float]) -> dict[str, float]:
    shares = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    at = {name: ordered[min(len(ordered) - 1, int(len(ordered) * share))] for name, share in shares}
    return {**at, "max": ordered[-1]}


def show_head() -> None:
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':>22}{'last edge, ms':^36}{'answer, ms':^36}{'CPU, ms an edit':^34}")
    columns = [*("p50", "p95", "p99", "max") * 2, *KINDS, "MiB an edge"]
    widths = [9] * 8 + [8, 8, 8, 10, 13]
    print(f"{'edges':>6}{'flags':>8}{'edits':>8}" + "".join(f"{a:>{w}}" for a, w in zip(columns, widths, strict=True)))


def show(figures: Figures) -> None:
    shown = [*_summary(figures.last_edge).values(), *_summary(figures.answer).values()]
    cpu = [figures.cpu[kind] for kind in KINDS]
    print(
        f"{figures.edges:>6}{figures.flags:>8,}{len(figures.answer):>8,}"
        + "".join(f"{each:>9.1f}" for each in shown)
        + f"{cpu[0]:>8.1f}{cpu[1]:>8.1f}{cpu[2]:>8.1f}{cpu[3]:>10.1f}{figures.edge_mebibytes:>13.0f}",
        flush=True,
    )


@contextlib.contextmanager
def running(service: Service) -> Iterator[Service]:
    service.start()
    try:
        yield service
    finally:
        service.stop()


async def run(given: argparse.Namespace, report: Report) -> None:
    credentials = Credentials()
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
                    for flags in sorted(given.flags):
                        await fill(stack.postgres.database_url(DATABASE), console.flags, flags - 1)
                        await console.refill(flags)
                        for count in sorted(given.edges):
                            await asyncio.to_thread(fleet.grow, count)
                            found = await measure(console, ear, processes_of(plane, stack, fleet), given.edits)
                            report.add(**found.row())
                            show(found)
                            if count == min(given.edges):
                                await measure_everyone(console, ear, count, report)
                            if count == min(given.edges) and flags > given.bulk + 2 * QUIET_SWITCHES and given.bulk > 0:
                                await measure_bulk(console, ear, count, given.bulk, report)
                        await asyncio.to_thread(fleet.stop)
                finally:
                    listening.cancel()
                    await asyncio.to_thread(fleet.stop)
                    await bus.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edges", type=int, nargs="+", default=[1, 10, 20])
    parser.add_argument("--flags", type=int, nargs="+", default=[10, 10_000])
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--bulk", type=int, default=1_000, help="flags that are changed at once; 0: none")
    accept_json(parser)
    given = parser.parse_args()
    report = Report("propagation", NOT_VARIED)
    asyncio.run(run(given, report))
    report.finish(given.json)


if __name__ == "__main__":
    main()
