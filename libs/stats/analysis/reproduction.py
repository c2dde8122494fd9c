"""Summaries from documents, so that a warehouse's row or a stored result's inputs can be analysed again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stats.analysis.arms import KINDS, Summary
from stats.analysis.metric import DEFAULT_OPTIONS, CappedArms, analyse_metric
from stats.effects import Lift
from stats.errors import InvalidInputError
from stats.kinds.quantile import ClusterSums
from stats.kinds.winsorisation import Winsorising
from stats.metrics import AnalysisOptions, BayesPrior, Guardrail, Look, Memory, MetricSpec
from stats.results import MetricResult
from stats.statuses import SENTENCES, Status, notice
from stats.version import ENGINE_VERSION

Fields = Mapping[str, Any]


def summary_from(kind: str, fields: Fields) -> Summary:
    """The summary of this kind (a name of `KINDS`) from its fields by name."""
    if kind not in KINDS:
        raise InvalidInputError("kind", f"must be one of {', '.join(KINDS)}")
    given = dict(fields)
    if kind == "quantile" and isinstance(given.get("clusters"), Mapping):
        given["clusters"] = _build(ClusterSums, given["clusters"])
    if kind == "linearised" and isinstance(given.get("outcome"), Mapping):
        given["outcome"] = summary_from(str(given.get("of")), given["outcome"])
    if kind in ("cuped", "linearised") and isinstance(given.get("covariates"), list):
        given["covariates"] = tuple(given["covariates"])
    summary: Summary = _build(KINDS[kind].summary, given)
    return summary


def analyse_aggregates(
    metric: MetricSpec,
    kind: str,
    aggregates: Mapping[str, Fields],
    *,
    control: str,
    options: AnalysisOptions = DEFAULT_OPTIONS,
) -> MetricResult:
    """`analyse_metric` from rows of aggregates; never raises for what stands in them.

    Aggregates that contradict each other give a result with status `invalid_input`, whose
    `invalid_field` names the arm and the field, and no comparisons.
    """
    arms: dict[str, Summary] = {}
    for arm, fields in aggregates.items():
        try:
            arms[arm] = summary_from(kind, fields)
        except InvalidInputError as error:
            return _refused(metric, kind, error.under(arm), control, options)
    return analyse_metric(metric, arms, control=control, options=options)


def reproduce(document: Fields) -> MetricResult:
    """Compute a stored result again from its document: `as_document` of a `MetricResult`, or a metric of the API's
    results, whose `inputs` name the kind."""
    inputs = document["inputs"]
    kind = str(document["kind"] if "kind" in document else inputs["kind"])
    asked = dict(inputs["metric"])
    asked["guardrail"] = _optional(Guardrail, asked["guardrail"])
    given = dict(inputs["options"])
    given["bayes"] = _optional(BayesPrior, given["bayes"])
    given["history"] = {arm: tuple(_look(look) for look in looks) for arm, looks in given["history"].items()}
    given["memory"] = {arm: _build(Memory, fields) for arm, fields in given["memory"].items()}
    arms = {arm: summary_from(kind, fields) for arm, fields in inputs["arms"].items()}
    capped = inputs.get("capped")
    cap = None
    if capped is not None:
        # Covariates are of the capped outcome alone, so the uncapped one may be of another kind.
        plain = str(capped.get("kind", kind))
        uncapped = {arm: summary_from(plain, fields) for arm, fields in capped["uncapped"].items()}
        cap = CappedArms(_build(Winsorising, capped["how"]), uncapped)
    options = _build(AnalysisOptions, given)
    metric = _build(MetricSpec, asked)
    return analyse_metric(metric, arms, control=str(inputs["control"]), options=options, capped=cap)


def _build(kind: Any, fields: Fields) -> Any:
    """Call a dataclass with these fields; a missing or unknown one is an error that names it."""
    known = kind.__dataclass_fields__
    for name in fields:
        if name not in known:
            raise InvalidInputError(name, "is not known")
    try:
        return kind(**fields)
    except TypeError as error:
        missing = next((name for name in known if f"'{name}'" in str(error)), "fields")
        raise InvalidInputError(missing, "is missing") from None


def _look(fields: Fields) -> Look:
    look: Look = _build(Look, {**fields, "lift": _optional(Lift, fields.get("lift"))})
    return look


def _optional(kind: Any, fields: Fields | None) -> Any:
    return None if fields is None else _build(kind, fields)


def _refused(
    metric: MetricSpec, kind: str, error: InvalidInputError, control: str, options: AnalysisOptions
) -> MetricResult:
    return MetricResult(
        metric=metric.key,
        kind=kind,
        status=Status.INVALID_INPUT,
        explanation=f"{SENTENCES[Status.INVALID_INPUT]} {error.field}: {error.reason}",
        control=control,
        arms=(),
        comparisons=(),
        omnibus=None,
        alpha=options.alpha,
        mode=options.mode.value,
        direction=metric.direction.value,
        engine_version=ENGINE_VERSION,
        is_guardrail=metric.guardrail is not None,
        invalid_field=error.field,
        warnings=(notice(Status.INVALID_INPUT, error.field, error.reason),),
    )
