"""What server-sent events say about coming back."""

from __future__ import annotations

import random

_RETRY_MILLISECONDS_MIN, _RETRY_MILLISECONDS_MAX = 500, 3500


def retry_hint() -> bytes:
    """How long this client shall wait when its stream has ended: each a time of its own, so that all those of a process
    that stops don't come back at one moment."""
    return b"retry: %d\n\n" % random.randint(_RETRY_MILLISECONDS_MIN, _RETRY_MILLISECONDS_MAX)
