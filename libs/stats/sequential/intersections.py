"""Running intersections: what the intervals of all readings so far have in common.

Each interval of a sequence that is valid at all times holds the true value together with all others, so their
intersection holds it too. An empty one says that no single value fits all readings: the effect drifted. So does an
estimate outside of it: a difference that grows with what units do from day to day leaves its early intervals long
before the last of them is contradicted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from stats.effects import Difference, Lift, SetKind
from stats.statuses import Status


@dataclass(frozen=True, slots=True)
class Range:
    """From lower to upper; None: no bound on that side yet. Empty once lower is above upper."""

    lower: float | None = None
    upper: float | None = None

    @property
    def empty(self) -> bool:
        return self.lower is not None and self.upper is not None and self.lower > self.upper

    def within(self, lower: float | None, upper: float | None) -> Range:
        """What this and another range have in common; an empty one stays empty."""
        if self.empty:
            return self
        return Range(_most(self.lower, lower, max), _most(self.upper, upper, min))


def range_with_difference(before: Range, difference: Difference) -> Range:
    return before.within(difference.lower, difference.upper)


def range_with_lift(before: Range, lift: Lift) -> Range:
    """With a set that is all but a gap, a bound inside of the gap moves to its end."""
    if lift.kind is not SetKind.COMPLEMENT or lift.excluded is None:
        return before.within(lift.lower, lift.upper)
    low, high = lift.excluded
    lower = high if before.lower is not None and low < before.lower < high else None
    upper = low if before.upper is not None and low < before.upper < high else None
    return before.within(lower, upper)


def drifted(common: Range, estimate: float | None) -> bool:
    """Whether no value fits all readings, or the present estimate is not among those that do."""
    if common.empty or estimate is None:
        return common.empty
    below = common.lower is not None and estimate < common.lower
    return below or (common.upper is not None and estimate > common.upper)


def difference_within(difference: Difference, common: Range) -> Difference:
    return replace(difference, lower=common.lower, upper=common.upper)


def lift_within(lift: Lift, common: Range) -> Lift:
    """The lift with the common range as its set; as it is where nothing bounds it, or where no lift exists."""
    if lift.kind is None or common.lower is None or common.upper is None:
        return lift
    return replace(lift, status=Status.OK, kind=SetKind.INTERVAL, excluded=None, lower=common.lower, upper=common.upper)


def _most(first: float | None, second: float | None, choose: Callable[[float, float], float]) -> float | None:
    if first is None or second is None:
        return second if first is None else first
    return choose(first, second)
