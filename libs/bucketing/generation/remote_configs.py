"""A remote config as generated statements: the overrides that match, what comes of them together, and the patch of an
experiment's variation on that.
"""

from __future__ import annotations

from functools import partial

from bucketing.flagset import ResolveMode
from bucketing.generation.conditions import ConditionWriter, attribute_counts
from bucketing.generation.evaluables import EvaluableConfig
from bucketing.generation.experiments import ExperimentWriter, running
from bucketing.generation.reads import Reads
from bucketing.generation.source import Source
from bucketing.generation.units import UnitWriter


class RemoteConfigWriter:
    """Writes one remote config into a source; the decision ends up in the local variable `result`."""

    def __init__(
        self,
        source: Source,
        reads: Reads,
        item: EvaluableConfig,
        result: str = "result",
        shared: ConditionWriter | None = None,
    ) -> None:
        self._source = source
        self._item = item
        self._config = item.config
        self._combinations = source.constant(item.combinations)
        self._off = item.combinations.off
        self._result = result
        self._conditions = shared or ConditionWriter(source, reads, attribute_counts(item.conditions()))
        units = UnitWriter(source, reads, item, result, deferred=False)
        self._experiments = ExperimentWriter(source, self._conditions, units, item.outcomes)

    def write(self) -> None:
        """Write all steps; raises InvalidConfig for a remote config that can't be evaluated."""
        if self._config.archived:
            self._source.line(f"{self._result} = {self._source.constant(self._off)}")
        elif self._item.experiments:
            self._experimented()
        elif self._config.resolve is ResolveMode.MERGE and self._config.overrides:
            self._all()
        else:
            self._first()

    def _first(self) -> None:
        self._source.open("while 1:")
        for index in range(len(self._config.overrides)):
            self._conditions.fetch(self._config.overrides[index].condition)
            self._source.open(f"if {self._matches(index)}:")
            self._decide(f"{1 << index}")
            self._source.close()
        self._decide("0")
        self._source.close()

    def _decide(self, matched: str) -> None:
        self._source.line(f"{self._result} = {self._combinations}[{matched}]")
        self._source.line("break")

    def _all(self) -> None:
        self._source.line(f"{self._result} = {self._combinations}[{self._matched()}]")

    def _experimented(self) -> None:
        """What matched is found first: a variation is a patch on what comes of it."""
        matched = self._source.local()
        self._source.line(f"{matched} = {self._matched()}")
        self._source.open("while 1:")
        for experiment in self._item.experiments:
            self._experiments.assign(experiment, partial(self._item.patched, experiment), matched)
        if self._config.overrides:
            self._decide(matched)
        else:
            passed_by, combinations = self._source.constant(self._item.combinations.passed_by), self._combinations
            runs = " or ".join(running(self._source, experiment) for experiment in self._item.experiments)
            self._source.line(f"{self._result} = {passed_by} if {runs} else {combinations}[0]")
            self._source.line("break")
        self._source.close()

    def _matched(self) -> str:
        """The expression of the number of the overrides that apply."""
        for override in self._config.overrides:
            self._conditions.fetch(override.condition)
        positions = range(len(self._config.overrides))
        if self._config.resolve is ResolveMode.MERGE:
            return " | ".join(f"({1 << index} if {self._matches(index)} else 0)" for index in positions) or "0"
        return "".join(f"{1 << index} if {self._matches(index)} else " for index in positions) + "0"

    def _matches(self, index: int) -> str:
        return self._conditions.expression(self._config.overrides[index].condition, f"overrides[{index}].if")
