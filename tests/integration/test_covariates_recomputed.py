"""A plan's covariates and days since the exposure over HTTP, and CUPED of users in units, recomputed by numpy."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any, Literal

import httpx
import numpy as np
import pytest
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, MetricUse, Plan
from analytics.results.measurements import MeasurementOptions, Measurer
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import END_OF_TIME, ExposureScope
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.http import Shell

from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer
from tests.integration.test_metric_kinds_recomputed import (
    ARMS,
    DAY,
    EXPERIMENT,
    START,
    STEPS,
    USERS,
    User,
    adjusted,
    columns,
    estimates,
    mean_of,
    metric,
    of_arm,
    reached,
    revenue,
    same,
    spent_before,
    store,
)

SPENT, VISITS, CARTS = metric("sum"), metric("count", "visit"), metric("conversion", "cart")
FUNNEL = metric("funnel", steps=STEPS)
SOON, LATE = metric("sum", window_end=2 * 86_400), metric("sum", window_start=20 * 86_400)
SOON, LATE = replace(SOON, key="soon", name="soon"), replace(LATE, key="late", name="late")
BEFORE = columns(
    spent_before,
    lambda u: float(bool(u.before("purchase"))),
    lambda u: float(len(u.before("visit"))),
    lambda u: float(bool(u.before("visit"))),
    lambda u: float(bool(u.before("cart"))),
)
COUNTRIES = ("fr", "de", "us")


@pytest.fixture
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture
async def client(warehouse: Warehouse, catalog: Catalog) -> AsyncIterator[httpx.AsyncClient]:
    await store(warehouse)
    entries = catalog.entries("e")
    entries.environment = Environment("e", "production", "p", "shop", "o", "salt", False)
    entries.metrics.update({each.key: each for each in (SPENT, VISITS, CARTS, FUNNEL, SOON, LATE)})
    plan = Plan(mode="always_valid", cuped=True, covariates=(VISITS.key, CARTS.key))
    uses = (MetricUse(SPENT.key, "goal"), MetricUse(FUNNEL.key, "secondary"))
    entries.experiments["x"] = replace(EXPERIMENT, assigns=False, metrics=uses, plan=plan)
    catalog.ready = True
    app = build_app(parts_of(catalog, warehouse, ManualClock(START + 12 * DAY)), Shell(registry=CollectorRegistry()))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://analytics") as client:
        yield client


async def answered(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/experiments/x/results{path}", headers=bearer("viewer", "o"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_covariates_of_a_plan_adjust_its_results(client: httpx.AsyncClient) -> None:
    shown, _ = (await answered(client, ""))["metrics"]
    comparison = next(each["comparison"] for each in shown["variations"] if each["variation"] == "on")
    y = {arm: of_arm(arm, revenue) for arm in ARMS}
    expected, plain = adjusted(y, BEFORE, mean_of(revenue)), mean_of(revenue)
    assert comparison["cuped"]["applied"], comparison["cuped"]
    assert comparison["cuped"]["covariates"] == [
        "same metric before",
        "same metric before: has history",
        "count-of-visit before",
        "count-of-visit before: has history",
        "conversion-of-cart before",
    ]
    once, unadjusted = comparison["fixed_horizon"]["difference"], comparison["cuped"]["unadjusted"]["difference"]
    for found, arms in ((once, expected), (unadjusted, plain)):
        assert found["estimate"] == pytest.approx(arms["on"][0] - arms["off"][0], rel=1e-9)
    assert unadjusted["se"] == pytest.approx(np.sqrt(plain["on"][1] + plain["off"][1]), rel=1e-9)
    theta = np.linalg.lstsq(
        np.concatenate([BEFORE[arm] - BEFORE[arm].mean(axis=0) for arm in ARMS]),
        np.concatenate([y[arm] - y[arm].mean() for arm in ARMS]),
        rcond=None,
    )[0]
    assert comparison["cuped"]["theta"] == pytest.approx(theta, rel=1e-9)


async def test_days_since_the_exposure_have_no_heterogeneity(client: httpx.AsyncClient) -> None:
    """Cochran's Q compares different units, and each of these days is of the same ones; weekdays are of different."""
    by_day = await answered(client, "/segments?by=$days_since_exposure")
    by_weekday = await answered(client, "/segments?by=$weekday")
    assert sorted(each["segment"] for each in by_day["segments"]) == sorted(map(str, range(11)))
    assert by_day["metrics"][0]["heterogeneity"] == {"on": None}
    assert by_weekday["metrics"][0]["heterogeneity"]["on"]["df"] == 3


