"""Coroutines whose steps are done by turns: one organization's work costs another's at most a slice.

A step is what a coroutine does from one wait to the next. In a few rounds of the loop there is one slice of them, and
the name that was served least is next; while nobody else has anything to do, a step is done at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from time import perf_counter
from typing import Any

from service_kit.fair_row import FairRow
from service_kit.fair_work import ROUNDS, SLICE_SECONDS


class FairSteps:
    """The turns of one loop. Those of one name are had in the order in which they were asked for."""

    def __init__(self, *, slice_seconds: float = SLICE_SECONDS, time: Callable[[], float] = perf_counter) -> None:
        self._slice = slice_seconds
        self.time = time
        self._begin(None)

    def _begin(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """What a loop before this one has left undone is nobody's."""
        self._loop = loop
        self._left = self._slice
        self._between_slices = False
        self._given: asyncio.Future[None] | None = None
        """The turn that somebody has been given, and is about to use."""
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._row = FairRow()

    async def done(self, coroutine: Coroutine[Any, Any, None], whose: Callable[[], str]) -> None:
        """In this very task. `whose`: the name that is served, which may change on the way."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._begin(loop)
        await _ByTurns(self, coroutine, whose)

    @property
    def free(self) -> bool:
        return self._left > 0 and self._given is None and not self._row

    def turn(self, name: str) -> asyncio.Future[None]:
        """To be waited for where it isn't free."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        turns = self._waiting.get(name)
        if turns is None:
            turns = self._waiting[name] = deque()
            self._row.enter(name)
        turns.append(turn)
        return turn

    def began(self, name: str, turn: asyncio.Future[None] | None) -> None:
        """A step without a turn is out of the row."""
        if turn is None:
            self._row.began(name)

    def ended(self, name: str, turn: asyncio.Future[None] | None, seconds: float) -> None:
        """A step that took so long, with the turn that was waited for, if any was."""
        self._row.spend(name, seconds)
        self._left -= seconds
        if turn is not None and turn is self._given:
            self._given = None
        if self._given is not None or self._between_slices:
            return
        if self._left <= 0:
            self._between_slices = True
            self._pass(ROUNDS)
        else:
            self._give()

    def _pass(self, rounds: int) -> None:
        """Whoever is answered meanwhile by a store enters the row before the next one is chosen."""
        if rounds:
            asyncio.get_running_loop().call_soon(self._pass, rounds - 1)
            return
        self._between_slices = False
        self._left = self._slice
        self._give()

    def _give(self) -> None:
        while self._row:
            name = self._row.pop()
            turns = self._waiting[name]
            turn = turns.popleft()
            if turns:
                self._row.enter(name)
            else:
                del self._waiting[name]
            # Who was cancelled has gone on without.
            if not turn.done():
                self._given = turn
                turn.set_result(None)
                return


class _ByTurns:
    __slots__ = ("_coroutine", "_steps", "_whose")

    def __init__(self, steps: FairSteps, coroutine: Coroutine[Any, Any, None], whose: Callable[[], str]) -> None:
        self._steps = steps
        self._coroutine = coroutine
        self._whose = whose

    def __await__(self) -> Generator[Any, None, None]:
        inner = self._coroutine.__await__()
        steps, whose, time = self._steps, self._whose, self._steps.time
        raised: BaseException | None = None
        while True:
            turn = None
            if not steps.free:
                turn = steps.turn(whose())
                try:
                    yield from turn
                except BaseException as error:
                    raised = error
            steps.began(whose(), turn)
            started = time()
            try:
                waited_for = inner.send(None) if raised is None else inner.throw(raised)
            except StopIteration:
                return
            finally:
                # Else what was raised would know this frame, and this frame what was raised.
                raised = None
                steps.ended(whose(), turn, time() - started)
            try:
                yield waited_for
            except BaseException as error:
                raised = error
