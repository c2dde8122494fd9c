"""Waiting for what a trial needs, with an end to the patience."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx

_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.1


async def until(
    condition: Callable[[], Awaitable[object]],
    seconds: float = _PATIENCE_SECONDS,
    *,
    poll_seconds: float = _POLL_SECONDS,
) -> None:
    """Returns when the condition holds; an HTTP error means not yet. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                if await condition():
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(poll_seconds)
