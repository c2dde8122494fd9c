"""What server-sent events say about coming back."""

from __future__ import annotations

import random

RETRY_MILLISECONDS_MIN = 1000
RETRY_MILLISECONDS_PER_STREAM = 25


def retry_window(streams: int) -> int:
    """Within how many milliseconds the clients of so many streams shall come back when they lose them at once: forty a
    second."""
    return max(RETRY_MILLISECONDS_MIN, RETRY_MILLISECONDS_PER_STREAM * streams)


def retry_field(milliseconds: int) -> bytes:
    """The field of an event that says it."""
    return b"retry: %d\n" % milliseconds


def retry_hint(window: int = 2 * RETRY_MILLISECONDS_MIN) -> bytes:
    """How long this client shall wait when its stream has ended: each a time of its own around `window`, so that those
    who wait exactly as they are told don't come back at one moment."""
    return retry_field(random.randint(window // 2, window + window // 2)) + b"\n"
