"""A remote config as generated statements: the overrides that match, and what comes of them together."""

from __future__ import annotations

from bucketing.flagset import ResolveMode
from bucketing.generation.conditions import ConditionWriter, attribute_counts
from bucketing.generation.evaluables import EvaluableConfig
from bucketing.generation.reads import Reads
from bucketing.generation.source import Source


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
        self._config = item.config
        self._combinations = source.constant(item.combinations)
        self._off = item.combinations.off
        self._result = result
        self._conditions = shared or ConditionWriter(source, reads, attribute_counts(item.conditions()))

    def write(self) -> None:
        """Write all steps; raises InvalidConfig for a remote config that can't be evaluated."""
        if self._config.archived:
            self._source.line(f"{self._result} = {self._source.constant(self._off)}")
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
        for override in self._config.overrides:
            self._conditions.fetch(override.condition)
        parts = (f"({1 << index} if {self._matches(index)} else 0)" for index in range(len(self._config.overrides)))
        self._source.line(f"{self._result} = {self._combinations}[{' | '.join(parts)}]")

    def _matches(self, index: int) -> str:
        return self._conditions.expression(self._config.overrides[index].condition, f"overrides[{index}].if")
