"""A thousand clients lose their edge: how many come back in a second, and when the last one is there.

    python -m benchmarks.sdk_storm [--clients 1000] [--outages 0 20] [--json FILE]

Real clients of the Python, the Node and the Go SDK, a thousand in one process, follow a real edge by a front that
counts connections. The front breaks all of them and takes none for a while, as an edge does that restarts; then each
connection that comes is counted. Exits 1 where over a hundred come in any second after that, or the last stream comes
later than a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from asyncio import StreamReader, StreamWriter
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from streams.jetstream import JetStreamBus

from benchmarks.edge_config import SEGMENT, flag
from benchmarks.report import Report, accept_json
from devstack.ports import free_port
from devstack.services import Service
from devstack.stack import Stack
from tests.edge_evaluator.config_writer import SERVER_KEY, ConfigWriter
from tests.environment_writer import open_stream, publish

NOT_VARIED = ("the network (loopback)", "TLS (none)", "all clients of one process and one key", "retry_first (1 s)")
ROOT = Path(__file__).resolve().parents[1]
CONNECTIONS_A_SECOND_MAX = 100
BACK_SECONDS_MAX = 60.0
PATIENCE_SECONDS = 180.0
HEARTBEAT_SECONDS = 20.0
"""Longer than between two heartbeats of the edge, each of which says how the clients are to spread."""
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Storm:
    """`most`: connections in the busiest second after the edge was back; `back_seconds`: until all have a stream."""

    language: str
    clients: int
    outage_seconds: float
    most: int
    back_seconds: float


class Front:
    """Passes connections on to the edge. `came`: when each of them did, by the monotonic clock."""

    def __init__(self, edge_port: int) -> None:
        self.port = free_port()
        self.came: list[float] = []
        self.streams = 0
        self._edge_port = edge_port
        self._open: set[StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        """Takes connections."""
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port, backlog=4096)

    async def shut(self) -> None:
        """Breaks all there are, and takes none."""
        if self._server is not None:
            self._server.close()
        for each in list(self._open):
            each.transport.abort()
        while self._open:
            await asyncio.sleep(0)

    async def _pass(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.came.append(time.monotonic())
        streaming = False
        self._open.add(writer)
        try:
            from_edge, to_edge = await asyncio.open_connection("127.0.0.1", self._edge_port)
            upward = asyncio.create_task(_copy(reader, to_edge))
            try:
                while piece := await from_edge.read(_PIECE):
                    if not streaming and b"text/event-stream" in piece:
                        streaming = True
                        self.streams += 1
                    writer.write(piece)
                    await writer.drain()
            finally:
                upward.cancel()
                to_edge.close()
        except OSError:
            pass
        finally:
            self.streams -= streaming
            self._open.discard(writer)
            writer.close()


async def _copy(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
        writer.close()


def programs() -> dict[str, list[str]]:
    """What holds the clients of each language, built from the sources that are here."""
    node, go, built = ROOT / "sdks" / "node", ROOT / "sdks" / "go" / "bench", ROOT / "build" / "sdk_bench"
    built.mkdir(parents=True, exist_ok=True)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=node, check=True)
    subprocess.run(["npm", "run", "build"], cwd=node, check=True)
    subprocess.run(["go", "build", "-o", str(built / "storm"), "./storm"], cwd=go, check=True)
    return {
        "Go": [str(built / "storm")],
        "Node": ["node", str(node / "bench" / "storm.js")],
        "Python": [sys.executable, "-m", "benchmarks.storm_clients"],
    }


async def weather(language: str, program: Sequence[str], front: Front, clients: int, outage: float) -> Storm:
    """One storm."""
    await front.open()
    process = await asyncio.create_subprocess_exec(
        *program,
        SERVER_KEY,
        front.url,
        str(clients),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        if await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS) != b"ready\n":
            raise SystemExit(f"{language}: the clients didn't start")
        await _streaming(front, clients)
        await asyncio.sleep(HEARTBEAT_SECONDS)
        await front.shut()
        await asyncio.sleep(outage)
        front.came.clear()
        await front.open()
        began = time.monotonic()
        await _streaming(front, clients)
        back = time.monotonic() - began
        came = sorted(front.came)
        most = max(place - bisect_left(came, at - 1) + 1 for place, at in enumerate(came))
        return Storm(language, clients, outage, most, back)
    finally:
        process.kill()
        await process.wait()
        await front.shut()


async def _streaming(front: Front, clients: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while front.streams < clients:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running_edge(clients: int) -> AsyncIterator[int]:
    """The port of an edge that so many clients of one address may follow."""
    with tempfile.TemporaryDirectory() as name, Stack(Path(name), ("nats",), durable=False) as stack:
        bus = await JetStreamBus.connect(stack.nats.url, name="bench")
        await open_stream(bus)
        await publish(bus, ConfigWriter().write(flags=[flag(number) for number in range(50)], segments=[SEGMENT]))
        most = str(clients * 4)
        environment = {
            "FF_NATS_URL": stack.nats.url,
            "FF_EDGE_CONNECTIONS_PER_ADDRESS_MAX": most,
            "FF_EDGE_CONNECTIONS_PER_KEY_MAX": most,
            "FF_EDGE_STREAMS_PER_KEY_MAX": most,
            "FF_LOG_LEVEL": "WARNING",
        }
        edge = Service(Path(name), "edge", ("edge_evaluator",), environment)
        await asyncio.to_thread(edge.start)
        try:
            yield edge.port
        finally:
            await asyncio.to_thread(edge.stop)
            await bus.close()


async def run(clients: int, outages: Sequence[float]) -> AsyncIterator[Storm]:
    """Each language in each outage."""
    made = programs()
    async with running_edge(clients) as port:
        for language, program in made.items():
            for outage in outages:
                yield await weather(language, program, Front(port), clients, outage)


async def _main(clients: int, outages: Sequence[float], report: Report) -> bool:
    print(f"{'':<8}{'clients':>9}{'outage, s':>11}{'most a second':>15}{'all back, s':>13}", flush=True)
    kept = True
    async for each in run(clients, outages):
        report.add(**asdict(each))
        kept &= each.most <= CONNECTIONS_A_SECOND_MAX and each.back_seconds <= BACK_SECONDS_MAX
        print(
            f"{each.language:<8}{each.clients:>9,}{each.outage_seconds:>11.0f}{each.most:>15}{each.back_seconds:>13.1f}",
            flush=True,
        )
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--outages", type=float, nargs="+", default=[0.0, 20.0])
    accept_json(parser)
    given = parser.parse_args()
    report = Report("sdk_storm", NOT_VARIED)
    kept = asyncio.run(_main(given.clients, given.outages, report))
    report.finish(given.json)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
