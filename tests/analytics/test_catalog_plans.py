"""What analytics reads of an experiment's plan, its guardrails and who is analysed."""

from __future__ import annotations

from typing import Any

import pytest
from analytics.catalog.entries import Experiment, LiftPrior, MetricUse, Plan, experiment_of, plan_of
from bucketing.flagset import Comparison, ExperimentMode, Share
from bucketing.flagset import Experiment as Engine
from messages.documents import experiment_document
from messages.generated import config_pb2 as pb

HALVES = (Share("a", 5000), Share("b", 5000))
DOCUMENT = experiment_document(Engine("x", "f", ExperimentMode.OBSERVES, HALVES, 1))


def experiment(**fields: Any) -> Experiment:
    wire = pb.Experiment(id="id", status=pb.EXPERIMENT_STATUS_RUNNING, document=DOCUMENT, **fields)
    return experiment_of("e1", wire)


def test_a_plan_that_says_nothing_is_always_valid_with_the_defaults() -> None:
    assert plan_of(pb.AnalysisPlan()) == Plan()
    assert (Plan().alpha, Plan().power, Plan().mode, Plan().minimum_days) == (0.05, 0.8, "always_valid", 7)


def test_a_fixed_plan_without_an_end_is_always_valid() -> None:
    fixed = pb.SEQUENTIAL_MODE_FIXED
    assert plan_of(pb.AnalysisPlan(mode=fixed)).mode == "always_valid"
    assert plan_of(pb.AnalysisPlan(mode=fixed, planned_units=100)).mode == "fixed"
    assert plan_of(pb.AnalysisPlan(mode=fixed, planned_end=1_800_000_000_000)).mode == "fixed"


def test_each_field_of_a_plan_arrives() -> None:
    wire = pb.AnalysisPlan(
        alpha=0.01,
        power=0.9,
        mode=pb.SEQUENTIAL_MODE_GROUP,
        planned_units=8000,
        planned_end=5,
        planned_looks=4,
        boundary=pb.BOUNDARY_POCOCK,
        n_star=3000,
        minimum_days=0,
        correction="benjamini_hochberg",
        cuped=True,
        covariates=["visits", "spend"],
        post_stratify_by="country",
        matured_only=True,
        bayes=pb.BayesPrior(lift_mean=0.01, lift_sd=0.05),
    )
    assert plan_of(wire) == Plan(
        alpha=0.01,
        power=0.9,
        mode="group",
        planned_units=8000,
        planned_end=5,
        planned_looks=4,
        boundary="pocock",
        n_star=3000,
        minimum_days=0,
        correction="benjamini_hochberg",
        cuped=True,
        covariates=("visits", "spend"),
        post_stratify_by="country",
        matured_only=True,
        bayes=LiftPrior(0.01, 0.05),
    )
    assert plan_of(pb.AnalysisPlan(bayes=pb.BayesPrior())).bayes == LiftPrior(0.0, None)


def test_a_correction_that_is_none_is_the_default() -> None:
    assert plan_of(pb.AnalysisPlan(correction="none")).correction == "holm"


@pytest.mark.parametrize(
    ("wire", "margin", "kind"),
    [
        (pb.ExperimentMetric(margin=0.02), 0.02, "relative"),
        (pb.ExperimentMetric(margin=0.02, margin_kind=pb.MARGIN_KIND_RELATIVE), 0.02, "relative"),
        (pb.ExperimentMetric(margin=30.0, margin_kind=pb.MARGIN_KIND_ABSOLUTE), 30.0, "absolute"),
        (pb.ExperimentMetric(), None, "relative"),
        (pb.ExperimentMetric(margin=1.0), None, "relative"),
        (pb.ExperimentMetric(margin=float("nan")), None, "relative"),
    ],
    ids=["unsaid", "relative", "absolute", "none-given", "everything", "nan"],
)
def test_a_guardrail_has_the_margin_that_was_given(wire: pb.ExperimentMetric, margin: float | None, kind: str) -> None:
    wire.metric, wire.role = "errors", pb.METRIC_ROLE_GUARDRAIL
    use = experiment(metrics=[wire]).metrics[0]
    assert (use.margin, use.margin_kind, use.decides) == (margin, kind, margin is not None)


def test_goals_decide_and_secondary_metrics_do_not() -> None:
    assert MetricUse("m", "goal").decides
    assert not MetricUse("m", "secondary").decides


def test_who_is_analysed_arrives() -> None:
    condition = b'{"attribute": "country", "operator": "eq", "value": "DE"}'
    found = experiment(trigger_event="checkout_opened", exposure_filter=condition)
    assert found.trigger_event == "checkout_opened"
    assert found.exposure_filter == Comparison("country", "eq", "DE")
    assert (experiment().trigger_event, experiment().exposure_filter) == ("", None)


@pytest.mark.parametrize(
    "document", [b"{", b"[]", b'{"attribute": "a", "operator": "unheard", "value": 1}', b"[" * 9999]
)
def test_a_filter_that_this_version_cannot_read_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of JSON, of the shape, of the operator
        experiment(exposure_filter=document)
