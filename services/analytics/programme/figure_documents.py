"""A programme's figures as the API answers them."""

from __future__ import annotations

from dataclasses import dataclass

from stats import ENGINE_VERSION, Programme, ShrunkenEffect

from analytics.catalog.entries import Environment
from analytics.instants import rfc3339
from analytics.programme.figures import Finding, ProgrammeFigures

CAUTION = (
    "expected lifts take the true lifts of the programme as draws from one normal distribution; treatments "
    "that share a control count as if they did not"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingDocument:
    """One treatment. `lift` with `se` is as measured; `expected_lift` is without the luck of being picked. They are
    null where `problem` says why the treatment is not counted."""

    experiment: str
    experiment_id: str
    name: str
    variation: str
    role: str
    status: str
    start_at: str | None
    stop_at: str | None
    reading: str | None
    won: bool
    lift: float | None
    se: float | None
    expected_lift: float | None
    expected_lower: float | None
    expected_upper: float | None
    weight: float | None
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InflationDocument:
    """Of the winners: the mean lift as measured, as expected, and by how much the first is larger."""

    won: int
    measured: float
    expected: float
    excess: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeDocument:
    """`counted` treatments are of experiments that are over; `win_rate` is the share of them that was read as better.
    `mean_lift` and `spread` (standard deviation) are of the true lifts. `left_out`: earlier ones beyond `limit`."""

    project: str
    environment: str
    metric: str
    computed_at: str
    engine_version: str
    alpha: float
    status: str
    counted: int
    won: int
    win_rate: float | None
    win_rate_lower: float | None
    win_rate_upper: float | None
    mean_lift: float | None
    mean_lift_se: float | None
    spread: float | None
    heterogeneity: float | None
    inflation: InflationDocument | None
    caution: str
    left_out: int
    treatments: list[FindingDocument]


def programme_document(environment: Environment, now: int, found: ProgrammeFigures) -> ProgrammeDocument:
    figures = found.figures
    expected = {each.name: each for each in figures.effects}
    return ProgrammeDocument(
        project=environment.project_key,
        environment=environment.key,
        metric=found.metric.key,
        computed_at=rfc3339(now),
        engine_version=ENGINE_VERSION,
        alpha=found.alpha,
        status=figures.status.value,
        counted=figures.measured,
        won=figures.won,
        win_rate=figures.win_rate,
        win_rate_lower=figures.win_rate_lower,
        win_rate_upper=figures.win_rate_upper,
        mean_lift=figures.mean,
        mean_lift_se=figures.mean_se,
        spread=figures.spread,
        heterogeneity=figures.heterogeneity,
        inflation=_inflation(figures),
        caution=CAUTION,
        left_out=found.left_out,
        treatments=[_finding(each, expected.get(each.effect.name) if each.effect else None) for each in found.findings],
    )


def _inflation(figures: Programme) -> InflationDocument | None:
    found = figures.inflation
    if found is None:
        return None
    return InflationDocument(won=found.won, measured=found.measured, expected=found.expected, excess=found.excess)


def _finding(found: Finding, expected: ShrunkenEffect | None) -> FindingDocument:
    experiment, effect = found.experiment, found.effect
    return FindingDocument(
        experiment=experiment.key,
        experiment_id=experiment.id,
        name=experiment.name,
        variation=found.variation,
        role=found.role,
        status=experiment.status,
        start_at=rfc3339(experiment.start_at),
        stop_at=rfc3339(experiment.stop_at),
        reading=found.reading.state.value if found.reading is not None else None,
        won=effect.won if effect is not None else False,
        lift=effect.estimate if effect is not None else None,
        se=effect.se if effect is not None else None,
        expected_lift=expected.estimate if expected is not None else None,
        expected_lower=expected.lower if expected is not None else None,
        expected_upper=expected.upper if expected is not None else None,
        weight=expected.weight if expected is not None else None,
        problem=found.problem or None,
    )
