"""The answering side of request and reply: a few requests at once, each answered with bytes or with why not."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from streams.port import MessageTooLarge, RequestFailed, ResponderBusy

Reply = Callable[[bytes, str], Awaitable[None]]
"""Takes an answer and, where there is none, the name of the refusal, which is a key of `REFUSALS`."""

_log = logging.getLogger("bus")
_TOO_LARGE, _BUSY, _FAILED = "too_large", "busy", "failed"
REFUSALS: dict[str, tuple[type[MessageTooLarge | ResponderBusy | RequestFailed], str]] = {
    _TOO_LARGE: (MessageTooLarge, "the answer is over the server's limit"),
    _BUSY: (ResponderBusy, "the responder has as many requests as it takes"),
    _FAILED: (RequestFailed, "the responder failed"),
}


def refusal(name: str) -> Exception:
    """The error that a refusal is to who asked; one that a newer responder knows is a failure."""
    kind, text = REFUSALS.get(name, REFUSALS[_FAILED])
    return kind(text)


@dataclass(frozen=True, slots=True)
class _Waiting:
    payload: bytes
    reply: Reply
    given_up_at: float


class Responder:
    """Answers up to `at_once` requests at a time; `waiting_max` more wait, and what comes besides is told so at once.

    A request that waited longer than who asked waits is passed over."""

    def __init__(self, answer: Callable[[bytes], Awaitable[bytes]], *, at_once: int, waiting_max: int) -> None:
        self._answer = answer
        self._at_once = at_once
        self._waiting_max = waiting_max
        self._waiting: deque[_Waiting] = deque()
        self._answering: set[asyncio.Task[None]] = set()

    async def offer(self, payload: bytes, seconds: float, reply: Reply) -> None:
        """Takes a request whose asker waits `seconds` from now. Never waits for its answer."""
        request = _Waiting(payload, reply, time.monotonic() + seconds)
        if len(self._answering) < self._at_once:
            self._begin(request)
        elif len(self._waiting) < self._waiting_max:
            self._waiting.append(request)
        else:
            await reply(b"", _BUSY)

    async def end(self) -> None:
        """Answers nothing more; who waits hears nothing."""
        self._waiting.clear()
        for each in self._answering:
            each.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    def _begin(self, request: _Waiting) -> None:
        task = asyncio.create_task(self._respond(request), name="bus-respond")
        self._answering.add(task)
        task.add_done_callback(self._next)

    def _next(self, done: asyncio.Task[None]) -> None:
        self._answering.discard(done)
        while self._waiting and len(self._answering) < self._at_once:
            request = self._waiting.popleft()
            if request.given_up_at > time.monotonic():
                self._begin(request)

    async def _respond(self, request: _Waiting) -> None:
        try:
            await request.reply(await self._answer(request.payload), "")
        except MessageTooLarge:
            await self._refuse(request, _TOO_LARGE)
        except Exception:
            _log.exception("a request was not answered")
            await self._refuse(request, _FAILED)

    async def _refuse(self, request: _Waiting, name: str) -> None:
        try:
            await request.reply(b"", name)
        except Exception as error:
            _log.warning("who asked could not be told (%s)", type(error).__name__)
