"""Answers that wait: a write with `Prefer: wait=N` is answered when every live edge serves what it wrote.

Done once, around the app, when the answer is there and its transaction is over: so a wait holds no connection to the
database, and no endpoint knows of it.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from control_plane.changes import collected
from control_plane.fleet.preference import preferred_wait
from control_plane.fleet.waits import Propagation, PropagationWaits

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class PropagationAnswers:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, waits: PropagationWaits) -> None:
        self._app = app
        self._waits = waits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seconds = None
        if scope["type"] == "http" and scope["method"] in WRITES:
            seconds = preferred_wait(scope["headers"])
        if seconds is None:
            await self._app(scope, receive, send)
            return
        began, held = self._waits.clock.monotonic(), _HeldAnswer(send)
        with collected() as written:
            await self._app(scope, receive, held.take)
        if written.versions and held.tells_versions:
            left = asyncio.Event()
            leaving = asyncio.create_task(_note_departure(receive, left))
            try:
                propagation = await self._waits.propagated(written, began, seconds, left)
            finally:
                leaving.cancel()
            if propagation is not None:
                held.add(seconds, propagation)
        await held.give()


class _HeldAnswer:
    """An answer that is kept while it may still get a member more; any other goes on as it comes."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_success_in_json(message):
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
        else:
            await self._send(message)

    @property
    def tells_versions(self) -> bool:
        if self._start is None:
            return False
        try:
            document: Any = msgspec.json.decode(self._body)
        except msgspec.DecodeError:
            return False
        return isinstance(document, dict) and "environment_versions" in document

    def add(self, seconds: int, propagation: Propagation) -> None:
        """Says that the preference was applied, and what came of it. The rest stays byte for byte."""
        assert self._start is not None  # noqa: S101 - asked before
        member = msgspec.json.encode(asdict(propagation))
        self._body = self._body.rstrip()[:-1] + b',"propagation":' + member + b"}"
        kept = [each for each in self._start["headers"] if each[0].lower() != b"content-length"]
        length = (b"content-length", str(len(self._body)).encode())
        self._start["headers"] = [*kept, length, (b"preference-applied", b"wait=%d" % seconds)]

    async def give(self) -> None:
        if self._start is not None:
            await self._send(self._start)
            await self._send({"type": "http.response.body", "body": bytes(self._body)})


def _is_success_in_json(start: Message) -> bool:
    headers = {name.lower(): value for name, value in start["headers"]}
    return (
        start["status"] in (200, 201, 202)
        and headers.get(b"content-type", b"").startswith(b"application/json")
        and b"content-encoding" not in headers
    )


async def _note_departure(receive: Receive, left: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    left.set()
