"""The time in which edges can be heard. It stands still while the bus is away and while this process does not run: who
could not be heard then has not been silent."""

from __future__ import annotations

from service_kit.clock import Clock

STEP_SECONDS = 0.5
"""How often it is moved on."""
_STEP_SECONDS_MAX = 1.0


class HeardTime:
    """`since`: epoch milliseconds from which on the bus was there without a break; None while it is away."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._looked = clock.monotonic()
        self._seconds = 0.0
        self.since: int | None = None

    @property
    def seconds(self) -> float:
        """So long all in all."""
        return self._seconds

    def step(self, *, connected: bool) -> None:
        """Moves it on. A step that took longer than steps take was one in which nothing was read."""
        now = self._clock.monotonic()
        if connected and self.since is not None:
            self._seconds += min(now - self._looked, _STEP_SECONDS_MAX)
        if not connected:
            self.since = None
        elif self.since is None:
            self.since = self._clock.now()
        self._looked = now
