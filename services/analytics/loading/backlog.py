"""What waits on the streams, by the streams' own word; ages go on rising while nobody can ask."""

from __future__ import annotations

from messages.subjects import DEAD_LETTERS, EVENTS
from prometheus_client import CollectorRegistry, Gauge
from service_kit.clock import Clock
from streams import BatchConsumer, Bus


class Backlog:
    """The loader's place in EVENTS, and what DEAD_LETTERS holds. Every replica tells the same."""

    def __init__(self, registry: CollectorRegistry, clock: Clock) -> None:
        self._clock = clock
        # Moments of the monotonic clock: all that was stored on the stream before is loaded; the first letter came.
        self._loaded_until = clock.monotonic()
        self._first_letter: float | None = None
        self._messages = Gauge(
            "verdict_loader_lag_messages", "Messages on the stream that are not acknowledged", registry=registry
        )
        lag = Gauge(
            "verdict_loader_lag_seconds",
            "All events that are on the stream for longer are loaded, as far as the stream could be asked",
            registry=registry,
        )
        lag.set_function(lambda: clock.monotonic() - self._loaded_until)
        self._letters = Gauge("verdict_dead_letters_stored", "Dead letters on the stream", registry=registry)
        age = Gauge(
            "verdict_dead_letters_oldest_age_seconds",
            "Of the oldest on the stream; 0: none is there",
            registry=registry,
        )
        age.set_function(self._letter_age)

    def _letter_age(self) -> float:
        return 0.0 if self._first_letter is None else self._clock.monotonic() - self._first_letter

    async def measure_events(self, bus: Bus, consumer: BatchConsumer) -> None:
        """Raises BusError."""
        asked_at = self._clock.monotonic()
        waiting, oldest_at = await consumer.pending(), await consumer.oldest_pending_at()
        self._messages.set(waiting)
        self._loaded_until = asked_at
        if oldest_at is not None:
            self._loaded_until -= max(0, await bus.time(EVENTS) - oldest_at) / 1000

    async def measure_letters(self, bus: Bus) -> None:
        """Raises BusError."""
        state = await bus.state(DEAD_LETTERS)
        self._letters.set(state.messages)
        self._first_letter = None
        if state.messages:
            age = max(0, await bus.time(DEAD_LETTERS) - state.first_at) / 1000
            self._first_letter = self._clock.monotonic() - age
