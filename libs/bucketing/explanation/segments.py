"""Which segments a context is in, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bucketing.explanation.conditions import ConditionTracer
from bucketing.flagset import FlagSet, Json
from bucketing.programs import Context, Programs


def memberships(
    flagset: FlagSet, programs: Programs, keys: Iterable[str], context: Context, now: int
) -> Iterator[tuple[str, Json]]:
    """Of those of `keys` that there are, then of the segments that these have asked."""
    tracer = ConditionTracer(flagset.segments, context, now, programs)
    told: set[str] = set()
    for key in keys:
        if key in flagset.segments and key not in told:
            told.add(key)
            yield key, tracer.membership(key)
    for key, membership in tracer.memberships(told):
        yield key, membership
