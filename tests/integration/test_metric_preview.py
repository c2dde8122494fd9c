"""A metric day by day over HTTP, against plain computations; what it says, and who uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Metric, MetricUse
from analytics.catalog.rollouts import Guard, GuardedRollout
from analytics.warehouse.client import Warehouse
from bucketing.flagset import Comparison
from messages.aggregations import AGGREGATIONS
from messages.verdicts import VerdictAction
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.http import Shell

from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer
from tests.integration.test_activity import exposure, purchase, stored
from tests.integration.test_analytics_metric_kinds import ENVIRONMENT, HOUR, NOW
from tests.integration.test_analytics_programme import experiments

DAY = 24 * HOUR
WHERE: dict[str, str | int] = {"project": "shop", "environment": "production", "days": 3}
YESTERDAY = NOW - DAY


def metric(aggregation: str, **more: Any) -> Metric:
    made = Metric("m", "bought", "Bought", AGGREGATIONS[aggregation], True, "purchase")
    return replace(made, **more)


def event(name: str, user: str, at: int, value: float | None, properties: str = "{}") -> dict[str, Any]:
    made = purchase(user, at) | {"metric": name, "event_id": f"{name}-{user}-{at}-{value}", "properties": properties}
    return made | {"value": value}


async def fill(warehouse: Warehouse) -> None:
    """Yesterday: five users were there, ann bought for 10 and 20, bob for 6. Today only cid, who did nothing."""
    await stored(
        warehouse,
        "events_exposure",
        [exposure(user, YESTERDAY) for user in ("ann", "bob", "cid", "dan")] + [exposure("cid", NOW)],
    )
    rows = [
        event("purchase", "ann", YESTERDAY, 10.0, '{"kind":"gift"}'),
        event("purchase", "ann", YESTERDAY + 1000, 20.0, '{"kind":"own"}'),
        event("purchase", "bob", YESTERDAY, 6.0, '{"kind":"own"}'),
        event("visit", "ann", YESTERDAY - 1000, 2.0),
        event("visit", "eve", YESTERDAY - 1000, 2.0),
    ]
    await stored(warehouse, "events_metric", [*rows, rows[0]])


@pytest.fixture
def held() -> Catalog:
    made = Catalog()
    entries = made.entries("env-1")
    entries.environment = ENVIRONMENT
    entries.metrics["bought"] = metric("conversion")
    entries.experiments = {
        key: replace(each, metrics=(MetricUse("bought", "goal"),)) for key, each in experiments().items()
    }
    guard = Guard("g", VerdictAction.HOLD, metric="bought")
    entries.rollouts["ship"] = GuardedRollout(
        "r1", "ship", "env-1", "checkout", "", "on", "running", 1, (), (guard,), 0.05, by_unit=False
    )
    made.ready = True
    return made


@pytest.fixture
async def client(held: Catalog, warehouse: Warehouse) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(parts_of(held, warehouse, ManualClock(NOW)), Shell(registry=CollectorRegistry()))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://analytics", headers=bearer("viewer")) as client:
        yield client


async def preview(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/v1/metrics/bought/preview", params=WHERE)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


@pytest.mark.parametrize(
    ("made", "value", "counts"),
    [
        (metric("conversion"), 2 / 5, (3, 2)),
        (metric("retention", window_start=3600, window_end=7200), 2 / 5, (3, 2)),
        (metric("count"), 3 / 5, (3, 2)),
        (metric("sum"), 36 / 5, (3, 2)),
        (metric("mean"), (15 + 6) / 2, (3, 2)),
        (metric("quantile", quantile=0.5), 10.0, (3, 2)),
        (metric("ratio", denominator_event="visit"), 36 / 4, (3, 3)),
        (metric("funnel", steps=("visit", "purchase")), 1 / 5, (5, 1)),
        (metric("distinct", property="kind"), 3 / 5, (3, 2)),
        (metric("days"), 2 / 5, (3, 2)),
        (metric("sum", filter=Comparison("kind", "eq", "own")), 26 / 5, (2, 2)),
    ],
    ids=lambda each: each.aggregation.name if isinstance(each, Metric) else "",
)
async def test_each_day_has_the_metrics_value(
    client: httpx.AsyncClient,
    warehouse: Warehouse,
    held: Catalog,
    made: Metric,
    value: float,
    counts: tuple[int, int],
) -> None:
    await fill(warehouse)
    held.entries("env-1").metrics["bought"] = made

    days = (await preview(client))["days"]

    assert [each["date"] for each in days] == ["2026-01-07", "2026-01-08", "2026-01-09"]
    assert days[1]["value"] == pytest.approx(value)
    assert (days[1]["events"], days[1]["units"], days[1]["seen"]) == (*counts, 5)
    assert days[0]["value"] is None
    counts_nobody = made.aggregation.name in ("mean", "quantile", "ratio")
    assert days[2]["value"] == (None if counts_nobody else 0.0)


async def test_it_says_what_it_is_and_who_uses_it(
    client: httpx.AsyncClient, warehouse: Warehouse, held: Catalog
) -> None:
    await fill(warehouse)
    document = await preview(client)

    assert document["sentence"] == "The share of units with an event purchase; higher is better."
    assert document["finding"] == "3 events, on 1 of 3 days, between 40.00% and 40.00% a day."
    used = {(each["kind"], each["key"]): (each["status"], each["role"]) for each in document["used_by"]}
    assert used["rollout", "ship"] == ("running", "guard")
    assert used["experiment", "running"] == ("running", "goal")
    assert len(used) == len(experiments()) + 1

    held.entries("env-1").metrics["bought"] = metric(
        "sum", higher_is_better=False, window_end=7 * 86_400, winsorize_at=0.99
    )
    assert (await preview(client))["sentence"] == (
        "The sum of the values of a unit's events purchase, within 7 days after the first exposure, "
        "capped at the percentile 99; lower is better."
    )


async def test_wrong_questions_are_told(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/metrics/none/preview", params=WHERE)).status_code == 404
    assert (await client.get("/v1/metrics/bought/preview", params=WHERE | {"days": 61})).status_code == 422
