"""What a flag's function is written from."""

from __future__ import annotations

from bucketing.flagset import Condition, Experiment, Flag
from bucketing.generation.conditions import comparison_count
from bucketing.generation.outcomes import Outcomes


class Evaluable:
    """A flag with all that its evaluation needs beside the context and the other entities.

    All functions that are written from it give the same decision objects. `size` is the number of comparisons.
    """

    __slots__ = ("experiments", "flag", "outcomes", "salt", "size")

    def __init__(self, flag: Flag, experiments: tuple[Experiment, ...], salt: str) -> None:
        self.flag = flag
        self.experiments = experiments
        self.salt = salt
        self.outcomes = Outcomes(flag)
        self.size = sum(map(comparison_count, self.conditions()))

    def conditions(self) -> list[Condition]:
        """Every condition that an evaluation may ask."""
        rules: list[Condition] = [rule.condition for rule in self.flag.rules]
        return rules + [one.audience for one in self.experiments if one.audience is not None]
