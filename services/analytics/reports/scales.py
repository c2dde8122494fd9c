"""Axes: from a figure to a place on the picture, with round ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib.ticker import MaxNLocator

_SPAN_MAX = 1e18


@dataclass(frozen=True, slots=True)
class Scale:
    """From `low` to `high` onto the edges from `start` to `end`."""

    ticks: tuple[float, ...]
    low: float
    high: float
    start: float
    end: float

    def position(self, value: float) -> float:
        """Values beyond an end stand at the end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def scale_over(values: Iterable[float], start: float, end: float, ticks: int = 4) -> Scale | None:
    """A scale that holds 0 and all values, to the next round tick. None: too wide to draw."""
    known = [0.0, *values]
    low, high = min(known), max(known)
    if not math.isfinite(high - low) or high - low > _SPAN_MAX:
        return None
    if high - low < 1e-12:
        low, high = low - 1e-3, high + 1e-3
    edges = [float(each) for each in MaxNLocator(nbins=ticks, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)]
    return Scale(tuple(edges), edges[0], edges[-1], start, end)
