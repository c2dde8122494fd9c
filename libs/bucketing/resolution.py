"""Resolution: whether the segments and flags that an entity names are there, found when they arrive or go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from bucketing.flagset import Experiment, Flag
from bucketing.references import References, condition_segments


def with_audiences(named: References, experiments: Iterable[Experiment]) -> References:
    """What a flag or a remote config names, and what the experiments on it do."""
    audiences = [one.audience for one in experiments if one.audience is not None]
    if not audiences:
        return named
    return References(named.flags, named.segments.union(*map(condition_segments, audiences)))


def unusable_segments(named: Mapping[str, frozenset[str]], failed: Mapping[str, str]) -> dict[str, str]:
    """Why a segment can't be asked: it is broken, or names one that is broken or absent, directly or through others.

    `named`: every segment that is there, with the segments in its condition.
    """
    reasons = {key: f"segment {key!r}: {reason}" for key, reason in failed.items()}
    referrers: defaultdict[str, list[str]] = defaultdict(list)
    for key, others in named.items():
        for other in sorted(others):
            referrers[other].append(key)
            if other not in named:
                reasons.setdefault(key, f"segment {key!r}: there is no segment {other!r}")
    pending = list(reasons)
    while pending:
        key = pending.pop()
        for referrer in referrers[key]:
            if referrer not in reasons:
                reasons[referrer] = reasons[key]
                pending.append(referrer)
    return reasons


class Directory:
    """What can be named in one flag set: flags with their variations, and segments with why some can't be asked."""

    __slots__ = ("_flags", "_named", "unusable")

    def __init__(
        self, flags: Mapping[str, Flag], named: Mapping[str, frozenset[str]], unusable: Mapping[str, str]
    ) -> None:
        self._flags = flags
        self._named = named
        self.unusable = unusable

    def segments_that_differ(self, other: Directory) -> set[str]:
        """Segments that can be asked in one of the two and not in the other, or not for the same reason."""
        if self._named is other._named:
            return set()
        gone_or_new = self._named.keys() ^ other._named.keys()
        return gone_or_new | {key for key, _ in self.unusable.items() ^ other.unusable.items()}

    def defect(self, flag: Flag, references: References) -> str | None:
        """Why the flag can't be evaluated although it is sound itself; None when all that it names is there.

        An archived flag is off and what it names may have gone with it.
        """
        if flag.archived:
            return None
        for key in sorted(references.segments):
            if key not in self._named:
                return f"there is no segment {key!r}"
            if key in self.unusable:
                return self.unusable[key]
        for prerequisite in flag.prerequisites:
            other = self._flags.get(prerequisite.flag)
            if other is None:
                return f"there is no flag {prerequisite.flag!r}, which is a prerequisite"
            if prerequisite.variation not in other.variations:
                return f"the prerequisite {prerequisite.flag!r} has no variation {prerequisite.variation!r}"
        return None
