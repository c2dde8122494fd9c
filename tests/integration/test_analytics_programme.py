"""The figures of a programme over HTTP, against the results of its experiments."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Experiment, MetricUse, Plan
from analytics.programme.figure_documents import ProgrammeDocument
from analytics.warehouse.client import Warehouse
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.http import Shell

from tests.analytics.answers import read
from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer
from tests.integration.test_analytics_metric_kinds import ENVIRONMENT, HOUR, NOW, START, _insert, experiment, metric

RATES = {"none": (0.3, 0.3), "small": (0.3, 0.34), "large": (0.3, 0.55), "harm": (0.3, 0.2)}
USERS = 300
PATH = "/v1/programme?project=shop&environment=production"


async def store(warehouse: Warehouse) -> dict[str, tuple[int, int]]:
    """Of each experiment as many users per variation, and who bought (off, on)."""
    random.seed(3)
    exposures: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    bought = {}
    for key, rates in RATES.items():
        counts = []
        for variation, rate in zip(("off", "on"), rates, strict=True):
            buyers = round(rate * USERS) + random.randint(-5, 5)
            counts.append(buyers)
            for number in range(USERS):
                user = f"{key}-{variation}-{number}"
                exposures.append(
                    {
                        "flag": key,
                        "variation": variation,
                        "user_key": user,
                        "event_id": user,
                        "config_version": 1,
                        "context": "{}",
                        "occurred_at": START + HOUR,
                    }
                )
                if number < buyers:
                    event = {"metric": "purchase", "user_key": user, "event_id": user, "value": 1.0, "properties": "{}"}
                    events.append(event | {"occurred_at": START + 2 * HOUR})
        bought[key] = (counts[0], counts[1])
    await _insert(warehouse, "events_exposure", EXPOSURE_COLUMNS, exposures)
    await _insert(warehouse, "events_metric", METRIC_COLUMNS, events)
    return bought


def experiments() -> dict[str, Experiment]:
    plan = Plan(mode="fixed", planned_units=2 * USERS)
    over = {
        key: replace(
            experiment(plan),
            id=key,
            key=key,
            flag=key,
            status="stopped",
            stop_at=START + (90 + number) * HOUR,
            metrics=(MetricUse("bought", "goal"),),
        )
        for number, key in enumerate(RATES)
    }
    running = replace(over["none"], id="running", key="running", flag="elsewhere", status="running", stop_at=None)
    draft = replace(over["none"], id="draft", key="draft", status="draft", start_at=None, stop_at=None)
    return {**over, "running": running, "draft": draft}


@pytest.fixture
async def client(warehouse: Warehouse) -> AsyncIterator[httpx.AsyncClient]:
    held = Catalog()
    entries = held.entries("env-1")
    entries.environment = ENVIRONMENT
    entries.metrics["bought"] = replace(metric("conversion"), key="bought")
    entries.experiments = experiments()
    held.ready = True
    app = build_app(parts_of(held, warehouse, ManualClock(NOW)), Shell(registry=CollectorRegistry()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://analytics") as client:
        yield client


async def test_win_rate_and_expected_lifts_follow_from_the_experiments(
    client: httpx.AsyncClient, warehouse: Warehouse
) -> None:
    bought = await store(warehouse)

    answer = await client.get(f"{PATH}&metric=bought", headers=bearer("viewer"))

    document = read(ProgrammeDocument, answer.content)
    rates = {key: np.array(counts) / USERS for key, counts in bought.items()}
    y = {key: on / off - 1 for key, (off, on) in rates.items()}
    v = {
        key: on * (1 - on) / USERS / off**2 + on**2 * off * (1 - off) / USERS / off**4
        for key, (off, on) in rates.items()
    }
    keys = list(RATES)
    lifts, weights = np.array([y[each] for each in keys]), np.array([1 / v[each] for each in keys])
    q = (weights * (lifts - np.average(lifts, weights=weights)) ** 2).sum()
    tau2 = max(0.0, (q - len(keys) + 1) / (weights.sum() - (weights**2).sum() / weights.sum()))
    mean = np.average(lifts, weights=1 / (1 / weights + tau2))
    found = {each.experiment: each for each in document.treatments}
    assert (document.counted, document.won, document.win_rate) == (4, 1, 0.25)
    assert document.mean_lift == pytest.approx(mean, rel=1e-9)
    assert document.spread == pytest.approx(np.sqrt(tau2), rel=1e-9)
    for key in keys:
        weight = tau2 / (tau2 + v[key])
        assert found[key].lift == pytest.approx(y[key], rel=1e-9)
        assert found[key].se == pytest.approx(np.sqrt(v[key]), rel=1e-9)
        assert found[key].expected_lift == pytest.approx(weight * y[key] + (1 - weight) * mean, rel=1e-9)
    assert document.inflation is not None
    assert document.inflation.excess == pytest.approx(y["large"] - (found["large"].expected_lift or 0), rel=1e-9)
    assert {key for key, each in found.items() if each.won} == {"large"}
    assert found["running"].problem
    assert found["running"].lift is None
    assert "draft" not in found


async def test_only_the_latest_are_read_and_the_rest_is_told(client: httpx.AsyncClient, warehouse: Warehouse) -> None:
    await store(warehouse)

    answer = await client.get(f"{PATH}&metric=bought&limit=2", headers=bearer("viewer"))

    assert len(answer.json()["treatments"]) == 2
    assert answer.json()["left_out"] == 3
    assert answer.json()["status"] == "insufficient_data"


@pytest.mark.parametrize(
    ("more", "status"),
    [("", 422), ("&metric=nothing", 404), ("&metric=bought&limit=0", 422), ("&metric=bought&alpha=1", 422)],
)
async def test_wrong_parameters_are_told(client: httpx.AsyncClient, more: str, status: int) -> None:
    assert (await client.get(PATH + more, headers=bearer("viewer"))).status_code == status
    assert (await client.get(f"{PATH}&metric=bought", headers=bearer("viewer", "org-2"))).status_code == 404
