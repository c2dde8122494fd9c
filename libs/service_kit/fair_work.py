"""Work that takes the processor, cut into steps and done by turns: one organization's costs another at most a slice.

A process has one loop. Whoever computes there makes all others wait, at every place of their way where they come back
to it; so in a few rounds of the loop there is one slice of such work, whoever wants it, and the least served is next.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Generator
from heapq import heappop, heappush
from time import perf_counter
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]
"""Work that can be left for a while wherever it yields."""

SLICE_SECONDS = 0.0005
_ROUNDS = 4
_IDLE_KEPT_MAX = 1024


def finished(steps: Steps[T]) -> T:
    """What the steps come to, all done at once."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


class _Job(Generic[T]):
    __slots__ = ("result", "steps")

    def __init__(self, steps: Steps[T], result: asyncio.Future[T]) -> None:
        self.steps = steps
        self.result = result


class FairWork:
    """The work of one loop. Of one organization it is done in the order in which it came."""

    def __init__(self, *, slice_seconds: float = SLICE_SECONDS, time: Callable[[], float] = perf_counter) -> None:
        self._slice = slice_seconds
        self._time = time
        self._left = slice_seconds
        self._between_slices = False
        self._waiting: dict[str, deque[_Job[Any]]] = {}
        self._row: list[tuple[float, int, str]] = []
        self._arrivals = 0
        # In seconds of work: how far each organization is, and how far the one is whose turn it was last.
        self._served: dict[str, float] = {}
        self._now = 0.0

    async def done(self, organization_id: str, steps: Steps[T]) -> T:
        """What the steps come to. Raises what they raise."""
        if self._waiting or self._left <= 0:
            return await self._queued(organization_id, steps)
        started = self._time()
        ends = started + self._left
        try:
            while True:
                next(steps)
                if self._time() >= ends:
                    break
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            self._left -= self._time() - started
            if self._left <= 0:
                self._wait_for_slice()
        self._served[organization_id] = max(self._now, self._served.get(organization_id, 0.0)) + self._slice
        return await self._queued(organization_id, steps)

    def _queued(self, organization_id: str, steps: Steps[T]) -> asyncio.Future[T]:
        job = _Job(steps, asyncio.get_running_loop().create_future())
        jobs = self._waiting.get(organization_id)
        if jobs is None:
            jobs = self._waiting[organization_id] = deque()
            self._enter(organization_id, self._served.get(organization_id, 0.0))
        jobs.append(job)
        self._wait_for_slice()
        return job.result

    def _enter(self, organization_id: str, served: float) -> None:
        """Who had nothing to do for a while saves nothing up."""
        self._arrivals += 1
        heappush(self._row, (max(served, self._now), self._arrivals, organization_id))

    def _wait_for_slice(self) -> None:
        """Who has done its work goes on meanwhile, to the bus and back."""
        if self._between_slices:
            return
        self._between_slices = True
        self._pass(_ROUNDS)

    def _pass(self, rounds: int) -> None:
        if rounds:
            asyncio.get_running_loop().call_soon(self._pass, rounds - 1)
        else:
            self._slice_of_work()

    def _slice_of_work(self) -> None:
        self._left = self._slice
        self._between_slices = False
        while self._row:
            self._turn()
            if self._left <= 0:
                break
        if self._row or self._left <= 0:
            self._wait_for_slice()

    def _turn(self) -> None:
        self._now, _, organization_id = heappop(self._row)
        jobs = self._waiting[organization_id]
        started = self._time()
        if _ended(jobs[0], started + self._left, self._time):
            jobs.popleft()
        spent = self._time() - started
        self._left -= spent
        if jobs:
            self._enter(organization_id, self._now + spent)
            return
        del self._waiting[organization_id]
        self._served[organization_id] = self._now + spent
        if len(self._served) > _IDLE_KEPT_MAX + len(self._waiting):
            self._served = {each: at for each, at in self._served.items() if at > self._now}


def _ended(job: _Job[Any], until: float, time: Callable[[], float]) -> bool:
    """Whether there is nothing left to do, after at least one step."""
    if job.result.done():
        # Nobody waits for it any more.
        job.steps.close()
        return True
    try:
        while True:
            next(job.steps)
            if time() >= until:
                return False
    except StopIteration as end:
        job.result.set_result(end.value)
    except Exception as error:
        job.result.set_exception(error)
        # The error knows this frame: a ring of them would keep what the steps held until somebody looks for rings.
        del job
    return True
