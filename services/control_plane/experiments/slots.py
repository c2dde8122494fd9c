"""Free slots of a layer."""

from __future__ import annotations

from collections.abc import Iterable

from bucketing.flagset import BUCKET_COUNT


def free_slot(taken: Iterable[tuple[int, int]], size: int) -> tuple[int, int] | None:
    """The first free range of `size` buckets beside `taken` (start, end) ranges, or None where none fits."""
    start = 0
    for taken_start, taken_end in sorted(taken):
        if taken_start - start >= size:
            break
        start = max(start, taken_end)
    return (start, start + size) if start + size <= BUCKET_COUNT else None
