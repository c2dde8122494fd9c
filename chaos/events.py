"""Users, their events and the poison between them, as bytes like an SDK sends them."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from .ledger import Entry
from .tenant import EXPERIMENT, FLAG

_SIZES = (1, 5, 20, 100, 300, 500)
_METRIC_EVENTS_MAX = 8
_EXPOSED_TWICE = 0.1
_POISONED = 0.15
_POISON_BYTES = 2 * 1024 * 1024
POISON: dict[str, Callable[[bytes], bytes]] = {
    "bad UTF-8": lambda good: good.replace(b'"user_key":"', b'"user_key":"\xff\xfe'),
    "NUL": lambda good: good.replace(b'"user_key":"', b'"user_key":"\\u0000'),
    "NaN": lambda good: good.replace(b'"value":1', b'"value":NaN'),
    "infinity": lambda good: good.replace(b'"value":1', b'"value":1e999'),
    "lone surrogate": lambda good: good.replace(b'"user_key":"', b'"user_key":"\\ud800'),
    "year 9999": lambda good: good.replace(b'"timestamp":', b'"timestamp":"9999-12-31T23:59:59Z","was":'),
    "wrong type": lambda good: good.replace(b'"value":1', b'"value":"twelve"'),
    "2 MiB": lambda good: good.replace(b'"value":1', b'"properties":{"blob":"' + b"x" * _POISON_BYTES + b'"}'),
}


@dataclass(frozen=True, slots=True)
class Event:
    """A good event: its entry in the ledger, and its JSON."""

    entry: Entry
    line: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """A request. `poison` names what is bad by its index in the request; the others are good."""

    events: tuple[Event, ...]
    body: bytes
    poison: dict[int, str] = field(default_factory=dict)

    def shuffled(self, chance: random.Random) -> Batch:
        """The same good events in another order, which the stream can't know to be the same."""
        events = chance.sample(self.events, len(self.events))
        return Batch(tuple(events), _body([each.line for each in events]))


def _body(lines: list[bytes]) -> bytes:
    return b"[" + b",".join(lines) + b"]"


def _now_ms() -> int:
    return int(time.time() * 1000)


class Population:
    """Users that come one after another; `assign` tells the variation that a user is served.

    `padding` bytes make each metric event larger.
    """

    def __init__(
        self, chance: random.Random, prefix: str, assign: Callable[[str], Awaitable[str]], padding: int = 0
    ) -> None:
        self._chance = chance
        self._padding = {"properties": {"note": "x" * padding}} if padding else {}
        self._prefix = prefix
        self._assign = assign
        self._turn = asyncio.Lock()
        self._waiting: list[Event] = []
        self._users = 0
        self._events = 0
        self._poisons: Iterator[str] = iter(())

    async def batch(self) -> Batch:
        """The next request; some hold one bad event."""
        async with self._turn:
            return await self._batch()

    async def _batch(self) -> Batch:
        size = self._chance.choice(_SIZES)
        while len(self._waiting) < size:
            user = self._next_user()
            variation = await self._assign(user)
            self._waiting += self._events_of(user, variation)
        events, self._waiting = tuple(self._waiting[:size]), self._waiting[size:]
        lines = [each.line for each in events]
        if self._chance.random() >= _POISONED:
            return Batch(events, _body(lines))
        name, index = self._next_poison(), self._chance.randrange(size + 1)
        lines.insert(index, POISON[name](self._good_line()))
        return Batch(events, _body(lines), {index: name})

    def _next_user(self) -> str:
        self._users += 1
        return f"{self._prefix}-{self._users}"

    def _next_poison(self) -> str:
        name = next(self._poisons, None)
        if name is None:
            self._poisons = iter(self._chance.sample(list(POISON), len(POISON)))
            name = next(self._poisons)
        return name

    def _events_of(self, user: str, variation: str) -> Iterator[Event]:
        at = _now_ms()
        yield self._exposure(user, variation, at)
        if self._chance.random() < _EXPOSED_TWICE:
            yield self._exposure(user, variation, at + 1)
        for number in range(self._chance.randrange(_METRIC_EVENTS_MAX + 1)):
            value = self._chance.randrange(1, 100)
            entry = Entry(self._next_id(), "metric", user, variation, value)
            yield Event(entry, self._line(entry, at + number, {"metric": "purchase", "value": value} | self._padding))

    def _exposure(self, user: str, variation: str, at: int) -> Event:
        entry = Entry(self._next_id(), "exposure", user, variation)
        more = {"flag": FLAG, "variation": variation, "experiment": EXPERIMENT, "config_version": 1}
        return Event(entry, self._line(entry, at, more))

    def _good_line(self) -> bytes:
        entry = Entry(f"poison-{self._next_id()}", "metric", "nobody", "")
        return self._line(entry, _now_ms(), {"metric": "purchase", "value": 1})

    def _line(self, entry: Entry, at: int, more: dict[str, object]) -> bytes:
        common = {"type": entry.kind, "event_id": entry.event_id, "timestamp": at, "user_key": entry.user}
        return json.dumps(common | more, separators=(",", ":")).encode()

    def _next_id(self) -> str:
        self._events += 1
        return f"{self._prefix}-e{self._events}"
