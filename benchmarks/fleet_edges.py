"""Edges of a simulated fleet: the parts of the edge that follow, hold and tell, wired as the edge wires them, without
sockets.

What is simulated is the network alone: messages come from a bus in memory, and what a client is sent is counted where
the socket would take it.
"""

from __future__ import annotations

import asyncio
import hashlib

from edge_evaluator.admission.requests import Admission
from edge_evaluator.admission.streams import OpenStreams, StreamLimits
from edge_evaluator.fast_path.event_streams import EventStream, EventStreams
from edge_evaluator.feed.config_feed import ConfigFeed
from edge_evaluator.feed.telemetry import FeedTelemetry
from edge_evaluator.feed.warmup import Warmer
from edge_evaluator.memory.flag_memory import FlagMemory
from prometheus_client import CollectorRegistry
from service_kit.clock import SystemClock
from service_kit.rate_limits import RateLimit
from streams.memory import MemoryBus

from tests.edge_evaluator.config_writer import CLIENT_KEY

_KEY = hashlib.sha256(CLIENT_KEY.encode()).digest()
_PER_SECOND = 1_000_000
REFETCHES_PER_SECOND = 1000


class Told:
    """What all clients were sent. `asked`: how often one of them was asked to fetch again."""

    def __init__(self) -> None:
        self.bytes = 0
        self.asked = 0


class FleetClient(asyncio.Transport):
    """One client's end of a stream; it is its own transport. `last`: the bytes that it was sent last."""

    __slots__ = ("_told", "last", "stream", "transport")

    def __init__(self, told: Told) -> None:
        self._told = told
        self.last = b""
        self.stream: EventStream | None = None
        self.transport: asyncio.Transport = self

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.last = bytes(data)
        self._told.bytes += len(data)
        self._told.asked += b"refetchEvaluation" in self.last

    def end_stream(self, last_chunks: bytes) -> None:
        self.write(last_chunks)


class FleetEdge:
    """One edge; `clients` are those that it holds."""

    def __init__(self, bus: MemoryBus, told: Told) -> None:
        registry, clock = CollectorRegistry(), SystemClock()
        self._clock = clock
        self._told = told
        self.memory = FlagMemory()
        feed = ConfigFeed(self.memory, FeedTelemetry(registry, clock), clock, Warmer(), lambda _: None)
        admission = Admission(
            memory=self.memory,
            keys=RateLimit("requests_per_key", _PER_SECOND, clock=clock),
            addresses=RateLimit("requests_per_address", _PER_SECOND, clock=clock),
            clock=clock,
        )
        limits = StreamLimits(
            per_key_max=_PER_SECOND, refetches_per_second=REFETCHES_PER_SECOND, unread_bytes_max=64 * 1024
        )
        self.open_streams = OpenStreams(self.memory, limits, registry)
        self._streams = EventStreams(admission, self.open_streams)
        self.clients: list[FleetClient] = []
        self._work = [asyncio.create_task(feed.follow(bus)), asyncio.create_task(self._streams.run())]

    @property
    def version(self) -> int:
        """Of the one environment; 0 before it is there."""
        return max((held.config.version for held in self.memory.environments.values()), default=0)

    def open(self, streams: int) -> None:
        """So many clients that have just fetched."""
        key = self.memory.find_hash(_KEY, self._clock.now())
        assert key is not None
        seen = str(self.memory.held(key).view(key).announced)
        for _ in range(streams):
            client = FleetClient(self._told)
            client.stream, begins = self._streams.begin(key, client, seen)
            client.write(begins)
            self.clients.append(client)

    async def close(self) -> None:
        for each in self._work:
            each.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
