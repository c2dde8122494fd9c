"""The sample ratio as results tell it: what is remembered, what raises the alarm, and where it comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.results.documents import ResultDocument, result_document
from analytics.results.mismatch_sources import SLICES_MAX, located_ratio
from analytics.results.sample_ratio import sample_ratio_of, segment_ratios_of
from analytics.results.sample_ratio_documents import sample_ratio_document
from analytics.results.scope import scope_of
from analytics.warehouse.aggregates import UnitCounts
from analytics.warehouse.errors import QueryTooExpensive
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import BY_CONFIG_VERSION, BY_DAY, BY_SDK_KEY, ExposureScope
from stats import Status

from tests.analytics.answers import written
from tests.analytics.result_cases import COOKIE_CATS, DAY, ENVIRONMENT, EXPERIMENT, NOW, START, Aggregates, catalog

HALVES = replace(COOKIE_CATS, shares={"off": 5000, "on": 5000}, control="off", metrics=())
Slices = dict[str, tuple[int, int]]


class Shares(Aggregates):
    """Units by day, and by dimension and slice: the last of them loses units of `on`."""

    def __init__(self, days: list[tuple[int, int]], slices: dict[str, Slices] | None = None) -> None:
        super().__init__()
        self.days = days
        self.too_much = "-"
        self._slices = slices or {}

    async def unit_counts(self, scope: ExposureScope) -> UnitCounts:
        self.queries.append(scope.segment)
        if scope.segment == self.too_much:
            raise QueryTooExpensive("too much")
        days = {f"2026-01-{number:02}": {"off": off, "on": on} for number, (off, on) in enumerate(self.days, 5)}
        slices = {day: (units["off"], units["on"]) for day, units in days.items()}
        if scope.segment != BY_DAY:
            slices = self._slices.get(scope.segment, {"": (sum(d[0] for d in self.days), sum(d[1] for d in self.days))})
        units = {(name, arm): n for name, pair in slices.items() for arm, n in zip(("off", "on"), pair, strict=True)}
        return UnitCounts(units, days, 0, START + 13 * DAY)


async def results(shares: Shares) -> ResultDocument:
    analyst = Analyst(cast("ExperimentReader", shares), catalog())
    return result_document(await analyst.analyse(HALVES, ENVIRONMENT, AnalysisTime(NOW)))


def check(result: ResultDocument) -> Any:
    return next(each for each in result.health if each.name == "sample_ratio")


async def test_a_past_day_s_alarm_stays() -> None:
    steady = [(1_000, 1_000)] * 3
    assert not (await results(Shares(steady))).sample_ratio.mismatch
    days = [*steady, (1_000, 500), *[(1_000, 1_045)] * 10]
    result = await results(Shares(days))
    ratio = result.sample_ratio
    assert ratio.p_value is not None
    assert ratio.p_value > ratio.threshold, "it has drifted back"
    assert (ratio.mismatch, ratio.blocks_decision) == (True, True)
    assert ratio.sequential is not None
    assert ratio.sequential.since == "2026-01-08"
    assert "since 2026-01-08" in check(result).finding
    assert check(result).state == "problem"
    assert Status.ALLOCATION_CHANGED in {each.status for each in ratio.warnings}


async def test_an_alarm_names_where_it_comes_from() -> None:
    days = [(1_000, 1_000), (1_000, 1_010), (1_200, 700)]
    keys = {"key-ios": (1_600, 1_620), "key-web": (1_600, 1_090)}
    versions = {"7": (1_610, 1_340), "8": (1_590, 1_370)}
    result = await results(Shares(days, {BY_SDK_KEY: keys, BY_CONFIG_VERSION: versions}))
    ratio = result.sample_ratio
    assert [each.by for each in ratio.sources] == [BY_DAY, BY_SDK_KEY, BY_CONFIG_VERSION]
    first = ratio.sources[1].slices[0]
    assert (first.segment, first.units, first.mismatch) == ("key-web", 2_690, True)
    assert first.variations[0].excess == 255.0
    assert first.threshold == pytest.approx(0.0005)
    assert first.p_elsewhere is not None
    assert first.p_elsewhere > 0.5
    assert sum(each.contribution or 0.0 for each in ratio.sources[1].slices) == pytest.approx(1.0)
    assert "SDK key key-web alone (104% of the deviation" in ratio.summary
    assert "day 2026-01-07 alone" in ratio.summary
    assert written(result)["sample_ratio"]["sources"][1]["slices"][0]["value"] == "key-web"


async def test_without_an_alarm_nothing_more_is_asked() -> None:
    shares = Shares([(1_000, 1_020)])
    assert (await results(shares)).sample_ratio.sources == []
    assert set(shares.queries) == {""}


async def test_one_look_alone_is_a_warning() -> None:
    result = await results(Shares([(50_000, 51_100)]))
    assert result.sample_ratio.p_value is not None
    assert result.sample_ratio.p_value < 0.001
    assert (result.sample_ratio.mismatch, check(result).state) == (False, "warning")
    assert "no alarm yet" in check(result).finding


async def test_sources_are_asked_for_at_any_time_and_by_an_attribute() -> None:
    many = {f'"c{number}"': (40, 40) for number in range(SLICES_MAX + 10)}
    shares = Shares([(1_000, 1_000)], {"country": many})
    shares.too_much = BY_SDK_KEY
    located = await located_ratio(cast("ExperimentReader", shares), scope_of(HALVES, ENVIRONMENT), HALVES, "country")
    document = sample_ratio_document(located.ratio, located.sources)
    assert [each.by for each in document.sources] == [BY_DAY, BY_CONFIG_VERSION, "country"], (
        "one that is too expensive is missing"
    )
    assert (len(document.sources[-1].slices), document.sources[-1].left_out) == (SLICES_MAX, 10)
    assert document.sources[-1].slices[0].segment == "c0"
    assert document.summary.endswith("No country stands out.")


def test_variations_without_a_share() -> None:
    days = {"2026-01-05": {"off": 400, "on": 410, "other": 9}}
    units = {("", arm): count for arm, count in days["2026-01-05"].items()}
    told = sample_ratio_of(
        replace(EXPERIMENT, shares={"off": 5000, "on": 5000, "other": 0}), UnitCounts(units, days, 0, 0)
    )
    assert (told.status, told.mismatch) == (Status.UNEXPECTED_TRAFFIC_IN_ZERO_WEIGHT_ARM, False)
    alone = sample_ratio_of(replace(EXPERIMENT, shares={"off": 0, "on": 10_000}), UnitCounts(units, days, 0, 0))
    assert (alone.status, alone.mismatch) == (Status.NOT_APPLICABLE, None)
    assert sample_ratio_document(alone).summary == "One variation has all units: no shares."


def test_without_what_was_assigned_there_is_no_check() -> None:
    by_company = replace(HALVES, bucket_by="company")
    units = {("", "off"): 610, ("", "on"): 420}
    known = sample_ratio_of(by_company, UnitCounts(units, {}, 0, 0, users_without_unit=9))
    assert (known.mismatch, known.observed) == (True, (610, 420))
    unknown = sample_ratio_of(by_company, UnitCounts(units, {}, 0, 0, users_without_unit=400))
    assert (unknown.status, unknown.mismatch, unknown.p_value) == (Status.NOT_APPLICABLE, None, None)
    assert not unknown.blocks_decision
    assert (
        "Exposures of 400 users don't name their `company`: send `unit_key`" in sample_ratio_document(unknown).summary
    )
    counts = UnitCounts(units, {}, 0, 0, users_without_unit=400)
    assert segment_ratios_of(by_company, counts, {"US": {"off": 610, "on": 420}}) == {"US": unknown}
    assert segment_ratios_of(HALVES, counts, {"US": {"off": 610, "on": 420}})["US"].mismatch
