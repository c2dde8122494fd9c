"""One metric at one moment: what its official looks decided, what stands beside them, what a reading leaves behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType

from service_kit.logs import get_logger
from stats import (
    AnalysisOptions,
    CappedArms,
    Comparison,
    Look,
    Memory,
    MetricResult,
    MetricSpec,
    Summary,
    analyse_metric,
)

from analytics.catalog.entries import Experiment, Metric, MetricUse
from analytics.results.definitions import metric_digest
from analytics.results.measurements import UNCOMPUTABLE, Measurement, problem_of
from analytics.results.plan_options import (
    Moment,
    analysis_options,
    at_look,
    metric_spec,
    scaled,
    with_history,
    with_memory,
)
from analytics.results.post_stratification import PostStratifiedBlock
from analytics.results.recorded_looks import OfficialLook

_log = get_logger("results")
LOOKS_HELD = 4096


@dataclass(frozen=True, slots=True)
class MetricAnalysis:
    """A metric's analysis. `result` None: the metric can't be analysed, and `problem` says why.

    `latest`: of a plan that has decided, what there is now, further data and all; it decides nothing. `memory`: what
    this reading has shown for good, by variation. `steps`: of a funnel, how many units took each until now, by
    variation.
    """

    metric: Metric
    use: MetricUse
    result: MetricResult | None
    problem: str = ""
    latest: MetricResult | None = None
    memory: Mapping[str, Memory] = field(default_factory=dict)
    post_stratified: Mapping[str, PostStratifiedBlock] = field(default_factory=dict)
    steps: Mapping[str, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricData:
    """Everything that was measured of one metric: now, at the looks, and what earlier readings remember."""

    use: MetricUse
    metric: Metric
    present: Measurement
    looks: Sequence[OfficialLook] = ()
    memory: Mapping[str, Memory] = field(default_factory=dict)


def analysed_metric(experiment: Experiment, data: MetricData, moment: Moment) -> MetricAnalysis:
    """Never raises: what goes wrong with one metric is that metric's problem."""
    metric, use = data.metric, data.use
    try:
        steps = {variation: each for (_, variation), each in data.present.steps.items()}
        return replace(_analysed(experiment, data, moment), steps=steps)
    except UNCOMPUTABLE as error:
        return MetricAnalysis(metric, use, None, problem_of(metric, error))
    except Exception as error:
        _log.error("a metric is not analysed", experiment=experiment.id, metric=metric.key, exc_info=error)
        return MetricAnalysis(metric, use, None, "its analysis failed; the log of the service says how")


def _analysed(experiment: Experiment, data: MetricData, moment: Moment) -> MetricAnalysis:
    metric, use = data.metric, data.use
    options = with_memory(analysis_options(experiment, metric, moment), data.memory)
    present: MetricResult | None = None
    problem = data.present.problem
    if not problem:
        try:
            present = _result(experiment, data, data.present, options, moment.units)
        except UNCOMPUTABLE as error:
            problem = problem_of(metric, error)
    memory = {each.arm: each.memory for each in present.comparisons if each.memory} if present else {}
    if not data.looks:
        return MetricAnalysis(metric, use, present, problem, memory=memory)
    decided, lacking = _decided(experiment, data)
    if decided is None:
        return MetricAnalysis(metric, use, None, lacking)
    if present is not None:
        comparisons = tuple(_watched(each, present.comparison(each.arm)) for each in decided.comparisons)
        decided = replace(decided, comparisons=comparisons)
    return MetricAnalysis(metric, use, decided, latest=present, memory=memory)


def _decided(experiment: Experiment, data: MetricData) -> tuple[MetricResult | None, str]:
    """The result of the last look, with those before it as its history; else why there is none."""
    history: dict[str, list[tuple[int, Look]]] = {}
    result: MetricResult | None = None
    problem = ""
    for look in data.looks:
        measured = look.measured[metric_digest(data.metric)]
        problem = measured.problem
        if problem:
            result = None
            continue
        then = Moment(look.total, look.reached_at, look.reached_at)
        options = at_look(analysis_options(experiment, data.metric, then))
        result = _result(experiment, data, measured, options, look.total, history)
        for each in result.comparisons:
            if each.look is not None and each.look.official and each.look.taken is not None:
                history.setdefault(each.arm, []).append((look.total, each.look.taken))
    return result, problem


def _result(
    experiment: Experiment,
    data: MetricData,
    measured: Measurement,
    options: AnalysisOptions,
    units: int,
    history: Mapping[str, Sequence[tuple[int, Look]]] = MappingProxyType({}),
) -> MetricResult:
    """The engine's result when there are as many units of all variations, after the looks of `history`.

    Each variation has a planned size and a history of its own.
    """
    arms, spec, control = measured.summaries[""], metric_spec(data.metric, data.use), experiment.control
    analyse = _look_result if options.takes_look else _fresh_result
    counted = {arm: arms[arm].n + arms[control].n for arm in arms if arm != control}
    told = with_history(scaled(options, experiment, counted, units), history, counted, units)
    return analyse(_EngineCall.of(spec, arms, control, told, measured.capped))


@dataclass(frozen=True, slots=True)
class _EngineCall:
    """What the engine is asked; the same text is the same question."""

    text: str
    spec: MetricSpec = field(compare=False)
    arms: Mapping[str, Summary] = field(compare=False)
    control: str = field(compare=False)
    options: AnalysisOptions = field(compare=False)
    capped: CappedArms | None = field(compare=False)

    @classmethod
    def of(
        cls,
        spec: MetricSpec,
        arms: Mapping[str, Summary],
        control: str,
        options: AnalysisOptions,
        capped: CappedArms | None,
    ) -> _EngineCall:
        return cls(repr((spec, arms, control, options, capped)), spec, arms, control, options, capped)


def _fresh_result(asked: _EngineCall) -> MetricResult:
    return analyse_metric(asked.spec, asked.arms, control=asked.control, options=asked.options, capped=asked.capped)


@lru_cache(maxsize=LOOKS_HELD)
def _look_result(asked: _EngineCall) -> MetricResult:
    """What a look counted never changes, so a process computes it once."""
    return _fresh_result(asked)


def _watched(decided: Comparison, present: Comparison) -> Comparison:
    """What was decided, under the watch of all that has come: harm to a guardrail is seen between looks and after."""
    if decided.guardrail is None or present.guardrail is None:
        return decided
    now = present.guardrail
    harmed = now.state == "deteriorated" and decided.guardrail.state != "pass"
    return replace(
        decided,
        memory=present.memory,
        guardrail=replace(
            decided.guardrail,
            state=now.state if harmed else decided.guardrail.state,
            deterioration_p=now.deterioration_p,
            deterioration_alpha=now.deterioration_alpha,
        ),
    )
