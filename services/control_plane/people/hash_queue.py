"""A queue for work that takes a quarter of a second of CPU: two at a time, in threads of its own, with an end.

People who are known to come from where they come from have their own places and the first turn, so that a crowd of
strangers keeps nobody out. Work that was not begun ends when who asked for it leaves; work that was keeps its turn
until it is done.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from service_kit.deadlines import uncounted
from service_kit.problems import Unavailable

_AT_ONCE_MAX = 2
_WAITING_MAX = 64
_STRANGERS_PER_NETWORK_MAX = 8
_KNOWN = ""
T = TypeVar("T")


class HashQueue:
    """64 known people and 64 strangers, at most eight of one network; over that, `Unavailable` (503)."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE_MAX, thread_name_prefix="password")
        self._running = 0
        self._inside: Counter[str] = Counter()
        self._known: deque[asyncio.Future[None]] = deque()
        self._strangers: deque[asyncio.Future[None]] = deque()

    async def run(self, work: Callable[..., T], *arguments: Any, stranger_from: str = _KNOWN) -> T:
        """What `work` answers. `stranger_from` is the network of somebody who isn't known; empty: they are."""
        self._require_room(stranger_from)
        self._inside[stranger_from] += 1
        loop = asyncio.get_running_loop()
        try:
            with uncounted():
                await self._turn(self._strangers if stranger_from else self._known)
                job = self._threads.submit(work, *arguments)
                job.add_done_callback(lambda _: _soon(loop, self._hand_on))
                return await asyncio.wrap_future(job)
        finally:
            self._inside[stranger_from] -= 1
            if not self._inside[stranger_from]:
                del self._inside[stranger_from]

    def _require_room(self, stranger_from: str) -> None:
        known = self._inside[_KNOWN]
        inside = self._inside.total() - known if stranger_from else known
        own = self._inside[stranger_from] if stranger_from else 0
        if inside >= _WAITING_MAX or own >= _STRANGERS_PER_NETWORK_MAX:
            raise Unavailable("too many people are signing in at once", retry_after_seconds=5, code="sign_in_busy")

    async def _turn(self, queue: deque[asyncio.Future[None]]) -> None:
        if self._running < _AT_ONCE_MAX:
            self._running += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._hand_on()
            else:
                # It is out of the queue already where the next turn was given in the moment of the cancellation.
                with suppress(ValueError):
                    queue.remove(turn)
            raise

    def _hand_on(self) -> None:
        for queue in (self._known, self._strangers):
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._running -= 1


def _soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # The loop has ended, and nobody waits.
        loop.call_soon_threadsafe(call)
