"""An analysis as the JSON of the answer. Every number is finite or null, times are RFC 3339 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stats import ENGINE_VERSION, ArmResult, Comparison, Family, MetricResult, SampleRatioResult, as_document

from analytics.catalog.entries import Environment, Experiment
from analytics.results.analysis import Analysis, MetricAnalysis
from analytics.results.summaries import BINARY
from analytics.results.wording import comparison_sentence, metric_sentences, sample_ratio_sentence, summary_of

Document = dict[str, Any]


def moment(epoch_milliseconds: int | None) -> str | None:
    """RFC 3339 with milliseconds, or None."""
    if epoch_milliseconds is None:
        return None
    text = datetime.fromtimestamp(epoch_milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def analysis_document(analysis: Analysis) -> Document:
    """The whole answer of `GET /v1/experiments/{id}/results`."""
    total = sum(analysis.units.values())
    return {
        "experiment": experiment_document(analysis.experiment, analysis.environment),
        "computed_at": moment(analysis.moment.now),
        "as_of": moment(analysis.moment.as_of),
        "engine_version": ENGINE_VERSION,
        "summary": summary_of(analysis),
        "units": {
            "total": total,
            "in_several_variations": analysis.units_in_several,
            "variations": [
                {"variation": each, "units": count, "share": count / total if total else None}
                for each, count in analysis.units.items()
            ],
        },
        "sample_ratio": sample_ratio_document(analysis.sample_ratio),
        "metrics": [metric_document(metric, analysis.family) for metric in analysis.metrics],
        "missing_metrics": analysis.missing_metrics,
        "family": _family(analysis.family),
        "decisions": [as_document(each) for each in analysis.decisions],
        "health": [as_document(each) for each in analysis.health],
        "exposures_per_day": _per_day(analysis),
    }


def experiment_document(experiment: Experiment, environment: Environment) -> Document:
    return {
        "id": experiment.id,
        "key": experiment.key,
        "name": experiment.name,
        "flag": experiment.flag,
        "project": environment.project_key,
        "environment": environment.key,
        "mode": "assigns" if experiment.assigns else "observes",
        "status": experiment.status,
        "start_at": moment(experiment.start_at),
        "stop_at": moment(experiment.stop_at),
        "control": experiment.control,
        "shares": {each: weight / 100 for each, weight in experiment.shares.items()},
    }


def metric_document(metric: MetricAnalysis, family: Family | None = None) -> Document:
    """One metric: its definition, and per variation the estimate and the comparison with the control."""
    result = metric.result
    return {
        "metric": metric.metric.key,
        "name": metric.metric.name,
        "role": metric.use.role,
        "aggregation": metric.metric.aggregation,
        "higher_is_better": metric.metric.higher_is_better,
        "status": result.status.value if result else "invalid_input",
        "explanation": result.explanation if result else metric.problem,
        "summary": " ".join(metric_sentences(metric)),
        "alpha": result.alpha if result else None,
        "control": result.control if result else None,
        "variations": [_variation(metric, result, arm, family) for arm in result.arms] if result else [],
        "omnibus": as_document(result.omnibus) if result else None,
        "warnings": as_document(result.warnings) if result else [],
        "inputs": as_document(result.inputs) if result else {},
    }


def _variation(metric: MetricAnalysis, result: MetricResult, arm: ArmResult, family: Family | None) -> Document:
    is_control = arm.arm == result.control
    return {
        "variation": arm.arm,
        "is_control": is_control,
        "units": arm.n,
        "mean": arm.mean,
        "rate": arm.mean if metric.metric.aggregation in BINARY else None,
        "standard_error": arm.se,
        "lower": arm.lower,
        "upper": arm.upper,
        "comparison": None if is_control else _comparison(metric, result.comparison(arm.arm), family),
    }


def _comparison(metric: MetricAnalysis, comparison: Comparison, family: Family | None) -> Document:
    document: Document = as_document(comparison)
    test = document.pop("test")
    for known in ("arm", "n_treatment", "n_control"):
        del document[known]
    return {
        **document,
        "units_compared": comparison.n_treatment + comparison.n_control,
        "summary": comparison_sentence(metric, comparison),
        "method": test["method"],
        "statistic_name": test["statistic_name"],
        "statistic": test["statistic"],
        "df": test["df"],
        "p_value": test["p_value"],
        "log10_p": test["log10_p"],
        "adjusted_p": _adjusted_p(metric, comparison, family),
    }


def sample_ratio_document(ratio: SampleRatioResult | None) -> Document | None:
    """The check with each variation's share and expected share."""
    if ratio is None:
        return None
    return {
        "status": ratio.status.value,
        "mismatch": ratio.mismatch,
        "blocks_decision": ratio.blocks_decision,
        "p_value": ratio.p_value,
        "statistic": ratio.statistic,
        "df": ratio.df,
        "method": ratio.method,
        "threshold": ratio.threshold,
        "summary": sample_ratio_sentence(ratio),
        "variations": [
            {
                "variation": arm,
                "units": ratio.observed[index],
                "share": ratio.observed_share[index] if ratio.observed_share else None,
                "expected_share": ratio.expected_share[index],
            }
            for index, arm in enumerate(ratio.arms)
        ],
    }


def _adjusted_p(metric: MetricAnalysis, comparison: Comparison, family: Family | None) -> float | None:
    for member in family.members if family else ():
        if member.metric == metric.metric.key and member.arm == comparison.arm:
            return member.adjusted_p
    return None


def _family(family: Family | None) -> Document | None:
    if family is None:
        return None
    return {"method": family.method, "alpha": family.alpha, "size": family.size}


def _per_day(analysis: Analysis) -> list[Document]:
    """New units per day, and how many there are until the end of that day."""
    running = dict.fromkeys(analysis.units, 0)
    documents = []
    for day, counts in sorted(analysis.days.items()):
        for variation, count in counts.items():
            running[variation] += count
        variations = [
            {"variation": each, "units": counts.get(each, 0), "cumulative_units": running[each]} for each in running
        ]
        documents.append({"date": day, "units": sum(counts.values()), "variations": variations})
    return documents
