"""An experiment's result: the one description that the answer, its OpenAPI schema, the tables and the report share.

Every number of the JSON is finite or null (an infinite one becomes null), times are RFC 3339 in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from stats import ENGINE_VERSION, Decision, Mode, Notice, Verdict

from analytics.catalog.entries import Environment, Experiment
from analytics.instants import rfc3339
from analytics.results.analysis import Analysis
from analytics.results.comparison_documents import same
from analytics.results.disturbances import DisturbancesDocument, disturbances_document
from analytics.results.health import HealthCheck
from analytics.results.metric_documents import (
    FamilyDocument,
    MetricDocument,
    family_document,
    metric_document,
)
from analytics.results.phase_documents import PauseDocument, PhaseDocument, pause_documents, phase_documents
from analytics.results.sample_ratio_documents import (
    DATASET,
    SampleRatioDocument,
    VariationUnits,
    sample_ratio_document,
)
from analytics.results.sentences import decision_sentence, progress_sentence, summary_of
from analytics.tables.columns import Column, InTable, Table

FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentDocument:
    """`shares`: expected ones, in percent by variation. Start, stop, control and shares are those of the `phase`."""

    id: Annotated[str, Column("experiment_id", only=DATASET)]
    key: Annotated[str, Column("experiment")]
    name: str
    flag: str
    project: InTable[str]
    environment: InTable[str]
    mode: Literal["assigns", "observes"]
    status: str
    start_at: str | None
    stop_at: str | None
    control: str
    shares: dict[str, float]
    phase: int
    phases: list[PhaseDocument]
    pauses: list[PauseDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsDocument:
    """The analysed units; those `in_several_variations` are left out of every figure. `overridden`: users whom an
    override served while the experiment ran: these exposures are left out."""

    total: int
    in_several_variations: int
    overridden: int
    variations: list[VariationUnits]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayVariation:
    variation: str
    units: int
    cumulative_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDocument:
    """New units of a day, and how many there are until its end."""

    date: str
    units: int
    variations: list[DayVariation]


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceDocument:
    """Units that came after the plan's last look: counted, and in no figure that decides."""

    variation: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDocument:
    """The plan, and how far the experiment is in it. Units are over all variations.

    `mode`: the one that decides. `decided_at`: the moment whose data the last look holds. `readable_at` null: it can be
    read now, or nobody knows when. `units_per_day`: the present traffic.
    """

    mode: Mode
    alpha: float
    power: float
    correction: str
    units: int
    planned_units: int | None
    planned_end: str | None
    looks_taken: int
    looks_planned: int
    next_look_units: int | None
    decided_at: str | None
    since_decision: list[SinceDocument]
    complete: bool
    stopped_early: bool
    days_run: float
    minimum_days: float
    units_per_day: float | None
    readable_at: str | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDocument:
    """What to do with a variation, by which rule, and why."""

    variation: str
    verdict: Verdict
    rule: str
    reasons: tuple[str, ...]
    sentence: str
    days_left: float | None
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDocument:
    """Everything about an experiment at one moment. `computed_at`: what was stored by then is in it, which of a large
    experiment is at most a minute ago. `family`: of the goals; `exploratory_family`: of the secondary metrics."""

    experiment: ExperimentDocument
    computed_at: Annotated[str, Column(only=FILE)]
    as_of: str | None
    engine_version: Annotated[str, Column(after="sample_ratio_p_value", only=DATASET)]
    summary: str
    plan: PlanDocument
    units: UnitsDocument
    sample_ratio: SampleRatioDocument
    metrics: list[MetricDocument]
    missing_metrics: list[str]
    family: FamilyDocument | None
    exploratory_family: FamilyDocument | None
    decisions: list[DecisionDocument]
    health: list[HealthCheck]
    disturbances: DisturbancesDocument
    exposures_per_day: list[DayDocument]


RESULT_FILE = Table(ResultDocument, FILE)
"""What is downloaded: a line per metric and variation."""
RESULT_DATASET = Table(ResultDocument, DATASET)
"""The same as a dataset of an export, which says by itself when a row was taken."""


def result_document(analysis: Analysis) -> ResultDocument:
    total = sum(analysis.units.values())
    judgement = analysis.judgement
    judged = judgement.judged(analysis.progress)
    return ResultDocument(
        experiment=experiment_document(analysis.experiment, analysis.environment),
        computed_at=rfc3339(analysis.computed_at),
        as_of=rfc3339(analysis.time.as_of),
        engine_version=ENGINE_VERSION,
        summary=summary_of(analysis),
        plan=_plan(analysis),
        units=UnitsDocument(
            total=total,
            in_several_variations=analysis.units_in_several,
            overridden=analysis.users_overridden,
            variations=[
                VariationUnits(variation=each, units=count, share=count / total if total else None)
                for each, count in analysis.units.items()
            ],
        ),
        sample_ratio=sample_ratio_document(analysis.sample_ratio, analysis.mismatch_sources),
        metrics=[metric_document(metric, judged) for metric in analysis.metrics],
        missing_metrics=analysis.missing_metrics,
        family=family_document(judgement.goals),
        exploratory_family=family_document(judgement.exploratory),
        decisions=[_decision(each) for each in analysis.decisions],
        health=analysis.health,
        disturbances=disturbances_document(analysis.experiment, analysis.time.shown),
        exposures_per_day=_per_day(analysis),
    )


def _plan(analysis: Analysis) -> PlanDocument:
    plan, progress = analysis.experiment.plan, analysis.progress
    return PlanDocument(
        mode=progress.mode,
        alpha=plan.alpha,
        power=plan.power,
        correction=plan.correction,
        units=progress.units,
        planned_units=progress.planned_units,
        planned_end=rfc3339(plan.planned_end),
        looks_taken=progress.looks_taken,
        looks_planned=progress.looks_planned,
        next_look_units=progress.next_look_units,
        decided_at=rfc3339(progress.decided_at),
        since_decision=[SinceDocument(variation=name, units=count) for name, count in progress.since.items()],
        complete=progress.complete,
        stopped_early=progress.stopped_early,
        days_run=progress.days_run,
        minimum_days=progress.minimum_days,
        units_per_day=progress.units_per_day,
        readable_at=rfc3339(progress.readable_at),
        sentence=progress_sentence(progress),
    )


def _decision(decision: Decision) -> DecisionDocument:
    return DecisionDocument(
        **same(DecisionDocument, decision), variation=decision.arm, sentence=decision_sentence(decision)
    )


def experiment_document(experiment: Experiment, environment: Environment) -> ExperimentDocument:
    return ExperimentDocument(
        id=experiment.id,
        key=experiment.key,
        name=experiment.name,
        flag=experiment.flag,
        project=environment.project_key,
        environment=environment.key,
        mode=experiment.mode,
        status=experiment.status,
        start_at=rfc3339(experiment.start_at),
        stop_at=rfc3339(experiment.stop_at),
        control=experiment.control,
        shares=experiment.percentages,
        phase=experiment.phase,
        phases=phase_documents(experiment),
        pauses=pause_documents(experiment),
    )


def _per_day(analysis: Analysis) -> list[DayDocument]:
    running = dict.fromkeys(analysis.units, 0)
    documents = []
    for day, counts in sorted(analysis.days.items()):
        for variation, count in counts.items():
            running[variation] += count
        variations = [
            DayVariation(variation=each, units=counts.get(each, 0), cumulative_units=running[each]) for each in running
        ]
        documents.append(DayDocument(date=day, units=sum(counts.values()), variations=variations))
    return documents
