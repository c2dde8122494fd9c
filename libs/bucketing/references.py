"""References between entities: which flags and segments one names, and whether such names run in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bucketing.flagset import AllOf, AnyOf, Condition, Flag, InSegment, Not, RemoteConfig, Segment


@dataclass(frozen=True, slots=True)
class References:
    """Keys that an entity names."""

    flags: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()

    @property
    def any(self) -> bool:
        return bool(self.flags or self.segments)


def _segments(condition: Condition) -> Iterator[str]:
    if isinstance(condition, InSegment):
        yield from condition.segments
    elif isinstance(condition, AllOf | AnyOf):
        for part in condition.conditions:
            yield from _segments(part)
    elif isinstance(condition, Not):
        yield from _segments(condition.condition)


@lru_cache(maxsize=1024)
def _same(keys: frozenset[str]) -> frozenset[str]:
    """One object for equal sets: thousands of flags name the same segment, or none."""
    return keys


def condition_segments(condition: Condition) -> frozenset[str]:
    """The segments in a condition, at any depth."""
    return _same(frozenset(_segments(condition)))


def flag_references(flag: Flag) -> References:
    """The flags that are its prerequisites, and the segments in its rules."""
    return References(
        flags=_same(frozenset(prerequisite.flag for prerequisite in flag.prerequisites)),
        segments=_same(frozenset(key for rule in flag.rules for key in _segments(rule.condition))),
    )


def remote_config_references(config: RemoteConfig) -> References:
    """The segments in the conditions of its overrides."""
    return References(segments=_same(frozenset(key for each in config.overrides for key in _segments(each.condition))))


def segment_references(segment: Segment) -> References:
    """The segments in its condition."""
    return References(segments=frozenset() if segment.condition is None else condition_segments(segment.condition))


def find_cycle(edges: Mapping[str, Iterable[str]]) -> list[str] | None:
    """A circle among `edges` (each key with the keys it names), first key repeated at the end, or None.

    Depth-first with a stack of its own, so that no length of chain exhausts Python's; keys in sorted order, so
    that the same edges give the same circle.
    """
    done: set[str] = set()
    for start in sorted(edges):
        if start in done:
            continue
        trail: dict[str, Iterator[str]] = {start: iter(sorted(edges[start]))}
        while trail:
            key, following = next(reversed(trail.items()))
            successor = next(following, None)
            if successor is None:
                done.add(key)
                del trail[key]
            elif successor in trail:
                path = list(trail)
                return [*path[path.index(successor) :], successor]
            elif successor not in done:
                trail[successor] = iter(sorted(edges.get(successor, ())))
    return None
