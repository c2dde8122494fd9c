"""Where exposures don't say which unit was assigned: no p-value, no sample ratio, and a sentence what to send."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from analytics.catalog.entries import Plan
from analytics.results.documents import result_document
from analytics.results.segment_documents import daily_document, segmented_document
from analytics.results.segments import SegmentAnalyst
from analytics.warehouse.aggregates import UnitCounts
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import ExposureScope

from tests.analytics.answers import written
from tests.analytics.result_cases import ENVIRONMENT, EXPERIMENT, MOMENT, Aggregates, analyst

SENT = "send the `company` as `unit_key`"
PLANS = {"at any time": Plan(), "at its units": Plan(mode="fixed", planned_units=100)}


class Nameless(Aggregates):
    """A tenth of the users come without their company."""

    async def unit_counts(self, scope: ExposureScope) -> UnitCounts:
        return replace(await super().unit_counts(scope), users_without_unit=900)


@pytest.mark.parametrize("plan", PLANS)
async def test_nothing_is_computed_of_units_that_nobody_names(plan: str) -> None:
    experiment = replace(EXPERIMENT, bucket_by="company", plan=PLANS[plan])
    reader = cast("ExperimentReader", Nameless())
    made = analyst(reader)
    document = written(result_document(await made.analyse(experiment, ENVIRONMENT, MOMENT)))

    assert document["sample_ratio"]["p_value"] is None
    assert document["plan"]["looks_taken"] == 0
    for metric in document["metrics"]:
        assert metric["variations"] == []
        assert SENT in metric["explanation"]
    assert SENT in document["summary"]
    assert {each["name"]: each["state"] for each in document["health"]}["unit_of_analysis"] == "problem"
    assert [each["verdict"] for each in document["decisions"]] == []


async def test_segments_and_days_say_it_too() -> None:
    experiment = replace(EXPERIMENT, bucket_by="company")
    reader = cast("ExperimentReader", Nameless())
    segments = SegmentAnalyst(reader, analyst(reader))
    by_country = written(segmented_document(await segments.by_segment(experiment, ENVIRONMENT, MOMENT, "country")))
    daily = written(daily_document(await segments.over_time(experiment, ENVIRONMENT, MOMENT)))

    assert all(SENT in each["explanation"] for metric in by_country["metrics"] for each in metric["segments"])
    assert all(each["variations"] == [] for metric in daily["metrics"] for each in metric["days"])
