"""Turns: the work on environments, each at one thing at a time, the small beside the large.

What reads all of an environment takes turns with others of its kind, so that there is always room for a change of few
entities elsewhere: it never waits for a large one. Where changes come faster than they are published, an environment
rests after its turn, and the next one takes all that came meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from uuid import UUID

from service_kit.tasks import end

SMALL_AT_ONCE = 3


class Turn:
    """One of so many at a time. It may end before the work does, which only waits for others then."""

    def __init__(self, room: asyncio.Semaphore) -> None:
        self._room = room
        self._taken = False

    async def take(self) -> None:
        await self._room.acquire()
        self._taken = True

    def end(self) -> None:
        """Harmless when it has ended."""
        if self._taken:
            self._taken = False
            self._room.release()


Work = Callable[[Turn], Awaitable[float]]
"""Answers for how many seconds its environment rests afterwards."""


class Turns:
    """`ended` is told of each environment that is no longer worked on, also where the work has failed."""

    def __init__(self, ended: Callable[[UUID], None]) -> None:
        self._ended = ended
        self._small = asyncio.Semaphore(SMALL_AT_ONCE)
        self._large = asyncio.Semaphore(1)
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._failure: BaseException | None = None

    def begin(self, environment_id: UUID, work: Work, *, large: bool) -> bool:
        """False where the environment is being worked on: ask again when that has ended."""
        if environment_id in self._tasks:
            return False
        task = asyncio.create_task(self._take(work, self._large if large else self._small))
        self._tasks[environment_id] = task
        task.add_done_callback(lambda done: self._end(environment_id, done))
        return True

    @property
    def at_work(self) -> frozenset[UUID]:
        """The environments that are being worked on."""
        return frozenset(self._tasks)

    @property
    def failed(self) -> bool:
        """Whether there is a failure to raise."""
        return self._failure is not None

    async def settle(self, seconds: float | None = None) -> None:
        """Returns when nothing is being worked on, or after so many seconds. Raises the first failure."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._tasks:
                    await asyncio.wait(self._tasks.values())
        self.raise_failure()

    def raise_failure(self) -> None:
        """Raises what some work raised, once."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    async def end(self) -> None:
        """Cancels all of it; returns when it has ended."""
        await end(list(self._tasks.values()))

    @staticmethod
    async def _take(work: Work, room: asyncio.Semaphore) -> None:
        turn = Turn(room)
        await turn.take()
        try:
            rest = await work(turn)
        finally:
            turn.end()
        if rest > 0:
            await asyncio.sleep(rest)

    def _end(self, environment_id: UUID, task: asyncio.Task[None]) -> None:
        self._tasks.pop(environment_id, None)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failure = self._failure or failure
        self._ended(environment_id)
