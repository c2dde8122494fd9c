"""A holdout's effect over HTTP: who is held out by the engine's own buckets, and the figures from the plain rows."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import MetricUse
from analytics.programme.holdout_documents import HoldoutDocument
from analytics.warehouse.client import Warehouse
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS
from bucketing.flagset import Holdout
from bucketing.hashing import bucket
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.http import Shell

from tests.analytics.answers import read
from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer
from tests.integration.test_analytics_metric_kinds import ENVIRONMENT, HOUR, NOW, START, _insert, experiment, metric

PATH = "/v1/holdouts/q1/effect?project=shop&environment=production"
SHARE = 2000
USERS = [f"ünit-{each}" for each in range(900)]


def held_out(user: str) -> bool:
    return bucket(ENVIRONMENT.salt, "holdout:q1", user) < SHARE


async def store(warehouse: Warehouse) -> dict[str, float]:
    """What each user has spent: a third of those that are not held out spend more."""
    random.seed(1)
    exposures: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    spent = {}
    for number, user in enumerate(USERS):
        for flag in ("checkout", "banner")[: 1 + number % 2]:
            of_flag = {"flag": flag, "variation": "off" if held_out(user) else "on", "experiments": "[]"}
            rest = {"user_key": user, "event_id": f"{flag}-{user}", "config_version": 1, "context": "{}"}
            exposures.append(of_flag | rest | {"occurred_at": START + HOUR})
        value = round(random.expovariate(0.1) + (0 if held_out(user) else 3), 2) if number % 3 else 0.0
        spent[user] = value
        if value:
            event = {"metric": "purchase", "user_key": user, "event_id": user, "value": value, "properties": "{}"}
            events.append(event | {"occurred_at": START + 2 * HOUR})
    stranger = {"flag": "elsewhere", "variation": "on", "user_key": "stranger", "event_id": "s", "config_version": 1}
    exposures.append(stranger | {"context": "{}", "occurred_at": START + HOUR})
    await _insert(warehouse, "events_exposure", EXPOSURE_COLUMNS, exposures)
    await _insert(warehouse, "events_metric", METRIC_COLUMNS, events)
    return spent


def catalog(**environment: Any) -> Catalog:
    made = Catalog()
    entries = made.entries("env-1")
    entries.environment = replace(ENVIRONMENT, **environment)
    for key, aggregation in (("spend", "sum"), ("basket", "mean")):
        entries.metrics[key] = replace(metric(aggregation), key=key)
    one = replace(experiment(), id="a", key="a", holdouts=(Holdout("q1", SHARE),))
    one = replace(one, metrics=(MetricUse("spend", "goal"), MetricUse("gone", "goal")))
    other = replace(one, id="b", key="b", flag="banner", start_at=START + HOUR, metrics=(MetricUse("basket", "goal"),))
    companies = replace(other, id="c", key="c", bucket_by="company", holdouts=(Holdout("b2b", SHARE),))
    entries.experiments = {each.key: each for each in (one, other, companies)}
    made.ready = True
    return made


async def answered(warehouse: Warehouse, held: Catalog, path: str = PATH, role: str = "viewer") -> httpx.Response:
    app = build_app(parts_of(held, warehouse, ManualClock(NOW)), Shell(registry=CollectorRegistry()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://analytics") as client:
        return await client.get(path, headers=bearer(role))


async def test_the_rest_is_compared_with_those_whom_the_engine_holds_out(warehouse: Warehouse) -> None:
    spent = await store(warehouse)

    document = read(HoldoutDocument, (await answered(warehouse, catalog())).content)

    control = np.array([spent[user] for user in USERS if held_out(user)])
    rest = np.array([spent[user] for user in USERS if not held_out(user)])
    assert (document.held_out_units, document.rest_units) == (len(control), len(rest))
    assert (document.share, document.experiments, document.mismatch) == (20.0, ["a", "b"], False)
    difference = rest.mean() - control.mean()
    n = len(USERS)
    se = math.sqrt(control.var(ddof=1) / len(control) + rest.var(ddof=1) / len(rest))
    found = {each.metric: each for each in document.metrics}
    spend = found["spend"]
    assert spend.difference is not None
    assert spend.total is not None
    assert spend.yearly is not None
    assert spend.lift is not None
    assert spend.difference.estimate == pytest.approx(difference, rel=1e-9)
    assert spend.lift.estimate == pytest.approx(rest.mean() / control.mean() - 1, rel=1e-9)
    assert (spend.difference.upper or 0) - difference > 1.96 * se
    assert spend.total.estimate == pytest.approx(difference * len(rest), rel=1e-9)
    days = (NOW - START) / 86_400_000
    assert document.days == pytest.approx(days)
    assert ("less than a week has passed" in document.caution) is (days < 7)
    assert spend.yearly.estimate == pytest.approx(difference * len(rest) * 365.25 / days, rel=1e-9)
    assert spend.yearly.lower == pytest.approx((spend.difference.lower or 0) * len(rest) * 365.25 / days, rel=1e-9)
    assert found["basket"].total is None
    assert found["basket"].rest_units == int((rest > 0).sum())
    assert n == document.held_out_units + document.rest_units


async def test_pseudonyms_and_other_units_say_why_nothing_is_known(warehouse: Warehouse) -> None:
    hashed = await answered(warehouse, catalog(hash_user_keys=True))
    companies = await answered(warehouse, catalog(), PATH.replace("q1", "b2b"))

    for answer in (hashed, companies):
        assert answer.status_code == 200
        assert answer.json()["problem"]
        assert answer.json()["metrics"] == []


@pytest.mark.parametrize(("path", "status"), [(PATH.replace("q1", "q2"), 404), (PATH + "&as_of=x", 422)])
async def test_wrong_requests_are_told(warehouse: Warehouse, path: str, status: int) -> None:
    assert (await answered(warehouse, catalog(), path)).status_code == status
