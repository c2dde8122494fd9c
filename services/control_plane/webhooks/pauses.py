"""How long a delivery that failed waits for its next attempt: growing pauses over a day, then it is over."""

from __future__ import annotations

_MINUTE, _HOUR = 60.0, 3600.0
PAUSES_SECONDS = (5.0, 30.0, 2 * _MINUTE, 10 * _MINUTE, 0.5 * _HOUR, _HOUR, 3 * _HOUR, 6 * _HOUR, 14 * _HOUR)
"""After the first attempt, the second, …: ten attempts in all."""
DAY_SECONDS = 24 * _HOUR
"""After so long with nothing but failures a webhook is paused."""
_SPREAD = 0.1
_ASKED_SECONDS_MAX = _HOUR


def pause_seconds(tries: int, chance: float, asked_seconds: float | None = None) -> float | None:
    """The pause after so many attempts, longer by chance (from 0 to 1) by up to a tenth, so that receivers that were
    away aren't met by all at once; None: that was the last attempt.

    `asked_seconds`: the receiver's `Retry-After`, which is heeded up to an hour."""
    if tries > len(PAUSES_SECONDS):
        return None
    pause = max(PAUSES_SECONDS[tries - 1], min(asked_seconds or 0.0, _ASKED_SECONDS_MAX))
    return pause * (1 + _SPREAD * chance)
