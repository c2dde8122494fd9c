"""A thousand edges and 100,000 streams in one process: what a change costs, and how the clients come back.

    python -m benchmarks.fleet [--edges 1000] [--streams 100000] [--edits 5] [--json FILE]

Each edge is the edge's own follower, memory, admission and table of streams; the bus is in memory, and what a socket
would take is counted. An edit is published as the relay does. CPU is of the process: of an edit without streams, for
each edge; and what it takes more with streams, for each of them. Then all edges are lost at once, and each client comes
back by the SDK's own pauses, or as the edge told it. Exits 1 where over a tenth of them comes back in one second.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import psutil
from streams.memory import MemoryBus

from benchmarks.edge_config import SEGMENT, flag
from benchmarks.fleet_edges import FleetEdge, Told
from benchmarks.fleet_returns import Return, as_told, of_sdks, returns, seeded, told_seconds
from benchmarks.report import Report, accept_json
from tests.edge_evaluator.config_writer import ConfigWriter
from tests.environment_writer import Messages, open_stream, publish

NOT_VARIED = (
    "one environment, 50 flags, one key",
    "no sockets (benchmarks.streams has their cost)",
    "one language's pauses (tests/sdks holds the others to the same)",
)
MOST_SHARE = 0.1
OUTAGES = (0.0, 5.0, 15.0, 20.0, 60.0)
_FLAGS = 50
_SEED = 7


@dataclass(frozen=True, slots=True)
class Change:
    """What one edit costs, medians. Bytes: of the bus to an edge, and of an edge to a client."""

    edges: int
    streams: int
    edge_cpu_us: float
    stream_cpu_us: float
    bus_bytes: int
    stream_bytes: float
    told_seconds: float
    edge_kib: float
    stream_kib: float


class Fleet:
    """The edges, and who edits what they serve."""

    def __init__(self, bus: MemoryBus, writer: ConfigWriter) -> None:
        self._bus = bus
        self._writer = writer
        self._enabled = True
        self.told = Told()
        self.edges: list[FleetEdge] = []

    async def grow(self, edges: int) -> None:
        self.edges = [FleetEdge(self._bus, self.told) for _ in range(edges)]
        await self._served()

    async def edit(self) -> tuple[int, float, float]:
        """Bytes on the bus, and seconds of CPU and of the clock until every edge and every client knows."""
        self._enabled = not self._enabled
        messages: Messages = self._writer.write(flags=[replace(flag(0), enabled=self._enabled)])
        streams = sum(len(each.clients) for each in self.edges)
        wanted = self.told.asked + streams
        cpu, began = time.process_time(), time.monotonic()
        await publish(self._bus, messages)
        await self._served()
        while self.told.asked < wanted:
            await asyncio.sleep(0.01)
        size = sum(len(subject) + len(payload) for subject, payload in messages)
        return size, time.process_time() - cpu, time.monotonic() - began

    async def close(self) -> None:
        await asyncio.gather(*(each.close() for each in self.edges))

    async def _served(self) -> None:
        while any(each.version < self._writer.version for each in self.edges):
            await asyncio.sleep(0.01)


async def run(edges: int, streams: int, edits: int) -> tuple[Change, list[Return]]:
    """Edits without streams, edits with them, then the loss of all edges."""
    bus, writer = MemoryBus(), ConfigWriter()
    await open_stream(bus)
    await publish(bus, writer.write(flags=[flag(number) for number in range(_FLAGS)], segments=[SEGMENT]))
    fleet, before = Fleet(bus, writer), _memory_kib()
    await fleet.grow(edges)
    grown = _memory_kib()
    await fleet.edit()
    alone = [(await fleet.edit())[1] for _ in range(edits)]
    for number, each in enumerate(fleet.edges):
        each.open(streams // edges + (number < streams % edges))
    held = _memory_kib()
    sent = fleet.told.bytes
    told = [await fleet.edit() for _ in range(edits)]
    change = Change(
        edges=edges,
        streams=streams,
        edge_cpu_us=statistics.median(alone) / edges * 1e6,
        stream_cpu_us=(statistics.median(cpu for _, cpu, _ in told) - statistics.median(alone)) / streams * 1e6,
        bus_bytes=round(statistics.median(size for size, _, _ in told)),
        stream_bytes=(fleet.told.bytes - sent) / edits / streams,
        told_seconds=statistics.median(seconds for _, _, seconds in told),
        edge_kib=(grown - before) / edges,
        stream_kib=(held - grown) / streams,
    )
    seeded(_SEED)
    windows = [each.open_streams.retry_milliseconds / 1000 for each in fleet.edges for _ in each.clients]
    for each in fleet.edges:
        each.open_streams.close()
    while fleet.edges and any(each.clients and b"retry: " not in each.clients[-1].last for each in fleet.edges):
        await asyncio.sleep(0.01)
    moments = [told_seconds(client.last) for each in fleet.edges for client in each.clients]
    await fleet.close()
    ways = {"SDKs": of_sdks(windows), "OFREP and browsers": as_told(moments)}
    return change, [returns(name, pauses, outage) for name, pauses in ways.items() for outage in OUTAGES]


def _memory_kib() -> float:
    gc.collect()
    return float(psutil.Process().memory_info().rss) / 1024


def show(change: Change, returned: Sequence[Return]) -> None:
    print(f"{change.edges:,} edges, {change.streams:,} streams; all are told of an edit in {change.told_seconds:.2f} s")
    print(f"an edge:   {change.edge_cpu_us:.0f} µs and {change.bus_bytes:,} bytes an edit, {change.edge_kib:.0f} KiB")
    print(f"a stream:  {change.stream_cpu_us:.1f} µs and {change.stream_bytes:.0f} bytes, {change.stream_kib:.1f} KiB")
    print(f"{'':<20}{'outage, s':>11}{'most a second':>15}{'all back, s':>13}")
    for each in returned:
        print(f"{each.clients:<20}{each.outage_seconds:>11.0f}{each.most_share:>15.1%}{each.back_seconds:>13.1f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edges", type=int, default=1000)
    parser.add_argument("--streams", type=int, default=100_000)
    parser.add_argument("--edits", type=int, default=5)
    accept_json(parser)
    given = parser.parse_args()
    report = Report("fleet", NOT_VARIED)
    change, returned = asyncio.run(run(given.edges, given.streams, given.edits))
    show(change, returned)
    report.add(**asdict(change))
    for each in returned:
        report.add(**asdict(each))
    report.finish(given.json)
    return 0 if all(each.most_share <= MOST_SHARE for each in returned) else 1


if __name__ == "__main__":
    sys.exit(main())
