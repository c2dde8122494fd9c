"""Splits that wait for their unit's bucket, so that the buckets of many flags are found by one call."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from bucketing import native
from bucketing.hashing import Begin, python_bucket


class PythonSplit:
    """What the buckets below each bound get: one outcome more than bounds, which rise.

    `begin` is salt and key as `hashing.start` gives them.
    """

    __slots__ = ("begin", "bounds", "outcomes")

    def __init__(self, begin: Begin, bounds: tuple[int, ...], outcomes: tuple[Any, ...]) -> None:
        self.begin = begin
        self.bounds = bounds
        self.outcomes = outcomes


def python_chosen(results: tuple[Any, ...], unit: str) -> list[Any]:
    """A list of the results, in which each split is replaced by what the unit gets."""
    return [
        one.outcomes[bisect_right(one.bounds, python_bucket(one.begin, unit))] if one.__class__ is PythonSplit else one
        for one in results
    ]


Split: Callable[[Begin, tuple[int, ...], tuple[Any, ...]], Any] = (
    PythonSplit if native.BUILT is None else native.BUILT.Split
)
chosen: Callable[[tuple[Any, ...], Any], list[Any]] = python_chosen if native.BUILT is None else native.BUILT.chosen
"""In C, two hashes side by side, where it was compiled."""
