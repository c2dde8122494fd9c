"""Accepted events as they travel on: JSON lines by the kind of their events."""

from __future__ import annotations

from typing import NamedTuple


class Lines(NamedTuple):
    """Each line with its `\\n`, in the order in which the events came."""

    exposures: bytes = b""
    metrics: bytes = b""
    usage: bytes = b""

    @property
    def size(self) -> int:
        return len(self.exposures) + len(self.metrics) + len(self.usage)
