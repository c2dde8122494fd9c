"""The clock on the wall of the driver's process, which can be told to jump."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Stands in for `time.time` and `time.time_ns` once it has jumped; what waits reads `time.monotonic`."""

    def __init__(self) -> None:
        self._read: Callable[[], int] = time.time_ns
        self._ahead = 0

    def jump(self, seconds: float) -> None:
        """Moves it by so much from where it is."""
        self._ahead += int(seconds * 1e9)
        time.time_ns = self._nanoseconds
        time.time = lambda: self._nanoseconds() / 1e9

    def _nanoseconds(self) -> int:
        return self._read() + self._ahead
