"""Counts of evaluations by how they ended. Counting takes no lock: a step of `itertools.count` is one operation."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple

from bucketing.limits import ENTITY_KEY_PATTERN

WAYS_MAX = 50_000
UNKNOWN_NAMES_MAX = 100
"""Keys that are no flag's, told by name; further ones are counted together."""
_KEY = re.compile(ENTITY_KEY_PATTERN)

Step = Callable[[], int]
"""Counts one evaluation; what it answers is of no use to who calls it."""


class Way(NamedTuple):
    """How evaluations ended. `flag` empty: further keys that are no flag's. `bulk`: as one of all flags."""

    flag: str
    variation: str = ""
    reason: str = "ERROR"
    error: str = ""
    bulk: bool = False


class _Counter:
    __slots__ = ("_taken", "step")

    def __init__(self) -> None:
        self.step: Step = count().__next__
        self._taken = -1

    def take(self) -> int:
        """Steps since the last time; this one counts itself and is left out."""
        reached = self.step()
        steps, self._taken = reached - self._taken - 1, reached
        return steps


class UsageCounts:
    """Of one client: a counter for each way, at most `WAYS_MAX`; evaluations of further ways are counted as lost."""

    def __init__(self) -> None:
        self._counters: dict[Way, _Counter] = {}
        self._names: set[str] = set()
        self._beyond = _Counter()
        self._lock = threading.Lock()

    def step(self, way: Way) -> Step:
        """What counts an evaluation that ended this way; the same one each time."""
        if way.error == "FLAG_NOT_FOUND":
            way = way._replace(flag=self._told_name(way.flag))
        counter = self._counters.get(way)
        if counter is None:
            with self._lock:
                if len(self._counters) >= WAYS_MAX:
                    return self._beyond.step
                counter = self._counters.setdefault(way, _Counter())
        return counter.step

    def _told_name(self, key: str) -> str:
        if key in self._names:
            return key
        if len(self._names) >= UNKNOWN_NAMES_MAX or not _KEY.fullmatch(key):
            return ""
        self._names.add(key)
        return key

    def take(self) -> Iterator[tuple[Way, int]]:
        """What was counted since the last time, where there is anything."""
        for way, counter in list(self._counters.items()):
            steps = counter.take()
            if steps:
                yield way, steps

    def take_lost(self) -> int:
        """Evaluations of ways beyond the limit since the last time."""
        return self._beyond.take()

    def forget_names(self) -> None:
        """To be called once an hour, after `take`: other keys that are no flag's may be told by name again."""
        self._names = set()
        with self._lock:
            self._counters = {way: each for way, each in self._counters.items() if way.error != "FLAG_NOT_FOUND"}
