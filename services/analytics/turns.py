"""Turns of heavy requests: each organization and each person has few at a time, and none waits behind another's."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from service_kit.problems import TooManyRequests

NameT = TypeVar("NameT")


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLimits:
    """How many questions are answered at once, in all, of an organization and of a person; how many of an
    organization may wait, and for how long."""

    at_once: int = 6
    per_organization: int = 2
    per_person: int = 2
    waiting_per_organization: int = 8
    waiting_seconds: float = 10.0


@dataclass(slots=True, eq=False)
class _Waiter:
    person: str
    turn: asyncio.Future[None]


class Turns:
    """Who may ask now. Organizations take turns one after another, the questions of one in the order they came."""

    def __init__(self, limits: TurnLimits) -> None:
        self._limits = limits
        self._running = 0
        self._organizations: Counter[str] = Counter()
        self._people: Counter[tuple[str, str]] = Counter()
        self._waiting: OrderedDict[str, deque[_Waiter]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, organization_id: str, person: str) -> AsyncIterator[None]:
        """Raises TooManyRequests when too many of the organization wait already, or when none ends in time."""
        await self._begin(organization_id, person)
        try:
            yield
        finally:
            self._end(organization_id, person)

    async def _begin(self, organization_id: str, person: str) -> None:
        waiting = self._waiting.get(organization_id)
        if not waiting and self._may(organization_id, person):
            self._take(organization_id, person)
            return
        if waiting is None:
            waiting = self._waiting[organization_id] = deque()
        if len(waiting) >= self._limits.waiting_per_organization:
            raise _refusal()
        waiter = _Waiter(person, asyncio.get_running_loop().create_future())
        waiting.append(waiter)
        self._next()
        try:
            async with asyncio.timeout(self._limits.waiting_seconds):
                await waiter.turn
        except BaseException as error:
            if waiter.turn.done() and not waiter.turn.cancelled():
                self._end(organization_id, person)
            else:
                self._forget(organization_id, waiter)
            if isinstance(error, TimeoutError):
                raise _refusal() from None
            raise

    def _may(self, organization_id: str, person: str) -> bool:
        return (
            self._running < self._limits.at_once
            and self._organizations[organization_id] < self._limits.per_organization
            and self._people[organization_id, person] < self._limits.per_person
        )

    def _take(self, organization_id: str, person: str) -> None:
        self._running += 1
        self._organizations[organization_id] += 1
        self._people[organization_id, person] += 1

    def _end(self, organization_id: str, person: str) -> None:
        self._running -= 1
        _leave(self._organizations, organization_id)
        _leave(self._people, (organization_id, person))
        self._next()

    def _next(self) -> None:
        """Gives turns as long as somebody may: an organization that got one goes to the end of the row."""
        given = True
        while given:
            given = False
            for organization_id, waiting in list(self._waiting.items()):
                found = next((each for each in waiting if self._may(organization_id, each.person)), None)
                if found is None:
                    continue
                self._take(organization_id, found.person)
                self._forget(organization_id, found)
                if organization_id in self._waiting:
                    self._waiting.move_to_end(organization_id)
                found.turn.set_result(None)
                given = True

    def _forget(self, organization_id: str, waiter: _Waiter) -> None:
        waiting = self._waiting[organization_id]
        waiting.remove(waiter)
        if not waiting:
            del self._waiting[organization_id]


def _leave(counter: Counter[NameT], name: NameT) -> None:
    counter[name] -= 1
    if not counter[name]:
        del counter[name]


def _refusal() -> TooManyRequests:
    return TooManyRequests(
        "too many of your organization's questions are being answered; ask again later",
        limit="heavy_requests_per_organization",
        retry_after_seconds=5,
    )
