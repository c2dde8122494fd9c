"""Interactions as the API answers them."""

from __future__ import annotations

from dataclasses import dataclass

from stats import ENGINE_VERSION, Interaction

from analytics.catalog.entries import Environment
from analytics.instants import rfc3339
from analytics.programme.interactions import Interactions, MetricInteractions, Pair
from analytics.results.analysis import AnalysisTime
from analytics.results.documents import ExperimentDocument, experiment_document

CAUTION = (
    "exploratory: each p-value is of one fixed look at the units that are in both experiments, and repeated reading is "
    "not paid for; false discoveries are controlled over all pairs and metrics of this answer"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellDocument:
    """Units that saw this variation, and that one of the other experiment."""

    variation: str
    other_variation: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionDocument:
    """The difference to the control among units of the other's control and of its variation, and how much the second is
    larger (`difference`). `found`: the adjusted p is at most alpha."""

    variation: str
    other_variation: str
    status: str
    units: int
    effect_with_control: float | None
    effect_with_variation: float | None
    difference: float | None
    se: float | None
    df: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    log10_p: float | None
    adjusted_p: float | None
    found: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricInteractionsDocument:
    """`problem`: why there are none, null if there are."""

    metric: str
    name: str
    problem: str | None
    interactions: list[InteractionDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairDocument:
    """Another experiment that ran at the same time; `units` are in both, and saw one variation of each."""

    experiment: str
    experiment_id: str
    name: str
    control: str
    units: int
    cells: list[CellDocument]
    problem: str | None
    metrics: list[MetricInteractionsDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionsDocument:
    """`concurrent_experiments` ran at the same time; `pairs` are those of them that were examined, most common units
    first."""

    experiment: ExperimentDocument
    computed_at: str
    as_of: str | None
    engine_version: str
    alpha: float
    correction: str
    caution: str
    concurrent_experiments: int
    pairs: list[PairDocument]


def interactions_document(environment: Environment, time: AnalysisTime, found: Interactions) -> InteractionsDocument:
    return InteractionsDocument(
        experiment=experiment_document(found.experiment, environment),
        computed_at=rfc3339(time.now),
        as_of=rfc3339(time.as_of),
        engine_version=ENGINE_VERSION,
        alpha=found.alpha,
        correction="benjamini_hochberg",
        caution=CAUTION,
        concurrent_experiments=found.concurrent,
        pairs=[_pair(each, found.alpha) for each in found.pairs],
    )


def _pair(pair: Pair, alpha: float) -> PairDocument:
    return PairDocument(
        experiment=pair.other.key,
        experiment_id=pair.other.id,
        name=pair.other.name,
        control=pair.other.control,
        units=pair.units,
        cells=[
            CellDocument(variation=one, other_variation=other, units=units)
            for (one, other), units in pair.cells.items()
        ],
        problem=pair.problem or None,
        metrics=[_metric(each, alpha) for each in pair.metrics],
    )


def _metric(found: MetricInteractions, alpha: float) -> MetricInteractionsDocument:
    return MetricInteractionsDocument(
        metric=found.metric.key,
        name=found.metric.name,
        problem=found.problem or None,
        interactions=[
            _interaction(each, adjusted, alpha) for each, adjusted in zip(found.found, found.adjusted, strict=True)
        ],
    )


def _interaction(found: Interaction, adjusted: float | None, alpha: float) -> InteractionDocument:
    return InteractionDocument(
        variation=found.treatments[0],
        other_variation=found.treatments[1],
        status=found.status.value,
        units=found.n,
        effect_with_control=found.effect_with_control,
        effect_with_variation=found.effect_with_treatment,
        difference=found.difference,
        se=found.se,
        df=found.df,
        lower=found.lower,
        upper=found.upper,
        p_value=found.p_value,
        log10_p=found.log10_p,
        adjusted_p=adjusted,
        found=adjusted is not None and adjusted <= alpha,
    )
