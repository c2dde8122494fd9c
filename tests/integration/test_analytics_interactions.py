"""Two experiments at once: what is answered of their interaction against the plain rows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Experiment, MetricUse
from analytics.programme.interaction_documents import InteractionsDocument, MetricInteractionsDocument
from analytics.warehouse.client import Warehouse
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS
from bucketing.flagset import Comparison
from prometheus_client import CollectorRegistry
from scipy import stats as scipy_stats
from service_kit.clock import ManualClock
from service_kit.http import Shell

from tests.analytics.answers import read
from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer
from tests.integration.test_analytics_metric_kinds import ENVIRONMENT, HOUR, NOW, START, _insert, experiment, metric

PATH = "/v1/experiments/test/interactions?project=shop&environment=production"
CELLS = [(one, other) for one in ("off", "on") for other in ("plain", "bold")]


class Shoppers:
    """Users of a flag `checkout`, most of them also of `banner`; spending has an interaction, purchases have none."""

    def __init__(self, seed: int, users: int = 600) -> None:
        random = np.random.default_rng(seed)
        self.checkout = {f"u{each}": ("off", "on")[random.integers(2)] for each in range(users)}
        self.banner = {user: ("plain", "bold")[random.integers(2)] for user in self.checkout if random.random() < 0.8}
        self.banner |= {f"other{each}": ("plain", "bold")[random.integers(2)] for each in range(50)}
        self.torn = "u7"
        self.banner.setdefault(self.torn, "plain")
        self.spent: dict[str, list[float]] = {}
        for user, variation in self.checkout.items():
            extra = 8.0 if variation == "on" and self.banner.get(user) == "bold" else 0.0
            orders = random.integers(0, 3)
            self.spent[user] = [round(float(random.exponential(10) + extra), 2) for _ in range(orders)]

    def cell(self, one: str, other: str) -> list[str]:
        return [
            user
            for user, variation in self.checkout.items()
            if variation == one and self.banner.get(user) == other and user != self.torn
        ]

    async def store(self, warehouse: Warehouse) -> None:
        torn = "bold" if self.banner[self.torn] == "plain" else "plain"
        exposures = [
            {
                "flag": flag,
                "variation": variation,
                "user_key": user,
                "event_id": f"{flag}-{user}-{variation}",
                "config_version": 1,
                "context": "{}",
                "occurred_at": START + at,
            }
            for flag, seen, at in (("checkout", self.checkout, HOUR), ("banner", self.banner, 2 * HOUR))
            for user, variation in [*seen.items(), *([(self.torn, torn)] if flag == "banner" else [])]
        ]
        events = [
            {
                "metric": "purchase",
                "user_key": user,
                "event_id": f"{user}-{number}",
                "value": value,
                "properties": "{}",
                "occurred_at": START + 3 * HOUR,
            }
            for user, values in self.spent.items()
            for number, value in enumerate(values)
        ]
        await _insert(warehouse, "events_exposure", EXPOSURE_COLUMNS, exposures)
        await _insert(warehouse, "events_metric", METRIC_COLUMNS, events)


def banner(key: str = "banner-test", **changed: Any) -> Experiment:
    made = replace(experiment(), id=f"exp-{key}", key=key, flag="banner", control="plain")
    return replace(made, shares={"plain": 5000, "bold": 5000}, metrics=(), **changed)


def catalog(*others: Experiment) -> Catalog:
    made = Catalog()
    entries = made.entries("env-1")
    entries.environment = ENVIRONMENT
    for key, aggregation in (("spend", "sum"), ("bought", "conversion"), ("median", "quantile")):
        entries.metrics[key] = replace(metric(aggregation), key=key, quantile=0.5 * (aggregation == "quantile"))
    uses = tuple(MetricUse(key, "goal") for key in entries.metrics)
    own = replace(experiment(), id="exp-test", key="test", metrics=uses)
    entries.experiments = {each.key: each for each in (own, *others)}
    made.ready = True
    return made


async def answered(warehouse: Warehouse, held: Catalog, more: str = "", role: str = "viewer") -> httpx.Response:
    app = build_app(parts_of(held, warehouse, ManualClock(NOW)), Shell(registry=CollectorRegistry()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://analytics") as client:
        return await client.get(PATH + more, headers=bearer(role))


def of(metrics: list[MetricInteractionsDocument], key: str) -> MetricInteractionsDocument:
    return next(each for each in metrics if each.metric == key)


async def test_each_metric_s_interaction_is_the_difference_of_differences(warehouse: Warehouse) -> None:
    shoppers = Shoppers(1)
    await shoppers.store(warehouse)

    answer = await answered(warehouse, catalog(banner()))

    document = read(InteractionsDocument, answer.content)
    assert document.concurrent_experiments == 1
    assert "fixed look" in document.caution
    pair = document.pairs[0]
    cells = {cell: shoppers.cell(*cell) for cell in CELLS}
    assert {(each.variation, each.other_variation): each.units for each in pair.cells} == {
        cell: len(users) for cell, users in cells.items()
    }
    expected = []
    for key, number in (("spend", math.fsum), ("bought", lambda each: float(bool(each)))):
        values = {cell: np.array([number(shoppers.spent[user]) for user in users]) for cell, users in cells.items()}
        ddof = 1 if key == "spend" else 0
        parts = {cell: each.var(ddof=ddof) / len(each) for cell, each in values.items()}
        mean = {cell: each.mean() for cell, each in values.items()}
        difference = mean["on", "bold"] - mean["off", "bold"] - (mean["on", "plain"] - mean["off", "plain"])
        se = math.sqrt(sum(parts.values()))
        df = sum(parts.values()) ** 2 / sum(each**2 / (len(cells[cell]) - 1) for cell, each in parts.items())
        p = 2 * (scipy_stats.t.sf(abs(difference) / se, df) if ddof else scipy_stats.norm.sf(abs(difference) / se))
        found = of(pair.metrics, key).interactions[0]
        assert (found.variation, found.other_variation, found.status) == ("on", "bold", "ok")
        assert found.difference == pytest.approx(difference, rel=1e-9)
        assert found.se == pytest.approx(se, rel=1e-9)
        assert found.p_value == pytest.approx(p, rel=1e-9)
        expected.append(p)
    adjusted = [of(pair.metrics, key).interactions[0].adjusted_p for key in ("spend", "bought")]
    assert adjusted == pytest.approx(list(scipy_stats.false_discovery_control(expected)), rel=1e-9)
    assert of(pair.metrics, "spend").interactions[0].found
    assert of(pair.metrics, "median").interactions == []
    assert of(pair.metrics, "median").problem


async def test_only_experiments_of_the_same_time_are_pairs_and_no_more_than_asked(warehouse: Warehouse) -> None:
    await Shoppers(2).store(warehouse)
    nobody = banner("nobody-there", start_at=START)
    nobody = replace(nobody, flag="elsewhere")
    held = catalog(
        banner(), nobody, banner("before", start_at=START - 9 * HOUR, stop_at=START), banner("never", start_at=None)
    )

    whole, one = await answered(warehouse, held), await answered(warehouse, held, "&limit=1")

    assert [each["experiment"] for each in whole.json()["pairs"]] == ["banner-test", "nobody-there"]
    assert whole.json()["pairs"][1]["units"] == 0
    assert one.json()["concurrent_experiments"] == 2
    assert [each["experiment"] for each in one.json()["pairs"]] == ["banner-test"]


async def test_experiments_of_different_units_are_no_pair(warehouse: Warehouse) -> None:
    await Shoppers(3).store(warehouse)

    answer = await answered(warehouse, catalog(banner(bucket_by="company")))

    assert answer.json()["pairs"][0]["problem"]
    assert answer.json()["pairs"][0]["metrics"] == []


@pytest.mark.parametrize(("more", "status"), [("&limit=0", 422), ("&limit=51", 422), ("&as_off=1", 422)])
async def test_wrong_parameters_are_told(warehouse: Warehouse, more: str, status: int) -> None:
    assert (await answered(warehouse, catalog(), more)).status_code == status


async def test_triggers_and_filters_of_either_hold_in_the_cells(warehouse: Warehouse) -> None:
    shoppers = Shoppers(4)
    await shoppers.store(warehouse)
    held = catalog(banner(exposure_filter=Comparison("user_id", "starts_with", "u1")))
    own = held.entries("env-1").experiments["test"]
    held.entries("env-1").experiments["test"] = replace(own, trigger_event="purchase")

    answer = await answered(warehouse, held)

    assert answer.json()["pairs"][0]["units"] == sum(
        user.startswith("u1") and bool(shoppers.spent[user]) for cell in CELLS for user in shoppers.cell(*cell)
    )
