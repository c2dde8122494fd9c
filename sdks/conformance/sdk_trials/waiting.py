"""Waiting for what must come, and looking on that nothing else does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_SECONDS = 20.0
_PAUSE_SECONDS = 0.01
T = TypeVar("T")


class NotYet(AssertionError):
    """It did not come."""


def until(what: Callable[[], T], holds: Callable[[T], object] = bool, seconds: float = PATIENCE_SECONDS) -> T:
    """What it gives as soon as that holds. Raises NotYet with what it was at last."""
    deadline = time.monotonic() + seconds
    while True:
        found = what()
        if holds(found):
            return found
        if time.monotonic() > deadline:
            raise NotYet(f"not within {seconds:g} s; at last: {found!r}"[:2000])
        time.sleep(_PAUSE_SECONDS)
