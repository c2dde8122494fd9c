"""How much of the log one thing may be: an event (a message of one logger), and of it each of those whom it is about.

What is over that is left out, counted, and said in one line when the interval is over. The first line of each event
comes through, so that nothing fails unsaid; and who is loud leaves others their lines.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

INTERVAL_SECONDS = 10.0
OF_EVENT_MAX = 500
OF_HOLDER_MAX = 100
"""Lines in an interval."""
_EVENTS_MAX = 1_000
_HOLDERS_MAX = 10_000
_WHOM = ("organization", "environment", "project", "address", "export", "experiment", "key", "subject", "path")
"""Fields that say whom a line is about; the first that it has counts."""


class Event(NamedTuple):
    """Of a line: what it says, whoever it is about."""

    logger: str
    level: str
    message: str


left_out_total: Counter[str] = Counter()
"""Lines of this process by level, since it began."""


class LogVolume:
    """Of one process. Not safe for several threads: a handler holds its lock around it."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._ends_at = now() + INTERVAL_SECONDS
        self._events: Counter[Event] = Counter()
        self._holders: Counter[tuple[Event, str]] = Counter()
        self._left: Counter[Event] = Counter()

    def takes(self, record: logging.LogRecord) -> bool:
        """Whether there is room for the line."""
        event = self._event(record)
        holder = event, self._whom(record)
        if len(self._holders) >= _HOLDERS_MAX and holder not in self._holders:
            holder = event, ""
        if self._events[event] >= OF_EVENT_MAX or self._holders[holder] >= OF_HOLDER_MAX:
            self._left[event] += 1
            left_out_total[event.level] += 1
            return False
        self._events[event] += 1
        self._holders[holder] += 1
        return True

    def over(self, *, ending: bool = False) -> list[tuple[Event, int]]:
        """What was left out in an interval that has ended, once; nothing before. `ending`: the interval ends now."""
        if not ending and self._now() < self._ends_at:
            return []
        self._ends_at = self._now() + INTERVAL_SECONDS
        self._events.clear()
        self._holders.clear()
        left, self._left = self._left, Counter()
        return left.most_common()

    def _event(self, record: logging.LogRecord) -> Event:
        event = Event(record.name, record.levelname, str(record.msg))
        if len(self._events) >= _EVENTS_MAX and event not in self._events:
            # A library that writes what it is about into its messages.
            return Event(record.name, record.levelname, "others")
        return event

    @staticmethod
    def _whom(record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        return next((f"{name} {fields[name]}" for name in _WHOM if name in fields), "")
