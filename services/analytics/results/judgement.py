"""What may be read from an experiment: the families, a reading per comparison, a decision per variation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stats import Decision, Family, MetricResult, Progress, Reading, SampleRatioResult, adjust_family, decide, read

from analytics.catalog.entries import Experiment, MetricUse, Role
from analytics.results.metric_analysis import MetricAnalysis
from analytics.results.plan_options import pair_share
from analytics.results.progress import PlanProgress

CORRECTIONS = {"holm": "holm", "benjamini_hochberg": "bh"}
EXPLORATORY = "bh"


@dataclass(frozen=True, slots=True)
class Judged:
    """What may be read from comparisons, by metric and variation, and when more may be: at `units_needed` of all
    variations, about `readable_at` (epoch milliseconds). Now there are `units`."""

    readings: Mapping[tuple[str, str], Reading]
    units: int
    units_needed: int | None = None
    readable_at: int | None = None

    def reading(self, metric: str, arm: str) -> Reading:
        return self.readings[metric, arm]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`goals`: the tests of all goals and variations, adjusted together; `exploratory`: the same of secondary metrics.
    `readings`: by metric and variation."""

    goals: Family | None
    exploratory: Family | None
    readings: Mapping[tuple[str, str], Reading]

    def judged(self, progress: PlanProgress) -> Judged:
        needed = progress.next_look_units or (None if progress.complete else progress.planned_units)
        return Judged(self.readings, progress.units, needed, progress.readable_at)


def family_role(use: MetricUse) -> Role:
    """The role that it is adjusted with: a guardrail without a margin decides nothing, like a secondary metric."""
    return use.role if use.decides else "secondary"


def correction_of(experiment: Experiment, role: Role) -> str:
    return EXPLORATORY if role == "secondary" else CORRECTIONS[experiment.plan.correction]


def judge(experiment: Experiment, metrics: Sequence[MetricAnalysis], progress: PlanProgress) -> Judgement:
    goals, exploratory = family_of(experiment, metrics, "goal"), family_of(experiment, metrics, "secondary")
    families = {"goal": goals, "secondary": exploratory}
    of_pair = pair_progress(experiment, progress)
    readings: dict[tuple[str, str], Reading] = {}
    for each in metrics:
        if each.result is not None:
            readings |= readings_of(each.result, of_pair, families.get(family_role(each.use)))
    return Judgement(goals, exploratory, readings)


def readings_of(result: MetricResult, progress: Progress, family: Family | None) -> dict[tuple[str, str], Reading]:
    """The reading of each variation of one metric."""
    return {(result.metric, each.arm): read(result, each.arm, progress, family) for each in result.comparisons}


def decisions_of(
    experiment: Experiment,
    metrics: Sequence[MetricAnalysis],
    progress: PlanProgress,
    judged: tuple[Judgement, SampleRatioResult, Sequence[str]],
) -> list[Decision]:
    """One per variation. `judged`: the readings, the sample ratio, and what else forbids a decision."""
    judgement, sample_ratio, problems = judged
    results = [
        replace(each.result, name=each.metric.name) for each in metrics if each.result is not None and each.use.decides
    ]
    if not results:
        return []
    return [
        decide(
            arm,
            results,
            pair_progress(experiment, progress),
            sample_ratio=sample_ratio,
            family=judgement.goals,
            health_problems=problems,
        )
        for arm in experiment.shares
        if arm != experiment.control
    ]


def pair_progress(experiment: Experiment, progress: PlanProgress) -> Progress:
    """The progress of a comparison, which has a share of all units."""
    share = pair_share(experiment)
    planned = max(round(progress.planned_units * share), 1) if progress.planned_units else None
    return Progress(
        round(progress.units * share),
        planned,
        progress.days_run,
        progress.minimum_days,
        progress.units_per_day * share if progress.units_per_day is not None else None,
        progress.complete,
        progress.stopped,
    )


def family_of(experiment: Experiment, metrics: Sequence[MetricAnalysis], role: Role) -> Family | None:
    """Goals by the plan's correction, what decides nothing by one of its own; guardrails with a margin are in none."""
    results = [each.result for each in metrics if each.result is not None and family_role(each.use) == role]
    method = correction_of(experiment, role)
    return adjust_family(results, method, alpha=experiment.plan.alpha) if results else None
