"""Pauses before another attempt: full jitter, so that those who failed together don't come back together."""

from __future__ import annotations

import random


def pause(attempt: int, *, window: float, cap: float, least: float = 0.0) -> float:
    """Seconds before attempt `attempt`, from 0: at random below `window` doubled so often, at most `cap` (or twice
    `window` if that is longer), on top of `least`."""
    limit = min(max(cap, 2.0 * window), window * 2.0 ** min(attempt, 32))
    return least + random.uniform(0.0, limit)
