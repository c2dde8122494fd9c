"""What is shipped: settings before and after, and a dry run of it, of which nothing is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from control_plane.database import settled
from control_plane.entities.answers import Answered


@dataclass(frozen=True, slots=True)
class Shipped:
    """What the settings were, and what they are; `answered` None: they only would be."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    answered: Answered | None


class Seen(Exception):
    """What a dry run would do is known: nothing of it is kept."""

    def __init__(self, shipped: Shipped) -> None:
        super().__init__("seen")
        self.shipped = shipped


async def shipped_or_seen(ship: Callable[[], Awaitable[Shipped]]) -> Shipped:
    """What `ship` does, or would do where it raises `Seen`."""

    async def attempt() -> Shipped:
        try:
            return await ship()
        except Seen as seen:
            return seen.shipped

    return await settled(attempt)
