"""Messages that are stored only if a subject's newest is the expected one, where the stream is replicated.

Its leader has one such message under way for each subject, and refuses the others with a code of its own (10164). They
take turns here as soon as that was seen.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

import nats.js.errors
from nats.js.api import PubAck

from streams.port import BusUnavailable, ExpectedLast

_UNDER_WAY = 10164
_PATIENCE_SECONDS = 5.0
_AGAIN_SECONDS = 0.02


class _Turns:
    """Of the messages that expect something of one subject."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.failed_at = 0.0


class Expectations:
    """Of one connection."""

    def __init__(self) -> None:
        self._one_by_one = False
        self._turns: WeakValueDictionary[str, _Turns] = WeakValueDictionary()

    async def publish(self, expected: ExpectedLast | None, attempt: Callable[[], Awaitable[PubAck]]) -> PubAck:
        """Awaits the attempt, and others as long as a message of somebody else is under way, for five seconds at most.
        Raises what an attempt does; who waited for a turn behind one that got no answer isn't tried."""
        if expected is None:
            return await attempt()
        if not self._one_by_one:
            try:
                return await attempt()
            except BusUnavailable as error:
                if not _under_way(error):
                    raise
                self._one_by_one = True
        began = time.monotonic()
        turns = self._turns.setdefault(expected.subject, _Turns())
        async with turns.lock:
            if turns.failed_at > began:
                raise BusUnavailable("the message before it got no answer")
            try:
                return await _until_free(attempt)
            except BusUnavailable:
                turns.failed_at = time.monotonic()
                raise


async def _until_free(attempt: Callable[[], Awaitable[PubAck]]) -> PubAck:
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return await attempt()
        except BusUnavailable as error:
            if not _under_way(error) or time.monotonic() > until:
                raise
        await asyncio.sleep(_AGAIN_SECONDS * (0.5 + random.random()))


def _under_way(error: BusUnavailable) -> bool:
    cause = error.__cause__
    return isinstance(cause, nats.js.errors.APIError) and cause.err_code == _UNDER_WAY
