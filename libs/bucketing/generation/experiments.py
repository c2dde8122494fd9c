"""An experiment as generated statements: who takes part, and who gets what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bucketing.flagset import BUCKET_COUNT, Experiment
from bucketing.generation.conditions import ConditionWriter
from bucketing.generation.outcomes import Joined, Outcomes
from bucketing.generation.source import Source
from bucketing.generation.units import UnitWriter


def running(source: Source, experiment: Experiment) -> str:
    """The expression that is true from the start until before the stop."""
    expression = f"{source.constant(experiment.start_at)} <= now"
    if experiment.stop_at is not None:
        expression += f" < {source.constant(experiment.stop_at)}"
    return expression


class ExperimentWriter:
    """Writes the steps of one experiment: running, audience, holdouts, layer, traffic, assignment."""

    def __init__(self, source: Source, conditions: ConditionWriter, units: UnitWriter, outcomes: Outcomes) -> None:
        self._source = source
        self._conditions = conditions
        self._units = units
        self._outcomes = outcomes

    def assign(self, experiment: Experiment, outcome: Callable[[str], Any], within: str = "") -> None:
        """Write the assignment; a unit that doesn't take part falls through. `outcome`: what a variation comes to, a
        decision or a table of them, in which the expression `within` finds one."""
        path = f"experiments.{experiment.key}"
        blocks = self._open_audience(experiment, path)
        unit = self._units.open_unit(experiment.bucket_by, path)
        blocks += 1
        included = self._included(experiment, unit, path)
        if included:
            self._source.open(f"if {included}:")
            blocks += 1
        split = self._units.split(experiment.shares, experiment.hashed_as, unit, f"{path}.assignment", outcome)
        self._units.decide_by(f"({split})[{within}]" if within else split)
        for _ in range(blocks):
            self._source.close()

    def observe(self, experiment: Experiment, served: str, result: str) -> None:
        """Write: if the unit takes part, what it is `served` belongs to the experiment, and `result` says so too."""
        path = f"experiments.{experiment.key}"
        variations = frozenset(share.variation for share in experiment.shares if share.weight > 0)
        if experiment.audience is not None:
            self._conditions.fetch(experiment.audience)
        self._source.open(f"if {served} in {self._source.constant(self._outcomes.unassigned(variations))}:")
        blocks = 1 + self._open_audience(experiment, path)
        unit = self._units.optional_unit(experiment.bucket_by)
        present = f"{self._source.probe(f'{path}.unit', unit)} is not None"
        included = self._included(experiment, unit, path)
        self._source.open(f"if {present} and {included}:" if included else f"if {present}:")
        self._source.line(f"{result} = {self._source.constant(Joined(self._outcomes, experiment))}[{result}]")
        for _ in range(blocks + 1):
            self._source.close()

    def _open_audience(self, experiment: Experiment, path: str) -> int:
        if experiment.audience is not None:
            self._conditions.fetch(experiment.audience)
        self._source.open(f"if {self._source.probe(f'{path}.running', running(self._source, experiment))}:")
        if experiment.audience is None:
            return 1
        self._source.open(f"if {self._conditions.expression(experiment.audience, f'{path}.audience')}:")
        return 2

    def _included(self, experiment: Experiment, unit: str, path: str) -> str:
        parts = []
        for index, holdout in enumerate(experiment.holdouts):
            bucket = self._units.bucket(f"holdout:{holdout.key}", unit, f"{path}.holdouts[{index}]")
            parts.append(f"{bucket} >= {self._source.constant(holdout.share)}")
        if experiment.slot is not None:
            slot = experiment.slot
            bucket = self._units.bucket(f"layer:{slot.layer}", unit, f"{path}.layer")
            parts.append(f"{self._source.constant(slot.start)} <= {bucket} < {self._source.constant(slot.end)}")
        if experiment.traffic < BUCKET_COUNT:
            bucket = self._units.bucket(f"traffic:{experiment.hashed_as}", unit, f"{path}.traffic")
            parts.append(f"{bucket} < {self._source.constant(experiment.traffic)}")
        return " and ".join(parts)
