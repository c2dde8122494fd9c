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

Gap = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Range:
    """From lower to upper; None: no bound on that side yet. Empty once lower is above upper.

    `gap`: of lifts, what a set that was all but a gap excluded; no bound lies inside.
    """

    lower: float | None = None
    upper: float | None = None
    gap: Gap | None = None

    @property
    def empty(self) -> bool:
        return self.lower is not None and self.upper is not None and self.lower > self.upper

    @property
    def parted(self) -> bool:
        """Whether the gap leaves values on both sides, so that there is no single interval."""
        if self.gap is None or self.lower is None or self.upper is None:
            return False
        return self.lower <= self.gap[0] and self.gap[1] <= self.upper

    def within(self, lower: float | None, upper: float | None) -> Range:
        """What this and another range have in common; an empty one stays empty."""
        if self.empty:
            return self
        return Range(_most(self.lower, lower, max), _most(self.upper, upper, min), self.gap)._outside_gap()

    def without(self, gap: Gap) -> Range:
        """The same outside of a gap. Of two gaps that don't touch the one around 0 is kept: it is what p speaks of."""
        if self.empty:
            return self
        return Range(self.lower, self.upper, joined(self.gap, gap))._outside_gap()

    def _outside_gap(self) -> Range:
        if self.gap is None:
            return self
        low, high = self.gap
        lower = high if self.lower is not None and low < self.lower < high else self.lower
        upper = low if self.upper is not None and low < self.upper < high else self.upper
        return Range(lower, upper, self.gap)


def joined(one: Gap | None, other: Gap | None) -> Gap | None:
    """Both gaps as one where they overlap, else the one around 0."""
    if one is None or other is None:
        return other if one is None else one
    if max(one[0], other[0]) < min(one[1], other[1]):
        return min(one[0], other[0]), max(one[1], other[1])
    return other if other[0] < 0.0 < other[1] else one


def range_with_difference(before: Range, difference: Difference) -> Range:
    return before.within(difference.lower, difference.upper)


def range_with_lift(before: Range, lift: Lift) -> Range:
    """With a set that is all but a gap, the gap is kept: a later interval may reach into it."""
    if lift.kind is SetKind.COMPLEMENT and lift.excluded is not None:
        return before.without(lift.excluded)
    return before.within(lift.lower, lift.upper)


def drifted(common: Range, estimate: float | None) -> bool:
    """Whether no value fits all readings, or the present estimate is not among those that do."""
    if common.empty or estimate is None:
        return common.empty
    below = common.lower is not None and estimate < common.lower
    excluded = common.gap is not None and common.gap[0] < estimate < common.gap[1]
    return below or excluded or (common.upper is not None and estimate > common.upper)


def difference_within(difference: Difference, common: Range) -> Difference:
    return replace(difference, lower=common.lower, upper=common.upper)


def lift_within(lift: Lift, common: Range) -> Lift:
    """The lift with the common range as its set: an interval, or all but the gap that parts it; as it is where nothing
    is known of it, or where no lift exists."""
    if lift.kind is None:
        return lift
    if common.lower is not None and common.upper is not None and not common.parted:
        lower, upper = common.lower, common.upper
        return replace(lift, status=Status.OK, kind=SetKind.INTERVAL, excluded=None, lower=lower, upper=upper)
    if common.gap is None:
        return lift
    status, kind = Status.LIFT_UNBOUNDED, SetKind.COMPLEMENT
    return replace(lift, status=status, kind=kind, excluded=common.gap, lower=None, upper=None)


def _most(first: float | None, second: float | None, choose: Callable[[float, float], float]) -> float | None:
    if first is None or second is None:
        return second if first is None else first
    return choose(first, second)
