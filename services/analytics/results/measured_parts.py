"""What was measured of an experiment in parts, by segment or day: each part may be read at any time.

The always-valid test decides there in every plan; only once a fixed plan has decided its parts are those of the
decision's data, by its test.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from stats import AnalysisOptions, Mode

from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse
from analytics.results.measurements import Measurement
from analytics.results.moments import AnalysisTime
from analytics.results.plan_options import Moment, analysis_options
from analytics.results.progress import PlanProgress, Traffic, progress_of
from analytics.warehouse.aggregates import UnitCounts


@dataclass(frozen=True, slots=True)
class MeasuredParts:
    """The metrics of an experiment in parts of its data. `decided`: the data are those of a fixed plan's decision."""

    experiment: Experiment
    environment: Environment
    time: AnalysisTime
    counts: UnitCounts
    metrics: list[tuple[MetricUse, Metric, Measurement]]
    decided: bool

    def options(self, metric: Metric) -> AnalysisOptions:
        """Of a part of the data, which may be read at any time."""
        counts = self.counts
        moment = Moment(sum(counts.units.values()), counts.last_at, self.time.shown)
        options = analysis_options(self.experiment, metric, moment)
        if self.decided:
            return replace(options, complete=True)
        return replace(options, mode=Mode.ALWAYS_VALID, complete=True, planned_units=None, looks_planned=None)

    @property
    def progress(self) -> PlanProgress:
        units = Counter[str]()
        for (_, variation), count in self.counts.units.items():
            units[variation] += count
        progress = progress_of(self.experiment, Traffic(self.time.shown, units, self.counts.days), ())
        return replace(progress, complete=progress.complete or self.decided)
