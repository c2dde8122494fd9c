"""References of a condition: the segments it names, and where."""

from __future__ import annotations

from collections.abc import Iterator

from bucketing.flagset import AllOf, AnyOf, Condition, InSegment, Not


def segments_in(condition: Condition, path: str) -> Iterator[tuple[str, str]]:
    """Field path and key of each segment that the condition names; `path` is the condition's own."""
    if isinstance(condition, InSegment):
        for key in condition.segments:
            yield f"{path}.segment", key
    elif isinstance(condition, Not):
        yield from segments_in(condition.condition, f"{path}.not")
    elif isinstance(condition, AllOf | AnyOf):
        form = "and" if isinstance(condition, AllOf) else "or"
        for index, part in enumerate(condition.conditions):
            yield from segments_in(part, f"{path}.{form}[{index}]")
