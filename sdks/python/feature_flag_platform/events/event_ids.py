"""Ids and moments of events."""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone
from uuid import UUID


def new_event_id() -> str:
    """A UUIDv7: the milliseconds of now, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    number = (milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | (random >> 68 & 0xFFF) << 64 | 2 << 62
    return str(UUID(int=number | random & (1 << 62) - 1))


def moment(milliseconds: int) -> str:
    """Epoch milliseconds as RFC 3339 in UTC."""
    seconds, rest = divmod(milliseconds, 1000)
    whole = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"
