"""Attempts at a write that others may overtake."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
from service_kit.problems import Unavailable

Answer = TypeVar("Answer")
_ATTEMPTS = 5


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
    return isinstance(error.__cause__, asyncpg.SerializationError)
