"""What server-sent events say about coming back."""

from __future__ import annotations

import random

RETRY_MILLISECONDS_MIN = 1000
RETRY_MILLISECONDS_PER_STREAM = 25
_FEW_MILLISECONDS_PER_STREAM, _FEW_MILLISECONDS_MAX = 180, 18_000


def retry_window(streams: int) -> int:
    """Within how many milliseconds the clients of so many streams shall come back when they lose them at once: forty a
    second, and within eighteen seconds where they are fewer, so that in no second more than a tenth of a large fleet
    on many edges comes back."""
    few = min(_FEW_MILLISECONDS_PER_STREAM * streams, _FEW_MILLISECONDS_MAX)
    return max(RETRY_MILLISECONDS_MIN, RETRY_MILLISECONDS_PER_STREAM * streams, few)


def retry_field(milliseconds: int) -> bytes:
    """The field of an event that says it."""
    return b"retry: %d\n" % milliseconds


def retry_hint(window: int = 2 * RETRY_MILLISECONDS_MIN) -> bytes:
    """How long this client shall wait when its stream has ended: each a time of its own around `window`, so that those
    who wait exactly as they are told don't come back at one moment."""
    return retry_field(random.randint(window // 2, window + window // 2)) + b"\n"
