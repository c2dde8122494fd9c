"""Request and reply inside one process."""

from __future__ import annotations

import asyncio

from streams.port import BusUnavailable, MessageTooLarge, NoResponder
from streams.responder import Responder, refusal

_BYTES_MAX = 8 * 1024 * 1024


def matches(subject: str, pattern: str) -> bool:
    """Whether `subject` fits a NATS pattern with `*` (one token) and a closing `>` (one token or more)."""
    tokens, wanted = subject.split("."), pattern.split(".")
    for index, expected in enumerate(wanted):
        if expected == ">":
            return len(tokens) > index
        if index >= len(tokens) or expected not in ("*", tokens[index]):
            return False
    return len(tokens) == len(wanted)


def _within_limit(payload: bytes) -> None:
    if len(payload) > _BYTES_MAX:
        raise MessageTooLarge(f"{len(payload)} bytes")


class MemoryRequests:
    """Who responds on which subjects."""

    def __init__(self) -> None:
        self._responders: list[tuple[str, str, Responder]] = []

    async def request(self, subject: str, payload: bytes, seconds: float) -> bytes:
        _within_limit(payload)
        answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def reply(answer: bytes, refused: str) -> None:
            _within_limit(answer)
            if answered.done():
                return
            if refused:
                answered.set_exception(refusal(refused))
            else:
                answered.set_result(answer)

        one_per_group = {group: each for pattern, group, each in self._responders if matches(subject, pattern)}
        if not one_per_group:
            raise NoResponder(f"nobody responds on {subject}")
        try:
            async with asyncio.timeout(seconds):
                for responder in one_per_group.values():
                    await responder.offer(payload, seconds, reply)
                return await answered
        except TimeoutError as error:
            raise BusUnavailable("no answer in time") from error

    async def respond(self, subject: str, group: str, responder: Responder) -> None:
        entry = (subject, group, responder)
        self._responders.append(entry)
        try:
            await asyncio.Event().wait()
        finally:
            self._responders.remove(entry)
            await responder.end()
