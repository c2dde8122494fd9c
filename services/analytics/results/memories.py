"""What earlier readings have shown for good, by inference that is valid at any time; kept from reading to reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from uuid import uuid4

import msgspec
from stats import Memory
from stats.sequential.intersections import joined

Memories = Mapping[str, Mapping[str, Memory]]
"""By the digest of the metric and the variation."""
BEYOND_DOUBT = 1e-9
"""A p below it needs no lower one."""
NARROWER = 0.99
KEPT = 20
"""Each record holds all that was known before it; of readings at the same time several are read."""


def written_memories(memories: Memories, digest: str) -> tuple[str, bytes]:
    """A name that no other record has, and the document. `digest`: of the plan."""
    return f"reading-{uuid4().hex}", msgspec.json.encode({"digest": digest, "metrics": memories})


def read_memories(documents: Iterable[bytes], digest: str) -> Memories:
    """All of one plan put together."""
    known: dict[str, dict[str, Memory]] = {}
    for document in map(msgspec.json.decode, documents):
        if document["digest"] != digest:
            continue
        for metric, arms in document["metrics"].items():
            held = known.setdefault(metric, {})
            for arm, told in arms.items():
                memory = Memory(**told)
                held[arm] = _together(held[arm], memory) if arm in held else memory
    return known


def adds(fresh: Memories, known: Memories) -> bool:
    """Whether the readings show something worth a record: any lower p, a narrower interval, an end beyond 0."""
    return any(
        _adds(memory, known.get(metric, {}).get(arm, Memory()))
        for metric, arms in fresh.items()
        for arm, memory in arms.items()
    )


def _adds(fresh: Memory, known: Memory) -> bool:
    p_values = ((fresh.lowest_p, known.lowest_p), (fresh.harm_p, known.harm_p), (fresh.margin_p, known.margin_p))
    if any(new < old and old > BEYOND_DOUBT for new, old in p_values):
        return True
    ends = (
        (fresh.lower, fresh.upper, known.lower, known.upper),
        (fresh.lift_lower, fresh.lift_upper, known.lift_lower, known.lift_upper),
    )
    return any(_narrower(*each) for each in ends) or _wider(fresh.lift_gap, known.lift_gap)


def _narrower(lower: float | None, upper: float | None, lower_before: float | None, upper_before: float | None) -> bool:
    for end, before in ((lower, lower_before), (upper, upper_before)):
        if end is not None and (before is None or (end > 0) != (before > 0)):
            return True
    if lower is None or upper is None or lower_before is None or upper_before is None:
        return False
    return upper - lower < NARROWER * (upper_before - lower_before)


def _wider(gap: tuple[float, float] | None, before: tuple[float, float] | None) -> bool:
    if gap is None or before is None:
        return gap is not None
    return NARROWER * (gap[1] - gap[0]) > before[1] - before[0]


def _together(one: Memory, other: Memory) -> Memory:
    """The bound on the side of harm is that of the smaller p, for it is of the same reading."""
    gap = joined(one.lift_gap, other.lift_gap)
    return Memory(
        lowest_p=min(one.lowest_p, other.lowest_p),
        lower=_best(max, one.lower, other.lower),
        upper=_best(min, one.upper, other.upper),
        lift_lower=_best(max, one.lift_lower, other.lift_lower),
        lift_upper=_best(min, one.lift_upper, other.lift_upper),
        harm_p=min(one.harm_p, other.harm_p),
        margin_p=min(one.margin_p, other.margin_p),
        margin_bound=(one if one.margin_p <= other.margin_p else other).margin_bound,
        lift_gap_lower=gap[0] if gap else None,
        lift_gap_upper=gap[1] if gap else None,
    )


def _best(choose: Callable[[float, float], float], one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return choose(one, other)
