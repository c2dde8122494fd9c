"""What the function of a flag or a remote config is written from."""

from __future__ import annotations

from bucketing.flagset import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Experiment,
    ExperimentMode,
    Flag,
    InSegment,
    RemoteConfig,
)
from bucketing.generation.combinations import Combinations, Patched
from bucketing.generation.outcomes import Outcomes
from bucketing.remote_configs import as_flag


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


class EvaluableConfig:
    """A remote config with all that its evaluation needs beside the context and the segments.

    `flag` is the one that it is served as; `size` as of a flag. `experiments` are those that assign: one that observes
    has no variations to look for."""

    __slots__ = ("_patched", "combinations", "config", "experiments", "flag", "outcomes", "salt", "size")

    def __init__(self, config: RemoteConfig, experiments: tuple[Experiment, ...] = (), salt: str = "") -> None:
        self.config = config
        self.experiments = tuple(one for one in experiments if one.mode is ExperimentMode.ASSIGNS)
        self.salt = salt
        self.flag = as_flag(config)
        self.outcomes = Outcomes(self.flag)
        self.combinations = Combinations(config)
        self._patched: dict[tuple[str, str], Patched] = {}
        self.size = sum(map(_size, self.conditions()))

    def conditions(self) -> list[Condition]:
        """Every condition that an evaluation may ask."""
        if self.config.archived:
            return []
        audiences = [one.audience for one in self.experiments if one.audience is not None]
        return [*(override.condition for override in self.config.overrides), *audiences]

    def patched(self, experiment: Experiment, variation: str) -> Patched:
        """What the variation of an experiment on it comes to."""
        return self._patched.setdefault((experiment.key, variation), Patched(self.config, experiment, variation))


Item = Evaluable | EvaluableConfig
"""Whatever answers under a key."""
