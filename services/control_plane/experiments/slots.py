"""Slots of a layer: which of its buckets are free."""

from __future__ import annotations

from collections.abc import Iterable

from bucketing.flagset import BUCKET_COUNT


def free_slots(taken: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges (start, end) beside `taken` ones, in their order."""
    found: list[tuple[int, int]] = []
    start = 0
    for taken_start, taken_end in sorted(taken):
        if start < taken_start:
            found.append((start, taken_start))
        start = max(start, taken_end)
    return [*found, (start, BUCKET_COUNT)] if start < BUCKET_COUNT else found


def free_slot(taken: Iterable[tuple[int, int]], size: int) -> tuple[int, int] | None:
    """The first free range of `size` buckets beside `taken` (start, end) ranges, or None where none fits."""
    return next(((start, start + size) for start, end in free_slots(taken) if end - start >= size), None)
