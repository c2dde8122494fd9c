"""Companies are assigned by the edge, what their users do is tested: the right answer is computed beside it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest
from scipy import stats as scipy_stats

from tests.waiting import same, until_blocking

from .conftest import Tenant
from .test_flag_to_results import EXPERIMENT, FLAG, evaluate, exposure, metric, variations_of

SIDES = ("off", "on")
COMPANIES = 60


class Market:
    """Companies of very different size, whose rates and baskets differ by company and not by variation."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.users: dict[str, list[str]] = {}
        self.spent: dict[str, list[float]] = {}
        self.side: dict[str, str] = {}
        for number in range(COMPANIES):
            company, rate, basket = f"company-{number}", random.beta(1, 4), random.exponential(20)
            self.users[company] = [f"{company}-{each}" for each in range(int(min(random.pareto(0.9) * 3 + 1, 120)))]
            for user in self.users[company]:
                bought = 2 if random.random() < rate else 0
                self.spent[user] = [round(float(each), 2) for each in random.exponential(basket, bought)]

    def visit(self, edge: httpx.Client) -> None:
        """Each user asks the edge, which reports their exposure with the company's key."""

        def ask(visit: tuple[str, str]) -> tuple[str, str]:
            company, user = visit
            return company, evaluate(edge, user, company=company)["variant"]

        with ThreadPoolExecutor(8) as several:
            served = list(several.map(ask, [(company, user) for company in self.users for user in self.users[company]]))
        for company, variation in served:
            assert self.side.setdefault(company, variation) == variation

    def ratio(self, number: Callable[[str], float]) -> dict[str, tuple[float, float, int]]:
        """By variation the mean per user, its variance with companies as clusters, and how many these are."""
        found = {}
        for side in SIDES:
            companies = [company for company in self.users if self.side[company] == side]
            sums = np.array([math.fsum(number(user) for user in self.users[company]) for company in companies])
            sizes = np.array([float(len(self.users[company])) for company in companies])
            mean, moments = sums.sum() / sizes.sum(), np.cov(sums, sizes, ddof=1)
            spread = moments[0, 0] - 2 * mean * moments[0, 1] + mean**2 * moments[1, 1]
            found[side] = (mean, spread / (len(companies) * sizes.mean() ** 2), len(companies))
        return found


def same_test(comparison: dict[str, Any], arms: dict[str, tuple[float, float, int]]) -> None:
    (control, v0, n0), (treatment, v1, n1) = (arms[side] for side in SIDES)
    df = (v0 + v1) ** 2 / (v0**2 / (n0 - 1) + v1**2 / (n1 - 1))
    once = comparison["fixed_horizon"]
    assert once["difference"]["estimate"] == pytest.approx(treatment - control, rel=1e-9)
    assert once["difference"]["se"] == pytest.approx(math.sqrt(v0 + v1), rel=1e-9)
    p_value = 2 * scipy_stats.t.sf(abs(treatment - control) / math.sqrt(v0 + v1), df)
    assert once["p_value"] == pytest.approx(p_value, rel=1e-9)


def test_what_users_do_is_tested_with_the_variance_of_their_companies(tenant: Tenant) -> None:
    market = Market(4)
    tenant.create("flags", FLAG)
    tenant.change("flags/new-checkout/environments/production", {"enabled": True, "report_exposures": True})
    tenant.create("metrics", {"key": "purchase", "aggregation": "conversion"})
    tenant.create("metrics", {"key": "revenue", "aggregation": "sum", "event": "purchase"})
    tenant.create("metrics", {"key": "customers", "aggregation": "conversion", "event": "purchase", "per": "unit"})
    uses = [{"metric": each, "role": "secondary"} for each in ("revenue", "customers")]
    body = EXPERIMENT | {"bucket_by": "company", "metrics": [{"metric": "purchase", "role": "goal"}, *uses]}
    experiment = tenant.create("experiments", body)["id"]
    assert tenant.act("experiments/checkout-test/start")["warnings"] == []
    tenant.wait_for_edge()
    with tenant.edge() as edge:
        market.visit(edge)
    bought = [metric(user, "purchase", value) for user, values in market.spent.items() for value in values]
    assert tenant.send(bought).json()["accepted"] == len(bought)
    tenant.wait_for_units(experiment, COMPANIES)
    everybody, shown_to = sum(map(len, market.users.values())), {"project": tenant.project, "environment": "production"}
    until_blocking(
        lambda: same(tenant.analysed("flags/new-checkout/exposures", **shown_to)["exposures"], everybody),
    )
    buyers = dict.fromkeys(SIDES, 0)
    for company, side in market.side.items():
        buyers[side] += any(market.spent[user] for user in market.users[company])

    def counted() -> object:
        shown = variations_of(tenant.results(experiment), "customers")
        return same({side: round(shown[side]["units"] * shown[side]["rate"]) for side in SIDES}, buyers)

    until_blocking(counted)
    results = tenant.results(experiment)

    same_test(
        variations_of(results, "purchase")["on"]["comparison"], market.ratio(lambda u: float(bool(market.spent[u])))
    )
    same_test(variations_of(results, "revenue")["on"]["comparison"], market.ratio(lambda u: math.fsum(market.spent[u])))
    companies: dict[str, int] = defaultdict(int)
    for side in market.side.values():
        companies[side] += 1
    ratio = results["sample_ratio"]
    assert {each["variation"]: each["units"] for each in ratio["variations"]} == companies
    assert ratio["p_value"] == pytest.approx(
        scipy_stats.chisquare([companies[side] for side in SIDES]).pvalue, rel=1e-9
    )
    assert not ratio["mismatch"]


def test_without_the_company_s_key_nothing_is_tested_and_it_is_said_what_to_send(tenant: Tenant) -> None:
    tenant.create("flags", FLAG)
    tenant.change("flags/new-checkout/environments/production", {"enabled": True})
    tenant.create("metrics", {"key": "purchase", "aggregation": "conversion"})
    body = EXPERIMENT | {"bucket_by": "company", "metrics": [{"metric": "purchase", "role": "goal"}]}
    experiment = tenant.create("experiments", body)["id"]
    tenant.act("experiments/checkout-test/start")
    tenant.wait_for_edge()
    users = [f"user-{number}" for number in range(200)]
    tenant.send([exposure(user, SIDES[number % 7 < 2], context={"company": "a"}) for number, user in enumerate(users)])

    said = "exposures of 200 users don't name theirs; send the `company` as `unit_key` with each exposure"
    until_blocking(lambda: same(said in tenant.results(experiment)["summary"], True))
    results = tenant.results(experiment)
    assert results["sample_ratio"]["status"] == "not_applicable"
    assert results["sample_ratio"]["p_value"] is None
    [purchase] = results["metrics"]
    assert (purchase["variations"], said in purchase["explanation"]) == ([], True)
