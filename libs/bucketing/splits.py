"""Splits that wait for their unit's bucket, so that the buckets of many flags are found by one call."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any, Protocol

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


def python_chosen(results: tuple[Any, ...], unit: str | None, answers: Mapping[Any, Any] | None = None) -> list[Any]:
    """A list of the results, in which each split is replaced by what the unit gets; of their answers, if there are any.

    A unit is needed where there is a split.
    """
    found = [
        one.outcomes[bisect_right(one.bounds, python_bucket(one.begin, unit))]  # type: ignore[arg-type]
        if one.__class__ is PythonSplit
        else one
        for one in results
    ]
    return found if answers is None else [answers[one] for one in found]


class Chosen(Protocol):
    """The form of `python_chosen`."""

    def __call__(
        self, results: tuple[Any, ...], unit: str | None, answers: Mapping[Any, Any] | None = None, /
    ) -> list[Any]: ...


Split: Callable[[Begin, tuple[int, ...], tuple[Any, ...]], Any] = (
    PythonSplit if native.BUILT is None else native.BUILT.Split
)
chosen: Chosen = python_chosen if native.BUILT is None else native.BUILT.chosen
"""In C, two hashes side by side, where it was compiled."""