async def test_days_since_the_exposure_that_no_window_reaches_are_in_no_metric(
    client: httpx.AsyncClient, catalog: Catalog
) -> None:
    """A window of two days has two days of numbers, beside metrics that have more; one that begins later has none."""
    entries = catalog.entries("e")
    uses = (MetricUse(SOON.key, "goal"), MetricUse(LATE.key, "secondary"), MetricUse(SPENT.key, "secondary"))
    entries.experiments["x"] = replace(entries.experiments["x"], metrics=uses)
    soon, late, spent = (await answered(client, "/segments?by=$days_since_exposure"))["metrics"]
    assert [each["segment"] for each in soon["segments"]] == ["0", "1"]
    assert len(spent["segments"]) == 11
    assert {each["status"] for each in late["segments"]} == {"invalid_input"}
    assert late["segments"][0]["explanation"] == "its window lies outside of these days"
    for form in ("html", "pdf"):
        report = await client.get(
            f"/v1/experiments/x/report?by=$days_since_exposure&format={form}", headers=bearer("viewer", "o")
        )
        assert report.status_code == 200


async def test_a_funnel_says_how_many_units_took_each_step(client: httpx.AsyncClient) -> None:
    spent, funnel = (await answered(client, ""))["metrics"]
    assert spent["steps"] == []
    assert funnel["steps"] == [
        {"event": event, "units": {arm: sum(u.arm == arm and reached(u, STEPS) > taken for u in USERS) for arm in ARMS}}
        for taken, event in enumerate(STEPS)
    ]


@pytest.mark.parametrize("per", ["user", "unit"])
async def test_steps_of_companies(warehouse: Warehouse, per: Literal["user", "unit"]) -> None:
    """Users where those have the numbers; else companies one user of which took the step."""
    await store(warehouse, unit_key=company_of)
    scope = ExposureScope("o", "e", "checkout", "", ARMS, START, END_OF_TIME, END_OF_TIME, by_unit=True)
    reader = ExperimentReader(warehouse)
    units = (await reader.unit_counts(scope)).units
    found = await Measurer(reader, scope, units, MeasurementOptions()).measure(replace(FUNNEL, per=per))
    assert not found.problem
    for arm in ARMS:
        of = [[reached(user, STEPS) for user in users] for users in companies().values() if users[0].arm == arm]
        together = [max(each) for each in of] if per == "unit" else [level for each in of for level in each]
        assert found.steps["", arm] == tuple(sum(level >= step for level in together) for step in (1, 2, 3))


def company_of(user: User) -> str:
    """Of one to a few users."""
    number = int(user.key[1:])
    return f"{user.arm}-{int(number**0.75)}"


def country_of(user: User) -> str:
    """Users of one company are in several."""
    return COUNTRIES[int(user.key[1:]) // 2 % 3]


def companies() -> dict[str, list[User]]:
    found: dict[str, list[User]] = defaultdict(list)
    for user in sorted(USERS, key=lambda each: (each.exposed_at, each.key)):
        found[company_of(user)].append(user)
    return found


def adjusted_by_company(chosen: Mapping[str, list[User]]) -> dict[str, tuple[float, float]]:
    """The users' mean is a ratio of the companies' sums; the companies' sums of what was before are its covariates."""
    y, x, ratios = {}, {}, {}
    for arm in ARMS:
        of = [users for users in chosen.values() if users[0].arm == arm]
        above = np.array([sum(revenue(user) for user in users) for users in of])
        below = np.array([len(users) for users in of], dtype=float)
        ratio = above.sum() / below.sum()
        y[arm] = (above - ratio * below) / below.mean()
        ratios[arm] = (ratio, float(y[arm].var(ddof=1) / len(of)))
        x[arm] = np.array(
            [[sum(map(spent_before, users)), sum(bool(user.before("purchase")) for user in users)] for users in of],
            dtype=float,
        )
    return adjusted(y, x, ratios)


@pytest.mark.parametrize("segment", ["", "country"])
async def test_cuped_of_users_in_units(warehouse: Warehouse, segment: str) -> None:
    """A company is in the segment of its first user, adjusted or not."""
    await store(warehouse, unit_key=company_of, context=lambda user: json.dumps({"country": country_of(user)}))
    scope = ExposureScope(
        "o", "e", "checkout", "", ARMS, START, END_OF_TIME, END_OF_TIME, segment=segment, by_unit=True
    )
    reader = ExperimentReader(warehouse)
    units = (await reader.unit_counts(scope)).units
    found = await Measurer(reader, scope, units, MeasurementOptions(cuped=True)).measure(SPENT)
    assert not found.problem
    known = companies()
    groups = {json.dumps(country): country for country in COUNTRIES} if segment else {"": ""}
    assert sorted(found.summaries) == sorted(groups)
    for name, country in groups.items():
        chosen = {company: users for company, users in known.items() if not country or country_of(users[0]) == country}
        assert sum(units[name, arm] for arm in ARMS) == len(chosen)
        same(estimates(found.summaries[name]), adjusted_by_company(chosen))
