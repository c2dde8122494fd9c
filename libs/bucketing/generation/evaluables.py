"""What a flag's function is written from."""

from __future__ import annotations

from bucketing.flagset import AllOf, AnyOf, Comparison, Condition, Experiment, Flag, InSegment
from bucketing.generation.outcomes import Outcomes


def _size(condition: Condition) -> int:
    if isinstance(condition, Comparison):
        return 1
    if isinstance(condition, AllOf | AnyOf):
        return sum(map(_size, condition.conditions))
    return len(condition.segments) if isinstance(condition, InSegment) else _size(condition.condition)


class Evaluable:
    """A flag with all that its evaluation needs beside the context and the other entities.

    All functions that are written from it give the same decision objects. `size` is the number of comparisons
    and named segments.
    """

    __slots__ = ("experiments", "flag", "outcomes", "salt", "size")

    def __init__(self, flag: Flag, experiments: tuple[Experiment, ...], salt: str) -> None:
        self.flag = flag
        self.experiments = experiments
        self.salt = salt
        self.outcomes = Outcomes(flag)
        self.size = sum(map(_size, self.conditions()))

    def conditions(self) -> list[Condition]:
        """Every condition that an evaluation may ask."""
        rules: list[Condition] = [rule.condition for rule in self.flag.rules]
        return rules + [one.audience for one in self.experiments if one.audience is not None]
