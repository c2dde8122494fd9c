"""What several servers are asked at once, until one of them has an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def first_answer(asked: Iterable[Coroutine[Any, Any, T | None]]) -> T | None:
    """The first answer that isn't None; those that haven't answered then are ended. Raises what one of them raises."""
    tasks = [asyncio.create_task(each) for each in asked]
    try:
        for answer in asyncio.as_completed(tasks):
            if (found := await answer) is not None:
                return found
        return None
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
