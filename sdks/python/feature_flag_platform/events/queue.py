"""The queue of events: bounded, and never waited for."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

Event = dict[str, Any]


class EventQueue:
    """Of one client. When it is full the newest event is dropped and counted.

    `wake` is set when a batch is full, and by whoever wants the queue to be emptied."""

    def __init__(self, size: int, batch_size: int) -> None:
        self._size = size
        self._batch_size = batch_size
        self._events: deque[Event] = deque()
        self._lock = threading.Lock()
        self._under_way = 0
        self._sent = 0
        self._dropped: Counter[str] = Counter()
        self._closed_for: str | None = None
        self.wake = threading.Event()

    def put(self, event: Event) -> None:
        """Takes the event, or drops and counts it."""
        with self._lock:
            if self._closed_for is not None:
                self._dropped[self._closed_for] += 1
                return
            if len(self._events) + self._under_way >= self._size:
                self._dropped["queue_full"] += 1
                return
            self._events.append(event)
            full = len(self._events) >= self._batch_size
        if full:
            self.wake.set()

    def take(self) -> list[Event]:
        """The next batch, which is under way from now on."""
        with self._lock:
            batch = [self._events.popleft() for _ in range(min(len(self._events), self._batch_size))]
            self._under_way += len(batch)
        return batch

    def give_back(self, events: list[Event]) -> None:
        """Events of a batch for which there was no room stand in front again."""
        with self._lock:
            self._events.extendleft(reversed(events))
            self._under_way -= len(events)

    def settle(self, count: int, *, sent: int = 0, dropped: Mapping[str, int] | None = None) -> None:
        """`count` events that were under way have come to an end."""
        with self._lock:
            self._under_way -= count
            self._sent += sent
            self._dropped.update(dropped or {})

    def drop(self, reason: str, count: int = 1) -> None:
        """Counts what never came into the queue."""
        with self._lock:
            self._dropped[reason] += count

    def close(self, reason: str) -> None:
        """Drops what is queued, and from now on everything, for this reason."""
        with self._lock:
            self._closed_for = reason
            if self._events:
                self._dropped[reason] += len(self._events)
                self._events.clear()
        self.wake.set()

    @property
    def queued(self) -> int:
        """What is neither sent nor dropped yet."""
        return len(self._events) + self._under_way

    @property
    def full_batch(self) -> bool:
        return len(self._events) >= self._batch_size

    def figures(self) -> tuple[int, int, dict[str, int]]:
        """How many are queued, how many were sent, and how many were dropped, by reason."""
        with self._lock:
            return self.queued, self._sent, dict(self._dropped)
