"""Event streams that are open: how many of them a key may have, and in which turn they tell their clients."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from secrets import randbelow

from messages.sdk_keys import KeyKind, SdkKey
from service_kit.problems import TooManyRequests
from service_kit.workers.levels import Levels
from service_kit.workers.shared_counts import WorkerCounts

from edge_evaluator.memory.flag_memory import FlagMemory

_SPREAD_SECONDS_MAX = 10.0
_PARTS = 1000


class OpenStreams:
    """Counts the open event streams of each key; after `close` every stream ends.

    `refetches_per_second`: about so many clients are asked to re-fetch in a second, and none later than ten seconds."""

    def __init__(
        self,
        memory: FlagMemory,
        per_key_max: int,
        refetches_per_second: int,
        counts: WorkerCounts | None = None,
    ) -> None:
        """`counts`: of the worker, where there are several."""
        self._memory = memory
        self._per_key_max = per_key_max
        self._refetches_per_second = refetches_per_second
        self._open = Levels("streams_per_key", counts)
        self._ended = asyncio.Event()

    @property
    def closed(self) -> bool:
        return self._ended.is_set()

    @property
    def spread_seconds(self) -> float:
        """Within which all clients are told of a change."""
        return min(_SPREAD_SECONDS_MAX, self._open.total() / self._refetches_per_second)

    async def wait_for_turn(self) -> None:
        """Waits for a part of the spread, another one each time; not once the streams end."""
        part = randbelow(_PARTS) / _PARTS
        with suppress(TimeoutError):
            async with asyncio.timeout(self.spread_seconds * part):
                await self._ended.wait()

    def require_room(self, key: SdkKey) -> None:
        """Raises TooManyRequests when the key's streams are all taken."""
        if self._open[key.sha256] >= self._per_key_max:
            raise TooManyRequests(
                "too many event streams with this key", code="too_many_streams", limit="streams_per_key"
            )

    @contextmanager
    def hold(self, key: SdkKey) -> Iterator[None]:
        """One stream's place, while it is open."""
        self._open.add(key.sha256)
        try:
            yield
        finally:
            self._open.take_off(key.sha256)

    def close(self) -> None:
        if not self.closed:
            self._ended.set()
            for environment_id in self._memory.environments:
                for kind in KeyKind:
                    self._memory.announce(environment_id, kind)
