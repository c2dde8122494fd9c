"""Where an experiment stands, as a list of experiments tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stats import Comparison, Mode, Progress, State, Verdict

from analytics.catalog.entries import Experiment
from analytics.instants import rfc3339
from analytics.results.analysis import Analysis, MetricAnalysis
from analytics.results.health import HealthCheck
from analytics.results.health import State as HealthState
from analytics.results.progress import DAY_MILLISECONDS
from analytics.results.sentences import UNREAD, comparison_sentence, decision_sentence, progress_sentence

StandingState = Literal["computed", "not_started", "waiting", "too_expensive"]
_WORST: tuple[HealthState, ...] = ("problem", "warning", "unknown", "ok")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStanding:
    """How far the plan is. `planned_units` null: no size was planned. `days_left`: to the plan's end at the present
    traffic, null when it is over or nobody knows; `readable_at` is the next moment at which it decides."""

    mode: Mode
    units: int
    planned_units: int | None
    units_per_day: float | None
    days_run: float
    days_left: float | None
    readable_at: str | None
    complete: bool
    stopped_early: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthStanding:
    """The worst state of all checks, and those that are a problem or a warning."""

    state: HealthState
    findings: list[HealthCheck]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictStanding:
    variation: str
    verdict: Verdict
    rule: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalVariation:
    """A variation against the control. Lift and its interval are null while nothing may be read, and where there is
    none."""

    variation: str
    reading: State
    lift: float | None
    lower: float | None
    upper: float | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalStanding:
    """The first goal. `variations` is empty where it can't be analysed, which `sentence` explains."""

    metric: str
    name: str
    higher_is_better: bool
    variations: list[GoalVariation]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingDocument:
    """One experiment. What is null has not been computed: `state` says why."""

    id: str
    key: str
    name: str
    flag: str
    mode: Literal["assigns", "observes"]
    status: str
    phase: int
    start_at: str | None
    stop_at: str | None
    state: StandingState
    computed_at: str | None
    plan: PlanStanding | None
    health: HealthStanding | None
    decisions: list[VerdictStanding]
    goal: GoalStanding | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingPage:
    """`complete`: none of these waits to be computed; else ask again."""

    items: list[StandingDocument]
    complete: bool
    next_cursor: str | None


def missing_standing(experiment: Experiment, state: StandingState) -> StandingDocument:
    return _document(experiment, state)


def standing_document(analysis: Analysis) -> StandingDocument:
    return _document(analysis.experiment, "computed", analysis)


def _document(experiment: Experiment, state: StandingState, analysis: Analysis | None = None) -> StandingDocument:
    return StandingDocument(
        id=experiment.id,
        key=experiment.key,
        name=experiment.name,
        flag=experiment.flag,
        mode=experiment.mode,
        status=experiment.status,
        phase=experiment.phase,
        start_at=rfc3339(experiment.start_at),
        stop_at=rfc3339(experiment.stop_at),
        state=state,
        computed_at=rfc3339(analysis.computed_at) if analysis else None,
        plan=_plan(analysis) if analysis else None,
        health=_health(analysis.health) if analysis else None,
        decisions=_verdicts(analysis) if analysis else [],
        goal=_goal(analysis) if analysis else None,
    )


def _plan(analysis: Analysis) -> PlanStanding:
    progress = analysis.progress
    return PlanStanding(
        mode=progress.mode,
        units=progress.units,
        planned_units=progress.planned_units,
        units_per_day=progress.units_per_day,
        days_run=progress.days_run,
        days_left=_days_left(analysis),
        readable_at=rfc3339(progress.readable_at),
        complete=progress.complete,
        stopped_early=progress.stopped_early,
        sentence=progress_sentence(progress),
    )


def _days_left(analysis: Analysis) -> float | None:
    progress, end = analysis.progress, analysis.experiment.plan.planned_end
    if progress.stopped or progress.complete:
        return None
    by_units = Progress(
        progress.units, progress.planned_units, progress.days_run, progress.minimum_days, progress.units_per_day
    ).days_left
    if end is None or progress.mode is not Mode.FIXED:
        return by_units
    by_end = max((end - analysis.time.shown) / DAY_MILLISECONDS, 0.0)
    return by_end if by_units is None else min(by_units, by_end)


def _health(checks: list[HealthCheck]) -> HealthStanding:
    states = {each.state for each in checks}
    worst: HealthState = next((each for each in _WORST if each in states), "unknown")
    return HealthStanding(state=worst, findings=[each for each in checks if each.state in ("problem", "warning")])


def _verdicts(analysis: Analysis) -> list[VerdictStanding]:
    return [
        VerdictStanding(variation=each.arm, verdict=each.verdict, rule=each.rule, sentence=decision_sentence(each))
        for each in analysis.decisions
    ]


def _goal(analysis: Analysis) -> GoalStanding | None:
    found = next((each for each in analysis.metrics if each.use.role == "goal"), None)
    if found is None:
        return None
    compared = found.result.comparisons if found.result is not None else ()
    variations = [_variation(analysis, found, each) for each in compared]
    return GoalStanding(
        metric=found.metric.key,
        name=found.metric.name,
        higher_is_better=found.metric.higher_is_better,
        variations=variations,
        sentence=" ".join(each.sentence for each in variations) or found.problem,
    )


def _variation(analysis: Analysis, metric: MetricAnalysis, comparison: Comparison) -> GoalVariation:
    judged = analysis.judgement.judged(analysis.progress)
    reading = judged.reading(metric.metric.key, comparison.arm)
    lift = None if reading.state in UNREAD else comparison.lift
    return GoalVariation(
        variation=comparison.arm,
        reading=reading.state,
        lift=lift.estimate if lift else None,
        lower=lift.lower if lift else None,
        upper=lift.upper if lift else None,
        sentence=comparison_sentence(metric, comparison, judged),
    )
