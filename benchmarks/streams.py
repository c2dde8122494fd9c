"""What event streams cost an edge: CPU microseconds a client and edit, and a connection, and KiB a connection.

    python -m benchmarks.streams [--streams 2000] [--edits 5] [--json FILE]

The same edge with its fast path and without, one after the other, each a process of its own beside NATS; this process
is the clients. A connection: from its TCP handshake to the first event of its stream, read here. An edit: from its
publication until the last client has read that it shall re-fetch. CPU is user and system time of the edge, less what
it spends in the same time while nothing happens; memory is what its anonymous pages grew by.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import httpx
from streams.jetstream import JetStreamBus

from benchmarks.edge_config import SEGMENT, flag
from benchmarks.report import Report, accept_json
from devstack.services import Service
from devstack.stack import Stack
from tests.edge_evaluator.config_writer import CLIENT_KEY, ConfigWriter
from tests.environment_writer import open_stream, publish

NOT_VARIED = (
    "the contexts of the clients (a stream has none)",
    "the key (all streams are of one client key)",
    "the network (loopback, every client reads at once)",
    "TLS (none)",
)
WARM_UP = 20
IDLE_SECONDS = 4.0
AT_ONCE = 50
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one way to serve streams. `told_seconds`: from an edit's publication to the last client, the median."""

    way: str
    streams: int
    edit_us: float
    connection_us: float
    connection_kib: float
    told_seconds: float


class Edge(Service):
    """An edge under measurement."""

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_kib(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("RssAnon")).split()[1])


class Reader(asyncio.Protocol):
    """One client: counts the events that it has read."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._begun = False
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._clients.request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        if not self._begun and b"\nid: " in self._read:
            if not self._read.startswith(b"HTTP/1.1 200 OK"):
                raise SystemExit(f"unexpected answer: {self._read[:200]!r}")
            self._begun, self._read = True, b""
            self._clients.opened.release()
        while b"\n\n" in self._read:
            event, self._read = self._read.split(b"\n\n", 1)
            if b"refetchEvaluation" in event:
                self._clients.told += 1
        self._clients.check()


class Clients:
    """All clients, and how many of them have been told of the last edit."""

    def __init__(self, port: int) -> None:
        self.request = b""
        self.opened = asyncio.Semaphore(0)
        self.told = 0
        self._wanted = 0
        self._all_told = asyncio.Event()
        self._port = port
        self._transports: list[asyncio.BaseTransport] = []

    async def open(self, count: int) -> None:
        """Returns when the last of them has read its first event."""
        loop = asyncio.get_running_loop()
        self.request = await stream_request(self._port)
        for start in range(0, count, AT_ONCE):
            some = range(start, min(start + AT_ONCE, count))
            for _ in some:
                opened = socket.socket()
                opened.setblocking(False)
                await loop.sock_connect(opened, ("127.0.0.1", self._port))
                transport, _ = await loop.create_connection(lambda: Reader(self), sock=opened)
                self._transports.append(transport)
            for _ in some:
                await self.opened.acquire()

    async def all_told(self) -> None:
        """Returns when each has been told once since the last time."""
        self._wanted += len(self._transports)
        self._all_told.clear()
        self.check()
        await self._all_told.wait()

    def check(self) -> None:
        if self._wanted and self.told >= self._wanted:
            self._all_told.set()

    def close(self) -> None:
        for each in self._transports:
            each.close()
        self._transports.clear()
        self.told = self._wanted = 0


async def stream_request(port: int) -> bytes:
    """What a client sends that comes back to its stream: it names the last event that it has seen."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answer = await client.post(
            "/ofrep/v1/evaluate/flags", json={}, headers={"authorization": f"Bearer {CLIENT_KEY}"}
        )
        path = httpx.URL(answer.json()["eventStreams"][0]["url"]).raw_path.decode()
        async with client.stream("GET", path) as stream:
            lines = stream.aiter_lines()
            newest = ""
            while not newest.startswith("id: "):
                newest = await anext(lines)
    head = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept: text/event-stream", "Cache-Control: no-cache"]
    return "\r\n".join([*head, "User-Agent: bench/1", f"Last-Event-ID: {newest[4:]}"]).encode() + b"\r\n\r\n"


