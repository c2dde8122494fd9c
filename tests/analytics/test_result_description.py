"""A result is described once: the answer, its schema, and the tables follow from the description."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import msgspec
import pytest
from analytics.catalog.entries import Experiment
from analytics.results.comparison_documents import (
    ComparisonDocument,
    CupedDocument,
    FixedHorizonDocument,
    OmnibusDocument,
    ReadingDocument,
    WinsorDocument,
)
from analytics.results.documents import (
    FILE,
    RESULT_DATASET,
    RESULT_FILE,
    DecisionDocument,
    ResultDocument,
    result_document,
)
from analytics.results.explanation import ExplainedResultDocument, explained
from analytics.results.metric_documents import MetricDocument, MetricVariation
from analytics.results.sample_ratio_documents import SampleRatioDocument
from analytics.results.segment_documents import daily_document, segmented_document
from analytics.results.segments import SegmentAnalyst
from analytics.tables.columns import InTable, Table
from analytics.tables.files import as_csv
from analytics.warehouse.experiments import AskedQuery
from pydantic import TypeAdapter
from stats import (
    Comparison,
    CupedBlock,
    Decision,
    FixedHorizon,
    MetricResult,
    Omnibus,
    Reading,
    SampleRatioResult,
    Test,
    WinsorBlock,
)

from tests.analytics.answers import written
from tests.analytics.result_cases import COOKIE_CATS, ENVIRONMENT, MOMENT, PLANS, analyst, experiment, reader

NOT_ANSWERED = {
    # The arms are the variation's own; looks and memory are the plan's progress; many to one stands at a fixed horizon.
    (Comparison, ComparisonDocument): {"arm", "n_treatment", "n_control", "look", "memory", "p_many_to_one"},
    # The test is answered figure by figure.
    (FixedHorizon, FixedHorizonDocument): {"test"},
    (Test, FixedHorizonDocument): set(),
    (CupedBlock, CupedDocument): set(),
    (WinsorBlock, WinsorDocument): set(),
    (Omnibus, OmnibusDocument): set(),
    (Reading, ReadingDocument): set(),
    (Decision, DecisionDocument): {"arm"},
    # Arms and comparisons are answered as variations; mode and direction are the plan's and the metric's.
    (MetricResult, MetricDocument): {
        "arms",
        "comparisons",
        "kind",
        "mode",
        "direction",
        "engine_version",
        "is_guardrail",
        "invalid_field",
    },
    # Parallel lists are answered per variation.
    (SampleRatioResult, SampleRatioDocument): {
        "arms",
        "observed",
        "observed_share",
        "expected_share",
        "max_abs_deviation",
        "notices",
    },
}


async def result_of(chosen: Experiment, units: int = 3000, *, cookie_cats: bool = False) -> ResultDocument:
    made = analyst(reader(units, cookie_cats=cookie_cats))
    return result_document(await made.analyse(chosen, ENVIRONMENT, MOMENT))


@pytest.mark.parametrize("units", [0, 3, 40, 3000])
@pytest.mark.parametrize("plan", PLANS)
async def test_an_answer_is_what_its_schema_says(plan: str, units: int) -> None:
    asked = reader(units)
    segments = SegmentAnalyst(asked, analyst(asked))

    written(await result_of(experiment(plan), units))
    written(segmented_document(await segments.by_segment(experiment(plan), ENVIRONMENT, MOMENT, "country")))
    written(daily_document(await segments.over_time(experiment(plan), ENVIRONMENT, MOMENT)))


async def test_an_experiment_that_has_not_started_has_an_answer() -> None:
    document = written(await result_of(replace(experiment(), assigns=False, start_at=None)))

    assert document["experiment"]["mode"] == "observes"
    assert document["summary"] == "The experiment has not started."


async def test_an_explanation_stands_at_the_end_of_the_same_result() -> None:
    result = await result_of(experiment())
    question = AskedQuery("unit_counts", "SELECT 1", {"flag": "checkout"}, [{"units": 3}])

    document = written(explained(result, [question]))

    assert list(document) == [*written(result), "explanation"]
    assert document["explanation"] == [
        {"query": "unit_counts", "sql": "SELECT 1", "parameters": {"flag": "checkout"}, "rows": [{"units": 3}]}
    ]
    assert {each.name for each in fields(ExplainedResultDocument)} == set(document)


async def test_cookie_cats_as_published() -> None:
    document = written(await result_of(COOKIE_CATS, cookie_cats=True))

    treated = document["metrics"][0]["variations"][1]
    assert (treated["units"], treated["rate"]) == (45_489, 8279 / 45_489)
    assert treated["comparison"]["fixed_horizon"]["p_value"] == pytest.approx(0.00155, abs=5e-5)


@pytest.mark.parametrize(
    ("engine", "described"), NOT_ANSWERED, ids=lambda each: each.__name__ if isinstance(each, type) else None
)
def test_each_figure_of_the_engine_is_answered_or_left_out_on_purpose(engine: Any, described: Any) -> None:
    left_out = {each.name for each in fields(engine)} - {each.name for each in fields(described)}
    assert left_out == NOT_ANSWERED[engine, described]


@dataclass(frozen=True, slots=True, kw_only=True)
class WiderVariation(MetricVariation):
    conversions: InTable[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class WiderMetric(MetricDocument):
    variations: list[WiderVariation]  # type: ignore[assignment]


@dataclass(frozen=True, slots=True, kw_only=True)
class WiderResult(ResultDocument):
    metrics: list[WiderMetric]  # type: ignore[assignment]


def widened(described: Any, document: Any, **more: Any) -> Any:
    return described(**{each.name: getattr(document, each.name) for each in fields(document)} | more)


async def test_a_field_of_the_description_alone_is_in_answer_schema_and_table() -> None:
    result = await result_of(experiment())
    metrics = [
        widened(
            WiderMetric,
            metric,
            variations=[
                widened(WiderVariation, each, conversions=number) for number, each in enumerate(metric.variations)
            ],
        )
        for metric in result.metrics
    ]
    wider = widened(WiderResult, result, metrics=metrics)
    table = Table(WiderResult, FILE)

    answered = msgspec.json.decode(msgspec.json.encode(wider))
    assert answered["metrics"][0]["variations"][2]["conversions"] == 2
    schema = TypeAdapter(WiderResult).json_schema()
    assert schema["$defs"]["WiderVariation"]["properties"]["conversions"] == {"title": "Conversions", "type": "integer"}
    assert table.columns["conversions"] is int
    assert set(table.columns) - set(RESULT_FILE.columns) == {"conversions"}
    assert [line["conversions"] for line in table.lines(wider)][:3] == [0, 1, 2]
    assert b"conversions" in as_csv(table.columns, table.lines(wider)).splitlines()[0]


def test_a_field_that_is_not_filled_names_itself() -> None:
    with pytest.raises(TypeError, match="conversions"):
        WiderVariation(  # type: ignore[call-arg]
            variation="on",
            is_control=False,
            units=1,
            mean=None,
            rate=None,
            standard_error=None,
            lower=None,
            upper=None,
            latest=None,
            comparison=None,
        )


async def test_a_line_holds_the_figures_of_its_variation() -> None:
    result = await result_of(experiment("always_valid"))
    lines = RESULT_FILE.lines(result)

    assert len(lines) == sum(len(metric.variations) for metric in result.metrics)
    treated = result.metrics[0].variations[1]
    assert treated.comparison is not None
    assert lines[1] == {
        "experiment": "checkout-test",
        "project": "shop",
        "environment": "production",
        "computed_at": result.computed_at,
        "metric": "purchase",
        "role": "goal",
        "aggregation": "conversion",
        "variation": "on",
        "is_control": False,
        "units": treated.units,
        "mean": treated.mean,
        "standard_error": treated.standard_error,
        "lower": treated.lower,
        "upper": treated.upper,
        "status": "ok",
        "difference": treated.comparison.difference.estimate,
        "difference_lower": treated.comparison.difference.lower,
        "difference_upper": treated.comparison.difference.upper,
        "lift": treated.comparison.lift.estimate,
        "lift_lower": treated.comparison.lift.lower,
        "lift_upper": treated.comparison.lift.upper,
        "p_value": treated.comparison.p_value,
        "adjusted_p": treated.comparison.adjusted_p,
        "significant": treated.comparison.significant,
        "reading": treated.comparison.reading.state,
        "guardrail": None,
        "guardrail_p_value": None,
        "guardrail_bound": None,
        "method": treated.comparison.reading.method,
    }
    assert list(lines[1]) == list(RESULT_FILE.columns)


def test_the_dataset_has_the_file_s_columns_and_its_own() -> None:
    own = {"experiment_id", "sample_ratio_mismatch", "sample_ratio_p_value", "engine_version"}
    assert set(RESULT_DATASET.columns) - set(RESULT_FILE.columns) == own
    assert set(RESULT_FILE.columns) - set(RESULT_DATASET.columns) == {"computed_at"}


@dataclass
class Inner:
    figure: InTable[float]


@dataclass
class TwoLists:
    first: list[Inner]
    second: list[Inner]


@dataclass
class OneNameTwice:
    figure: InTable[float]
    inner: Inner


@dataclass
class NoColumn:
    figures: InTable[dict[str, float]]


@pytest.mark.parametrize(
    ("described", "named"),
    [(TwoLists, "second and first"), (NoColumn, "NoColumn.figures"), (OneNameTwice, "OneNameTwice.inner")],
)
def test_a_description_that_is_no_table_names_the_place(described: type, named: str) -> None:
    with pytest.raises(TypeError, match=named):
        Table(described, FILE)
