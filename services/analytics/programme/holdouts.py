"""What a programme did to the users it reached: those that a holdout keeps out of its experiments against the rest.

Counted are users who were exposed to a flag of the holdout's experiments, on either side, from the first start on;
what they were served there does not matter. Readings are of the always-valid test, for it may be asked at any time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bucketing.flagset import BUCKET_COUNT
from messages.aggregations import Absence
from service_kit.problems import NotFound
from stats import AnalysisOptions, Comparison, Mode, SampleRatioResult, analyse_metric, check_sample_ratio

from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse
from analytics.results.analysis import AnalysisTime
from analytics.results.measurements import UNCOMPUTABLE, Measurement, MeasurementOptions, Measurer, problem_of
from analytics.results.plan_options import metric_spec
from analytics.results.scope import window_of
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import END_OF_TIME, HELD_OUT, REST, HoldoutScope

DAY_MILLISECONDS = 86_400_000
DAYS_OF_YEAR = 365.25
HASHED = "user keys are stored as pseudonyms in this environment, so that nobody can tell which users are held out"
OTHER_UNITS = "its experiments assign other units than users, so that exposures don't say which users are held out"


class HoldoutNotFound(NotFound):
    default_code = "holdout_not_found"


@dataclass(frozen=True, slots=True)
class HeldExperiments:
    """A holdout in one environment: its share in hundredths of a percent, and its experiments that have started and
    assign users. Of a share that was changed the latest counts, with the experiments that had it. `problem`: why its
    effect can't be known, empty if it can."""

    key: str
    share: int
    experiments: tuple[Experiment, ...]
    problem: str = ""

    @property
    def start(self) -> int:
        return min(each.began_at or 0 for each in self.experiments)

    @property
    def stop(self) -> int:
        """When the last one stopped; a time far away while one runs."""
        return max(each.stop_at or END_OF_TIME for each in self.experiments)


@dataclass(frozen=True, slots=True)
class HoldoutEffect:
    """One metric: the rest against the held out. `total` is what the difference makes over all users of the rest since
    the start, `yearly` the same of a year at this pace (estimate, lower, upper); None where numbers don't add up."""

    metric: Metric
    comparison: Comparison | None = None
    total: tuple[float | None, ...] | None = None
    yearly: tuple[float | None, ...] | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class HoldoutEffects:
    """`units`: users on each side; `sample_ratio`: whether they are as many as the share says."""

    held: HeldExperiments
    days: float
    units: dict[str, int]
    sample_ratio: SampleRatioResult | None
    effects: tuple[HoldoutEffect, ...]


def held_experiments(
    environment: Environment, experiments: Sequence[Experiment], key: str, now: int
) -> HeldExperiments:
    """Raises HoldoutNotFound."""
    shares = [
        (each, holdout.share)
        for each in experiments
        if each.start_at is not None and each.start_at < now
        for holdout in each.holdouts
        if holdout.key == key
    ]
    if not shares:
        raise HoldoutNotFound("no experiment of this environment that has started names this holdout")
    share = max(shares, key=lambda each: each[0].start_at or 0)[1]
    same = tuple(each for each, of in shares if of == share)
    of_users = tuple(each for each in same if not each.bucket_by)
    problem = HASHED if environment.hash_user_keys else "" if of_users else OTHER_UNITS
    return HeldExperiments(key, share, of_users or same, problem)


async def holdout_effects(
    warehouse: Warehouse, environment: Environment, held: HeldExperiments, time: AnalysisTime, metrics: Sequence[Metric]
) -> HoldoutEffects:
    """Raises WarehouseError."""
    days = max(min(held.stop, time.shown) - held.start, 0) / DAY_MILLISECONDS
    if held.problem:
        return HoldoutEffects(held, days, {}, None, ())
    scope = HoldoutScope(
        organization_id=environment.organization_id,
        environment_id=environment.id,
        flag="",
        experiment="",
        variations=(HELD_OUT, REST),
        start=held.start,
        stop=held.stop,
        as_of=time.received_until,
        flags=tuple(sorted({each.flag for each in held.experiments})),
        seed=f"{environment.salt}holdout:{held.key}",
        share=held.share,
    )
    reader = ExperimentReader(warehouse)
    reader.expect(scope, [window_of(each) for each in metrics])
    counts = await reader.unit_counts(scope)
    groups = {("", side): counts.units.get(("", side), 0) for side in scope.variations}
    units = {side: groups["", side] for side in scope.variations}
    measurer = Measurer(reader, scope, groups, MeasurementOptions())
    measured = await asyncio.gather(*(measurer.measure(each) for each in metrics))
    weights = {HELD_OUT: float(held.share), REST: float(BUCKET_COUNT - held.share)}

    def computed() -> HoldoutEffects:
        found = zip(metrics, measured, strict=True)
        effects = tuple(_effect(metric, each, units[REST], days) for metric, each in found)
        return HoldoutEffects(held, days, units, check_sample_ratio(units, weights), effects)

    return await asyncio.to_thread(computed)


def _effect(metric: Metric, measured: Measurement, reached: int, days: float) -> HoldoutEffect:
    if measured.problem:
        return HoldoutEffect(metric, problem=measured.problem)
    spec = metric_spec(metric, MetricUse(metric.key, "secondary"))
    try:
        result = analyse_metric(
            spec,
            measured.summaries[""],
            control=HELD_OUT,
            options=AnalysisOptions(mode=Mode.ALWAYS_VALID),
            capped=measured.capped,
        )
    except UNCOMPUTABLE as error:
        return HoldoutEffect(metric, problem=problem_of(metric, error))
    comparison = result.comparison(REST)
    if metric.aggregation.absence is not Absence.ZERO or not metric.aggregation.per_unit or days <= 0:
        return HoldoutEffect(metric, comparison)
    found = comparison.difference
    per_user = (found.estimate, found.lower, found.upper)
    total = tuple(None if each is None else each * reached for each in per_user)
    yearly = tuple(None if each is None else each * DAYS_OF_YEAR / days for each in total)
    return HoldoutEffect(metric, comparison, total, yearly)