class Editor:
    """Somebody who edits flags."""

    def __init__(self, bus: JetStreamBus) -> None:
        self._bus = bus
        self._writer = ConfigWriter()
        self._enabled = True

    async def begin(self) -> None:
        await publish(self._bus, self._writer.write(flags=[flag(number) for number in range(50)], segments=[SEGMENT]))

    async def edit(self) -> None:
        """Switches a flag off, or on again."""
        self._enabled = not self._enabled
        await publish(self._bus, self._writer.write(flags=[replace(flag(0), enabled=self._enabled)]))


async def idle_share(edge: Edge) -> float:
    """CPU seconds that the edge spends in a second while nothing happens."""
    before, began = edge.cpu_seconds(), time.perf_counter()
    await asyncio.sleep(IDLE_SECONDS)
    return (edge.cpu_seconds() - before) / (time.perf_counter() - began)


async def measure(way: str, edge: Edge, editor: Editor, streams: int, edits: int) -> Figures:
    clients = Clients(edge.port)
    await clients.open(WARM_UP)
    await editor.edit()
    await clients.all_told()
    clients.close()
    share = await idle_share(edge)
    cpu, memory, began = edge.cpu_seconds(), edge.memory_kib(), time.perf_counter()
    await clients.open(streams)
    opening = edge.cpu_seconds() - cpu - share * (time.perf_counter() - began)
    held = edge.memory_kib() - memory
    share = await idle_share(edge)
    spent, seconds = [], []
    for _ in range(edits):
        cpu, began = edge.cpu_seconds(), time.perf_counter()
        await editor.edit()
        await clients.all_told()
        seconds.append(time.perf_counter() - began)
        spent.append(edge.cpu_seconds() - cpu - share * seconds[-1])
    clients.close()
    return Figures(
        way=way,
        streams=streams,
        edit_us=statistics.median(spent) / streams * 1e6,
        connection_us=opening / streams * 1e6,
        connection_kib=held / streams,
        told_seconds=statistics.median(seconds),
    )


async def run(streams: int, edits: int) -> list[Figures]:
    found = []
    with tempfile.TemporaryDirectory() as name, Stack(Path(name), ("nats",), durable=False) as stack:
        bus = await JetStreamBus.connect(stack.nats.url, name="bench")
        await open_stream(bus)
        editor = Editor(bus)
        await editor.begin()
        for way, fast in (("fast path", "true"), ("Starlette", "false")):
            environment = {
                "FF_NATS_URL": stack.nats.url,
                "FF_EDGE_FAST_PATH": fast,
                "FF_EDGE_CONNECTIONS_PER_ADDRESS_MAX": str(streams * 2),
                "FF_EDGE_CONNECTIONS_PER_KEY_MAX": str(streams * 2),
                "FF_EDGE_STREAMS_PER_KEY_MAX": str(streams * 2),
                "FF_LOG_LEVEL": "WARNING",
            }
            edge = Edge(Path(name), f"edge-{fast}", ("edge_evaluator",), environment)
            await asyncio.to_thread(edge.start)
            try:
                found.append(await measure(way, edge, editor, streams, edits))
                show(found[-1])
            finally:
                await asyncio.to_thread(edge.stop)
        await bus.close()
    return found


def show(figures: Figures) -> None:
    print(
        f"{figures.way:<12}{figures.streams:>9,}{figures.edit_us:>17.1f}{figures.connection_us:>17.0f}"
        f"{figures.connection_kib:>18.1f}{figures.told_seconds:>15.2f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=2000)
    parser.add_argument("--edits", type=int, default=5)
    accept_json(parser)
    given = parser.parse_args()
    report = Report("streams", NOT_VARIED)
    print(
        f"{'':<12}{'streams':>9}{'µs client, edit':>17}{'µs connection':>17}{'KiB connection':>18}{'last told, s':>15}"
    )
    for each in asyncio.run(run(given.streams, given.edits)):
        report.add(**asdict(each))
    report.finish(given.json)


if __name__ == "__main__":
    main()
