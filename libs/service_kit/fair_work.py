"""Work that takes the processor, cut into steps and done by turns: one organization's costs another at most a slice.

A process has one loop. Whoever computes there makes all others wait, at every place of their way where they come back
to it; so in a few rounds of the loop there is one slice of such work, whoever wants it, and the least served is next.
Who wants little and rarely doesn't wait for it: such work is done at once, up to another slice of all together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Generator
from time import perf_counter
from typing import Any, Generic, TypeVar

from service_kit.fair_row import FairRow

T = TypeVar("T")
Steps = Generator[None, None, T]
"""Work that can be left for a while wherever it yields."""

SLICE_SECONDS = 0.0005
ROUNDS = 4
"""Without such work, between two slices: as long as it takes from an answer of a store to whoever waits for it."""


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
        self._left = self._spare = slice_seconds
        self._between_slices = False
        self._waiting: dict[str, deque[_Job[Any]]] = {}
        self._row = FairRow()

    async def done(self, organization_id: str, steps: Steps[T]) -> T:
        """What the steps come to. Raises what they raise."""
        idle = not self._waiting and self._left > 0
        seconds = self._left if idle else self._out_of_turn(organization_id)
        if seconds <= 0:
            return await self._queued(organization_id, steps)
        started = self._time()
        ends = started + seconds
        try:
            while True:
                next(steps)
                if self._time() >= ends:
                    break
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            spent = self._time() - started
            if not idle:
                self._spare -= spent
                self._row.spend(organization_id, spent)
            else:
                self._left -= spent
                if self._left <= 0:
                    # Who ends a slice has had it, as it were: the others' parts of it aren't worth their being counted.
                    self._row.began(organization_id)
                    self._row.spend(organization_id, self._slice)
                    self._wait_for_slice()
        return await self._queued(organization_id, steps)

    def _out_of_turn(self, organization_id: str) -> float:
        """For how long one may work that would be next in any case: all of them together as long as a slice is."""
        if organization_id in self._waiting or self._row.owes(organization_id):
            return 0.0
        return self._spare

    def _queued(self, organization_id: str, steps: Steps[T]) -> asyncio.Future[T]:
        job = _Job(steps, asyncio.get_running_loop().create_future())
        jobs = self._waiting.get(organization_id)
        if jobs is None:
            jobs = self._waiting[organization_id] = deque()
            self._row.enter(organization_id)
        jobs.append(job)
        self._wait_for_slice()
        return job.result

    def _wait_for_slice(self) -> None:
        """Who has done its work goes on meanwhile, to the bus and back."""
        if self._between_slices:
            return
        self._between_slices = True
        self._pass(ROUNDS)

    def _pass(self, rounds: int) -> None:
        if rounds:
            asyncio.get_running_loop().call_soon(self._pass, rounds - 1)
        else:
            self._slice_of_work()

    def _slice_of_work(self) -> None:
        self._left = self._spare = self._slice
        self._between_slices = False
        while self._row:
            self._turn()
            if self._left <= 0:
                break
        if self._row or self._left <= 0:
            self._wait_for_slice()

    def _turn(self) -> None:
        organization_id = self._row.pop()
        jobs = self._waiting[organization_id]
        started = self._time()
        if _ended(jobs[0], started + self._left, self._time):
            jobs.popleft()
        spent = self._time() - started
        self._left -= spent
        self._row.spend(organization_id, spent)
        if jobs:
            self._row.enter(organization_id)
        else:
            del self._waiting[organization_id]


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
