"""Attempts at a write that others may overtake."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
from service_kit.problems import Unavailable

from control_plane.database.refusals import BUSY

Answer = TypeVar("Answer")
_ATTEMPTS = 5


class Overtaken(Unavailable):
    """Somebody else wrote what this transaction had read before."""

    default_code = BUSY

    def __init__(self) -> None:
        super().__init__("somebody else wrote the same meanwhile, try again", retry_after_seconds=1)


async def settled(attempt: Callable[[], Awaitable[Answer]]) -> Answer:
    """Once more where somebody else wrote meanwhile what the attempt had read, as an off does, which waits for nobody:
    what the caller has seen is compared with that, then, and what they have not seen is laid over it."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return await attempt()
        except Unavailable as refused:
            if not _overtaken(refused):
                raise
    return await attempt()


def _overtaken(error: BaseException) -> bool:
    """Whether the same again may go through."""
    return isinstance(error, Overtaken) or isinstance(error.__cause__, asyncpg.SerializationError)
