"""How a report calls a segment."""

from __future__ import annotations

from analytics.reports.content import plain


def named(segment: str | None) -> str:
    return "(not given)" if segment is None else plain(segment) or "(empty)"
