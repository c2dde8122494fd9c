"""Event streams that are open, and how many of them a key may have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from messages.sdk_keys import SdkKey
from service_kit.problems import TooManyRequests

from edge_evaluator.memory.flag_memory import FlagMemory


class OpenStreams:
    """Counts the open event streams of each key; after `close` every stream ends."""

    def __init__(self, memory: FlagMemory, per_key_max: int) -> None:
        self._memory = memory
        self._per_key_max = per_key_max
        self._open: Counter[bytes] = Counter()
        self.closed = False

    def require_room(self, key: SdkKey) -> None:
        """Raises TooManyRequests when the key's streams are all taken."""
        if self._open[key.sha256] >= self._per_key_max:
            raise TooManyRequests("too many event streams with this key", code="too_many_streams")

    @contextmanager
    def hold(self, key: SdkKey) -> Iterator[None]:
        """One stream's place, while it is open."""
        self._open[key.sha256] += 1
        try:
            yield
        finally:
            self._open[key.sha256] -= 1
            if not self._open[key.sha256]:
                del self._open[key.sha256]

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            for environment_id in self._memory.environments:
                self._memory.announce(environment_id)
