"""Companies are assigned, users are tested: the right answer is computed beside the product's, from the plain rows."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from analytics.catalog.entries import Metric
from analytics.results.analysis import Analysis, AnalysisTime
from analytics.results.documents import result_document
from analytics.warehouse.client import Warehouse
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS
from scipy import stats as scipy_stats

from tests.analytics.answers import written
from tests.integration.test_analytics_metric_kinds import (
    ENVIRONMENT,
    HOUR,
    NOW,
    START,
    _insert,
    analyst,
    experiment,
    metric,
    only_result,
)

SIDES = ("off", "on")


@dataclass
class Companies:
    """Companies of very different size; rates and baskets differ by company, not by variation."""

    users: dict[str, list[str]] = field(default_factory=dict)
    side: dict[str, str] = field(default_factory=dict)
    values: dict[str, list[float]] = field(default_factory=dict)

    @classmethod
    def drawn(cls, seed: int, companies: int = 120) -> Companies:
        drawn, random = cls(), np.random.default_rng(seed)
        for number in range(companies):
            company = f"company-{number}"
            drawn.side[company] = SIDES[int(random.random() < 0.5)]
            rate, basket = random.beta(1, 4), random.exponential(20)
            drawn.users[company] = [f"{company}-{each}" for each in range(int(min(random.pareto(0.9) * 4 + 1, 400)))]
            for user in drawn.users[company]:
                bought = random.random() < rate
                drawn.values[user] = [round(float(each), 2) for each in random.exponential(basket, bought * 2)]
        return drawn

    async def store(self, warehouse: Warehouse, without_unit: int = 0) -> None:
        exposures, events = [], []
        for company, users in self.users.items():
            for user in users:
                exposures.append(exposure(user, company, self.side[company]))
                events += [
                    {
                        "metric": "purchase",
                        "user_key": user,
                        "event_id": f"{user}-{number}",
                        "value": value,
                        "properties": "{}",
                        "occurred_at": START + HOUR,
                    }
                    for number, value in enumerate(self.values[user])
                ]
        exposures += [exposure(f"stranger-{each}", "", SIDES[each % 2]) for each in range(without_unit)]
        await _insert(warehouse, "events_exposure", EXPOSURE_COLUMNS, exposures)
        await _insert(warehouse, "events_metric", METRIC_COLUMNS, events)

    def of(self, side: str) -> list[str]:
        return [company for company in self.users if self.side[company] == side]


def exposure(user: str, company: str, side: str, at: int = START) -> dict[str, Any]:
    return {
        "flag": "checkout",
        "variation": side,
        "user_key": user,
        "unit_key": company,
        "event_id": f"e-{user}-{company}-{side}",
        "config_version": 1,
        "context": "{}",
        "occurred_at": at,
    }


def ratio_test(companies: Companies, number: Any) -> tuple[float, float]:
    """Difference of the users' means and its p: sums over companies, the variance of the ratio by the delta method."""
    means, variances = [], []
    for side in SIDES:
        k = np.array(
            [math.fsum(number(companies.values[user]) for user in companies.users[c]) for c in companies.of(side)]
        )
        n = np.array([len(companies.users[c]) for c in companies.of(side)], float)
        ratio = k.sum() / n.sum()
        spread = np.var(k, ddof=1) - 2 * ratio * np.cov(k, n)[0, 1] + ratio**2 * np.var(n, ddof=1)
        means.append(ratio)
        variances.append(spread / (len(n) * n.mean() ** 2))
    return means[1] - means[0], math.sqrt(sum(variances))


async def analysed(warehouse: Warehouse, measured: Metric) -> Analysis:
    chosen = replace(experiment(), bucket_by="company")
    analysis = await analyst(warehouse, measured).analyse(chosen, ENVIRONMENT, AnalysisTime(NOW))
    written(result_document(analysis))
    return analysis


@pytest.mark.parametrize("aggregation", ["conversion", "sum", "count"])
async def test_users_are_tested_with_the_variance_of_companies(warehouse: Warehouse, aggregation: str) -> None:
    companies = Companies.drawn(1)
    await companies.store(warehouse)
    numbers: dict[str, Callable[[list[float]], float]] = {
        "conversion": lambda each: float(bool(each)),
        "sum": math.fsum,
        "count": len,
    }
    number = numbers[aggregation]

    analysis = await analysed(warehouse, metric(aggregation))

    difference, se = ratio_test(companies, number)
    found = only_result(analysis).comparison("on").fixed_horizon
    assert found.difference.estimate == pytest.approx(difference, rel=1e-9)
    assert found.difference.se == pytest.approx(se, rel=1e-9)
    assert analysis.units == {side: len(companies.of(side)) for side in SIDES}
    counts = [len(companies.of(side)) for side in SIDES]
    assert analysis.sample_ratio.p_value == pytest.approx(scipy_stats.chisquare(counts).pvalue, rel=0.2)
    assert not analysis.sample_ratio.mismatch


async def test_a_metric_per_unit_is_the_company_s_own(warehouse: Warehouse) -> None:
    companies = Companies.drawn(2)
    await companies.store(warehouse)

    analysis = await analysed(warehouse, metric("sum", per="unit"))

    for arm in only_result(analysis).arms:
        sums = [
            math.fsum(value for user in companies.users[c] for value in companies.values[user])
            for c in companies.of(arm.arm)
        ]
        assert arm.n == len(sums)
        assert arm.mean == pytest.approx(np.mean(sums), rel=1e-12)
        assert arm.se == pytest.approx(np.std(sums, ddof=1) / math.sqrt(len(sums)), rel=1e-9)


async def test_a_company_in_two_variations_is_left_out_and_counted(warehouse: Warehouse) -> None:
    companies = Companies.drawn(3)
    await companies.store(warehouse)
    torn = companies.of("off")[0]
    late = exposure("newcomer", torn, "on", START + HOUR)
    await _insert(warehouse, "events_exposure", EXPOSURE_COLUMNS, [late])

    analysis = await analysed(warehouse, metric("sum", per="unit"))

    assert analysis.units == {"off": len(companies.of("off")) - 1, "on": len(companies.of("on"))}
    assert analysis.units_in_several == 1


async def test_exposures_without_a_unit_are_in_no_figure(warehouse: Warehouse) -> None:
    companies = Companies.drawn(4)
    await companies.store(warehouse, without_unit=7)
    grouped: dict[str, int] = defaultdict(int)
    for company, side in companies.side.items():
        grouped[side] += bool(companies.users[company])

    analysis = await analysed(warehouse, metric("conversion"))

    assert analysis.units == dict(grouped)
    assert analysis.units_in_several == 0


async def test_without_any_unit_there_is_no_figure(warehouse: Warehouse) -> None:
    nobody = Companies()
    await nobody.store(warehouse, without_unit=40)

    analysis = await analysed(warehouse, metric("conversion"))

    assert analysis.units == {"off": 0, "on": 0}
    assert analysis.sample_ratio.p_value is None
    [found] = analysis.metrics
    assert found.result is None
    assert "send the `company` as `unit_key`" in found.problem
    summary = written(result_document(analysis))["summary"]
    assert summary.startswith("No unit can be counted. Who the units are is not known: variations are assigned by")
    assert "exposures of 40 users don't name theirs; send the `company` as `unit_key`" in summary
