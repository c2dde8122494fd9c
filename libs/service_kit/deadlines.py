"""A request's deadline: what works for it on a store asks how much of the time is left.

The time in which the client still sends its body does not count, nor does a turn that somebody has to wait for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _Deadline:
    __slots__ = ("ends_at",)

    def __init__(self, ends_at: float) -> None:
        self.ends_at = ends_at


_current: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


def seconds_left(at_most: float) -> float:
    """Of the request that is being answered, never below 0; `at_most` outside of requests."""
    deadline = _current.get()
    if deadline is None:
        return at_most
    return max(0.0, min(at_most, deadline.ends_at - asyncio.get_running_loop().time()))


@contextmanager
def uncounted() -> Iterator[None]:
    """What is waited for in the block costs the request none of its time."""
    deadline, loop = _current.get(), asyncio.get_running_loop()
    began = loop.time()
    try:
        yield
    finally:
        if deadline is not None:
            deadline.ends_at += loop.time() - began


@contextmanager
def piecewise() -> Iterator[None]:
    """For one piece of an answer that is made in pieces: the block has time of its own, however long the others and
    whoever reads them take."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


class RequestDeadlines:
    """ASGI middleware: gives each request `seconds`."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        deadline = _Deadline(loop.time() + self._seconds)
        sending = True

        async def patient_receive() -> Message:
            nonlocal sending
            waited_from = loop.time()
            message = await receive()
            if sending:
                deadline.ends_at += loop.time() - waited_from
                sending = message["type"] == "http.request" and message.get("more_body", False)
            return message

        _current.set(deadline)
        await self._app(scope, patient_receive, send)
