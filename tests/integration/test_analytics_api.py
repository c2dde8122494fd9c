"""The analytics API over HTTP: who may read what, and that each wrong question has a clear answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse, Plan
from analytics.results.documents import ResultDocument
from analytics.results.exposures import ExposuresDocument
from analytics.warehouse.client import Warehouse
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.tables import EXPOSURE_COLUMNS
from bucketing.flagset import Fixed, Flag, FlagType
from messages.aggregations import AGGREGATIONS
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.http import Shell

from tests.analytics.answers import read
from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer

NOW = 1_767_607_200_000
RESULTS = "/v1/experiments/exp-1/results"
EXPOSURES = "/v1/flags/checkout/exposures?project=shop&environment=production"


def catalog() -> Catalog:
    made = Catalog()
    entries = made.entries("env-1")
    entries.environment = Environment("env-1", "production", "project-1", "shop", "org-1", "salt", False)
    entries.metrics["revenue"] = Metric("m1", "revenue", "Revenue", AGGREGATIONS["sum"], True, "purchase")
    entries.flags["checkout"] = Flag("checkout", FlagType.BOOLEAN, {"on": True, "off": False}, "off", Fixed("on"))
    entries.experiments["test"] = Experiment(
        id="exp-1",
        key="test",
        name="Test",
        environment_id="env-1",
        flag="checkout",
        assigns=False,
        status="running",
        start_at=NOW - 1000,
        stop_at=None,
        shares={"on": 5000, "off": 5000},
        control="off",
        metrics=(MetricUse("revenue", "goal"), MetricUse("gone", "goal")),
        plan=Plan(mode="fixed"),
    )
    made.ready = True
    return made


async def expose(warehouse: Warehouse, organization: str, users: list[str], variation: str) -> None:
    values: dict[str, list[Any]] = {
        "organization_id": [organization] * len(users),
        "project_id": ["project-1"] * len(users),
        "environment_id": ["env-1"] * len(users),
        "sdk_key_id": [""] * len(users),
        "flag": ["checkout"] * len(users),
        "variation": [variation] * len(users),
        "experiment": [""] * len(users),
        "user_key": users,
        "event_id": [f"{variation}-{user}" for user in users],
        "config_version": [3] * len(users),
        "context": ['{"country":"US"}'] * len(users),
        "occurred_at": [NOW] * len(users),
        "received_at": [NOW] * len(users),
    }
    await warehouse.insert("events_exposure", {name: (EXPOSURE_COLUMNS[name], values[name]) for name in values})


@pytest.fixture
async def client(warehouse: Warehouse) -> AsyncIterator[httpx.AsyncClient]:
    held, clock = catalog(), ManualClock(NOW)
    parts = parts_of(held, warehouse, clock)
    app = build_app(parts, Shell(registry=CollectorRegistry()))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://analytics") as client:
        yield client


async def test_results_have_the_documented_form(client: httpx.AsyncClient, warehouse: Warehouse) -> None:
    await expose(warehouse, "org-1", ["a", "b", "c"], "on")
    await expose(warehouse, "org-1", ["d", "e"], "off")
    answer = await client.get(RESULTS, headers=bearer("viewer"))

    document = read(ResultDocument, answer.content)
    assert answer.status_code == 200
    assert {each.variation: each.units for each in document.units.variations} == {"on": 3, "off": 2}
    assert document.missing_metrics == ["gone"]
    assert b"NaN" not in answer.content


async def test_an_experiment_is_found_by_key_as_well(client: httpx.AsyncClient) -> None:
    by_id = await client.get(RESULTS, headers=bearer("viewer"))
    by_key = await client.get(
        "/v1/experiments/test/results?project=shop&environment=production", headers=bearer("viewer")
    )

    assert by_key.status_code == 200
    assert by_key.json() == by_id.json()


async def test_exposures_have_counts_shares_series_and_decisions(
    client: httpx.AsyncClient, warehouse: Warehouse
) -> None:
    await expose(warehouse, "org-1", ["a", "b", "c"], "on")
    await expose(warehouse, "org-1", ["a", "b", "c"], "on")
    await expose(warehouse, "org-1", ["d"], "off")
    await expose(warehouse, "org-2", ["stranger"], "off")
    answer = await client.get(EXPOSURES, headers=bearer("viewer"))

    document = read(ExposuresDocument, answer.content)
    assert [(each.variation, each.exposures, each.units, each.share) for each in document.variations] == [
        ("on", 3, 3, 0.75),
        ("off", 1, 1, 0.25),
    ]
    assert [[each.exposures for each in point.variations] for point in document.series] == [[1, 3]]
    assert sorted(each.user_key for each in document.recent) == ["a", "b", "c", "d"]
    assert document.recent[0].context == {"country": "US"}
    assert document.recent[0].occurred_at == "2026-01-05T10:00:00.000Z"
    assert document.expected_by == "test"
    assert [each.expected_share for each in document.variations] == [0.5, 0.5]


async def test_exposures_come_by_the_hour_or_the_day(client: httpx.AsyncClient, warehouse: Warehouse) -> None:
    await expose(warehouse, "org-1", ["a"], "on")
    for bucket, seconds, first in (("hour", 3600, "T10:00"), ("day", 86_400, "T00:00")):
        answer = await client.get(f"{EXPOSURES}&bucket={bucket}", headers=bearer("viewer"))
        assert (answer.json()["bucket_seconds"], answer.json()["series"][0]["time"][10:16]) == (seconds, first)
    long = await client.get(f"{EXPOSURES}&bucket=hour&start=2025-01-01T00:00:00Z", headers=bearer("viewer"))
    assert (long.status_code, long.json()["errors"][0]["field"]) == (422, "bucket")


@pytest.mark.parametrize(("status", "others"), [("stopped", 0), ("running", 1)], ids=["none runs", "two run"])
async def test_shares_are_expected_where_one_experiment_is_under_way(
    warehouse: Warehouse, status: str, others: int
) -> None:
    held = catalog()
    experiments = held.entries("env-1").experiments
    experiments["test"] = replace(experiments["test"], status=status)
    for number in range(others):
        experiments[f"other-{number}"] = replace(experiments["test"], id=f"other-{number}", key=f"other-{number}")
    app = build_app(parts_of(held, warehouse, ManualClock(NOW)), Shell(registry=CollectorRegistry()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://analytics") as client:
        document = read(ExposuresDocument, (await client.get(EXPOSURES, headers=bearer("viewer"))).content)
    assert document.expected_by is None
    assert {each.expected_share for each in document.variations} == {None}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "credentials_missing"),
        ({"Authorization": "Basic eDp5"}, "credentials_missing"),
        ({"X-API-Key": "key"}, "credentials_missing"),
        ({"Authorization": "Bearer not-a-token"}, "invalid_token"),
    ],
    ids=["no header", "another scheme", "an SDK key", "not a token"],
)
@pytest.mark.parametrize("path", [RESULTS, EXPOSURES])
async def test_no_answer_without_a_good_token(
    client: httpx.AsyncClient, path: str, headers: dict[str, str], code: str
) -> None:
    answer = await client.get(path, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "absent"),
    [
        (RESULTS, "/v1/experiments/nothing/results"),
        (EXPOSURES, "/v1/flags/checkout/exposures?project=shop&environment=staging"),
        (
            "/v1/experiments/test/results?project=shop&environment=production",
            "/v1/experiments/test/results?project=none&environment=production",
        ),
    ],
    ids=["results", "exposures", "results by key"],
)
async def test_absent_and_not_yours_are_the_same(client: httpx.AsyncClient, path: str, absent: str) -> None:
    of_stranger = await client.get(path, headers=bearer("owner", "org-2"))
    of_absent = await client.get(absent, headers=bearer("viewer"))
    drop = {"request_id"}

    assert of_stranger.status_code == of_absent.status_code == 404
    assert {k: v for k, v in of_stranger.json().items() if k not in drop} == {
        k: v for k, v in of_absent.json().items() if k not in drop
    }


OF_A_MOMENT = (
    *(f"{RESULTS}{each}?" for each in ("", "/sample-ratio", "/over-time", "/export")),
    f"{RESULTS}/segments?by=country&",
    *(f"{RESULTS.removesuffix('/results')}/{each}?" for each in ("report", "units", "interactions")),
    "/v1/holdouts/never/effect?project=shop&environment=production&",
)
"""What may be asked as of a moment, and not of the future: a plan that ends there would read as if it were over."""


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/v1/flags/checkout/exposures", 400, ""),
        ("/v1/flags/checkout/exposures?project=shop", 400, ""),
        (f"{EXPOSURES}&start=yesterday", 422, "start"),
        (f"{EXPOSURES}&start=2026-01-05", 422, "start"),
        (f"{EXPOSURES}&start=2026-01-05T10:00:00Z&end=2026-01-05T09:00:00Z", 422, "start"),
        (f"{EXPOSURES}&end=99999999999999999999", 422, "end"),
        (f"{EXPOSURES}&limit=100000", 422, "limit"),
        (f"{EXPOSURES}&limit=NaN", 422, "limit"),
        (f"{RESULTS}?as_of=never", 422, "as_of"),
        *((f"{about}as_of={NOW + 86_400_000}", 422, "as_of") for about in OF_A_MOMENT),
        (f"{RESULTS}?project=shop", 400, ""),
    ],
)
async def test_a_wrong_question_names_its_field(client: httpx.AsyncClient, path: str, status: int, field: str) -> None:
    answer = await client.get(path, headers=bearer("viewer"))

    assert answer.status_code == status
    assert [each["field"] for each in answer.json().get("errors", [])] == ([field] if field else [])


async def test_clickhouse_away_is_503(clickhouse_url: str) -> None:
    warehouse = Warehouse(WarehouseSettings(url="http://127.0.0.1:9"))
    held, clock = catalog(), ManualClock(NOW)
    app = build_app(parts_of(held, warehouse, clock), Shell(registry=CollectorRegistry()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://analytics") as client:
        answer = await client.get(RESULTS, headers=bearer("viewer"))
        ready = await client.get("/readyz")
    await warehouse.close()

    assert (answer.status_code, answer.json()["code"]) == (503, "warehouse_unavailable")
    assert answer.headers["retry-after"] == "5"
    assert ready.status_code == 503


async def test_before_the_catalog_is_read_the_answer_is_503(warehouse: Warehouse) -> None:
    held, clock = Catalog(), ManualClock(NOW)
    app = build_app(parts_of(held, warehouse, clock), Shell(registry=CollectorRegistry()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://analytics") as client:
        answer = await client.get(RESULTS, headers=bearer("viewer"))

    assert (answer.status_code, answer.json()["code"]) == (503, "catalog_not_ready")
