"""Event streams that are open: how many of them a key may have, and in which turn they tell their clients."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from secrets import randbelow

from messages.sdk_keys import KeyKind, SdkKey
from prometheus_client import CollectorRegistry, Counter, Gauge
from service_kit.event_streams import retry_window
from service_kit.problems import TooManyRequests
from service_kit.workers.levels import Levels
from service_kit.workers.shared_counts import WorkerCounts

from edge_evaluator.memory.flag_memory import FlagMemory

SPREAD_SECONDS_MAX = 10.0
_PARTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLimits:
    """`refetches_per_second`: about so many clients are asked to re-fetch in a second, and none later than ten seconds.
    `unread_bytes_max`: a client for which more waits is dropped."""

    per_key_max: int
    refetches_per_second: int
    unread_bytes_max: int


class OpenStreams:
    """Counts the open event streams of each key; after `close` every stream ends."""

    def __init__(
        self,
        memory: FlagMemory,
        limits: StreamLimits,
        registry: CollectorRegistry,
        counts: WorkerCounts | None = None,
        workers: int = 1,
    ) -> None:
        """`counts`: of the worker, where there are several; `workers`: how many there are."""
        self._memory = memory
        self.limits = limits
        self._open = Levels("streams_per_key", counts)
        self._workers = workers
        self._ended = asyncio.Event()
        open_now = Gauge(
            "verdict_edge_event_streams_open",
            "Event streams that are open",
            registry=registry,
            multiprocess_mode="livesum",
        )
        open_now.set_function(self._open.total)
        self._dropped = Counter(
            "verdict_edge_event_streams_dropped_total",
            "Event streams whose clients did not read what they were told",
            registry=registry,
        )

    @property
    def closed(self) -> bool:
        return self._ended.is_set()

    @property
    def spread_seconds(self) -> float:
        """Within which all clients are told of a change."""
        return min(SPREAD_SECONDS_MAX, self._open.total() / self.limits.refetches_per_second)

    @property
    def retry_milliseconds(self) -> int:
        """Within which all clients shall come back who lose this edge at once."""
        return retry_window(self._open.total() * self._workers)

    async def wait_for_turn(self) -> None:
        """Waits for a part of the spread, another one each time; not once the streams end."""
        part = randbelow(_PARTS) / _PARTS
        with suppress(TimeoutError):
            async with asyncio.timeout(self.spread_seconds * part):
                await self._ended.wait()

    def has_room(self, key: SdkKey) -> bool:
        """Whether the key may have one more."""
        return self._open[key.sha256] < self.limits.per_key_max

    def require_room(self, key: SdkKey) -> None:
        """Raises TooManyRequests when the key's streams are all taken."""
        if not self.has_room(key):
            raise TooManyRequests(
                "too many event streams with this key", code="too_many_streams", limit="streams_per_key"
            )

    def enter(self, key: SdkKey) -> None:
        """One more of them is open, until it leaves."""
        self._open.add(key.sha256)

    def leave(self, key: SdkKey) -> None:
        self._open.take_off(key.sha256)

    @contextmanager
    def hold(self, key: SdkKey) -> Iterator[None]:
        """One stream's place, while it is open."""
        self.enter(key)
        try:
            yield
        finally:
            self.leave(key)

    def count_drop(self) -> None:
        self._dropped.inc()

    def close(self) -> None:
        if not self.closed:
            self._ended.set()
            for environment_id in self._memory.environments:
                for kind in KeyKind:
                    self._memory.announce(environment_id, kind)
