"""What goes beside a message's bytes."""

from __future__ import annotations

from collections.abc import Mapping

TRACE_HEADER = "traceparent"
"""By W3C's name, so that other programs on the bus read it."""


def trace_in(headers: Mapping[str, str] | None) -> str:
    """Empty where there is none."""
    return headers.get(TRACE_HEADER, "") if headers else ""
