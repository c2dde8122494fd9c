"""A relay as a candidate for the lease: whether it reaches NATS, and whether another one does where it doesn't.

Who reaches no server publishes nothing and tells nobody anything, so its term is worth nothing to anybody. It's worth
leaving only to somebody who does reach one: in an outage of NATS itself it goes on as it is.
"""

from __future__ import annotations

import asyncio

from service_kit.clock import Clock
from service_kit.logs import get_logger
from streams import Bus

from control_plane.publishing.candidates import Candidates

CUT_OFF_SECONDS = 2.0
"""A lost connection is back before. With what the next leader needs to begin, an edit is on every edge within five."""
_ATTEMPTS = 2
"""A process that was paused finds one attempt unanswered, however long it took."""
_ANSWER_SECONDS, _PAUSE_SECONDS, _SAY_SECONDS = 1.0, 0.4, 1.0
_log = get_logger("relay")


class Reach:
    """What attempts to reach NATS came to, one after another."""

    def __init__(self) -> None:
        self._unanswered = 0
        self._silent_since = 0.0

    def note(self, began_at: float, *, answered: bool) -> None:
        if answered:
            self._unanswered = 0
            return
        if not self._unanswered:
            self._silent_since = began_at
        self._unanswered += 1

    def cut_off(self, now: float) -> bool:
        """Whether no server has answered for so long that it's no moment any more."""
        return self._unanswered >= _ATTEMPTS and now - self._silent_since >= CUT_OFF_SECONDS


class Candidacy:
    """`outdone`: this one is cut off from NATS and another candidate is not."""

    def __init__(self, bus: Bus, clock: Clock, candidates: Candidates) -> None:
        self._bus = bus
        self._clock = clock
        self._candidates = candidates
        self._reach = Reach()
        self._said: bool | None = None
        self._say_at = 0.0
        self._outdone = asyncio.Event()

    @property
    def outdone(self) -> bool:
        return self._outdone.is_set()

    async def until_outdone(self) -> None:
        await self._outdone.wait()

    async def keep(self) -> None:
        """Until it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def look(self) -> None:
        """Once: asks NATS, and says in the database what it came to."""
        began_at = self._clock.monotonic()
        answered = await self._bus.reaches(_ANSWER_SECONDS)
        self._reach.note(began_at, answered=answered)
        now = self._clock.monotonic()
        cut_off = self._reach.cut_off(now)
        another = False
        if cut_off or answered != self._said or now >= self._say_at:
            another = await self._say(answered)
            self._say_at = now + _SAY_SECONDS
        if cut_off and another:
            self._outdone.set()
        else:
            self._outdone.clear()

    async def _say(self, answered: bool) -> bool:
        """Whether another one reaches NATS. Without the database nobody knows, and the lease stays where it is."""
        try:
            another = await self._candidates.say(reaches=answered)
        except Exception as error:
            self._said = None
            _log.warning("not said whether NATS is reached", error=type(error).__name__)
            return False
        self._said = answered
        return another
