"""What a flag's steps serve, in a form in which equal means: to everybody alike."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from bucketing.document import condition_to_document
from bucketing.flagset import Condition, Flag, Rollout, Serve

from control_plane.changes.patches import alike

Told = Callable[[str], Hashable]
"""What of a variation matters: itself, or whether it is the one that is asked for."""


@dataclass(frozen=True, slots=True)
class Steps:
    """A flag's rules, by condition and what they serve, and its default."""

    conditions: tuple[Condition, ...]
    served: tuple[Hashable, ...]
    default: Hashable

    def trimmed(self) -> Steps:
        """Without the last rules, as far as they serve what the default does."""
        length = len(self.served)
        while length and self.served[length - 1] == self.default:
            length -= 1
        return Steps(self.conditions[:length], self.served[:length], self.default)


def steps_of(flag: Flag, told: Told) -> Steps:
    served = tuple(outcome(rule.serve, told) for rule in flag.rules)
    return Steps(tuple(rule.condition for rule in flag.rules), served, outcome(flag.default, told))


def outcome(serve: Serve, told: Told) -> Hashable:
    """What each bucket gets."""
    if not isinstance(serve, Rollout):
        return told(serve.variation)
    bounds: list[tuple[int, Hashable]] = []
    end, weighted = 0, 0
    for share in serve.shares:
        end += share.weight
        if share.weight == 0:
            continue
        weighted += 1
        if bounds and bounds[-1][1] == told(share.variation):
            bounds.pop()
        bounds.append((end, told(share.variation)))
    attribute = None if serve.bucket_by == "targetingKey" else serve.bucket_by
    # Who lacks the attribute of a split is passed on.
    if weighted == 1 or (len(bounds) == 1 and attribute is None):
        return bounds[0][1]
    return attribute, tuple(bounds)


def alike_conditions(one: Condition | None, other: Condition | None) -> bool:
    """Whether they are written alike."""
    if one is None or other is None:
        return one is other
    return alike(condition_to_document(one), condition_to_document(other))
