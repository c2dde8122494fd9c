"""The list of experiments over HTTP: what it says is what each one's results say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Plan
from analytics.instants import rfc3339
from analytics.programme.standings import Standings
from analytics.warehouse.client import Warehouse
from analytics.warehouse.tables import EXPOSURE_COLUMNS
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.http import Shell

from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer
from tests.integration.test_analytics_metric_kinds import ENVIRONMENT, HOUR, NOW, START, _insert, metric
from tests.integration.test_analytics_programme import USERS, experiments, store

PATH = "/v1/experiments?project=shop&environment=production"
PAGED = f"{PATH}&limit=4"


@pytest.fixture
def held() -> Catalog:
    made = Catalog()
    entries = made.entries("env-1")
    entries.environment = ENVIRONMENT
    entries.metrics["bought"] = replace(metric("conversion"), key="bought")
    entries.experiments = experiments()
    plan = Plan(mode="fixed", planned_units=4 * USERS, planned_end=NOW + 120 * HOUR, minimum_days=1)
    halfway = replace(entries.experiments["large"], status="running", stop_at=None, plan=plan)
    entries.experiments["large"] = halfway
    made.ready = True
    return made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
async def client(held: Catalog, warehouse: Warehouse, clock: ManualClock) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(parts_of(held, warehouse, clock), Shell(registry=CollectorRegistry()))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://analytics", headers=bearer("viewer")) as client:
        yield client


async def standings(client: httpx.AsyncClient, path: str = PATH) -> dict[str, Any]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return {each["key"]: each for each in answer.json()["items"]}


async def test_each_experiment_stands_where_its_results_say(client: httpx.AsyncClient, warehouse: Warehouse) -> None:
    await store(warehouse)

    found = await standings(client)

    assert list(found) == ["draft", "harm", "large", "none", "running", "small"]
    assert (found["draft"]["state"], found["draft"]["plan"], found["draft"]["goal"]) == ("not_started", None, None)
    for key in ("harm", "none", "small"):
        results = (await client.get(f"/v1/experiments/{key}/results")).json()
        standing = found[key]
        assert standing["state"] == "computed"
        assert standing["plan"]["units"] == results["units"]["total"] == 2 * USERS
        assert standing["plan"]["sentence"] == results["plan"]["sentence"]
        assert [(each["variation"], each["verdict"]) for each in standing["decisions"]] == [
            (each["variation"], each["verdict"]) for each in results["decisions"]
        ]
        (goal,) = standing["goal"]["variations"]
        compared = results["metrics"][0]["variations"][1]["comparison"]
        assert goal["reading"] == compared["reading"]["state"]
        assert (goal["lift"], goal["lower"]) == (compared["lift"]["estimate"], compared["lift"]["lower"])
        assert goal["sentence"] == compared["reading"]["sentence"]
        worst = {each["state"] for each in results["health"]}
        assert standing["health"]["state"] == next(each for each in ("problem", "warning", "unknown") if each in worst)
    assert found["harm"]["goal"]["variations"][0]["reading"] == "worse"


async def test_a_plan_half_way_has_days_left_and_no_lift(client: httpx.AsyncClient, warehouse: Warehouse) -> None:
    await store(warehouse)

    plan = (await standings(client))["large"]["plan"]
    (goal,) = (await standings(client))["large"]["goal"]["variations"]

    assert (plan["planned_units"], plan["complete"]) == (4 * USERS, False)
    assert (plan["days_left"], plan["readable_at"]) == (5.0, rfc3339(NOW + 120 * HOUR))
    assert (goal["reading"], goal["lift"], goal["lower"], goal["upper"]) == ("too_early", None, None, None)
    assert "too early" in goal["sentence"]


async def test_figures_are_held_for_a_minute_and_no_longer_than_the_definition(
    client: httpx.AsyncClient, warehouse: Warehouse, held: Catalog, clock: ManualClock
) -> None:
    await store(warehouse)
    one = f"{PATH}&status=running"
    first = (await standings(client, one))["large"]
    late = {"flag": "large", "variation": "on", "user_key": "late", "event_id": "late", "config_version": 1}
    await _insert(
        warehouse, "events_exposure", EXPOSURE_COLUMNS, [late | {"context": "{}", "occurred_at": START + HOUR}]
    )

    assert (await standings(client, one))["large"] == first
    clock.advance(61)
    later = (await standings(client, one))["large"]
    assert later["plan"]["units"] == first["plan"]["units"] + 1
    entries = held.entries("env-1")
    entries.experiments["large"] = replace(entries.experiments["large"], name="Renamed")
    assert (await standings(client, one))["large"]["name"] == "Renamed"


async def test_what_takes_too_long_waits_and_the_next_request_goes_on(
    warehouse: Warehouse, held: Catalog, clock: ManualClock
) -> None:
    await store(warehouse)
    entries = held.entries("env-1")
    wanted = [entries.experiments[key] for key in ("harm", "none", "small")]
    slow = Standings(warehouse, held, clock, seconds_max=-1)
    lists = Standings(warehouse, held, clock, seconds_max=0)

    assert [each.state for each in await slow.of(ENVIRONMENT, wanted)] == ["waiting"] * 3
    assert [each.state for each in await lists.of(ENVIRONMENT, wanted)] == ["computed"] * 3


async def test_pages_go_by_key_and_wrong_parameters_are_told(client: httpx.AsyncClient) -> None:
    first = (await client.get(PAGED)).json()
    rest = (await client.get(f"{PAGED}&cursor={first['next_cursor']}")).json()
    assert [each["key"] for each in first["items"] + rest["items"]] == sorted(experiments())
    assert (first["complete"], rest["next_cursor"]) == (True, None)
    only = await standings(client, f"{PATH}&status=draft,running")
    assert sorted(only) == ["draft", "large", "running"]
    assert (await client.get(f"{PATH}&status=runing")).json()["errors"][0]["field"] == "status"
    assert (await client.get("/v1/experiments?project=shop")).status_code == 400
