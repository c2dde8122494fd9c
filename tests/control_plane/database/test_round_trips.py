"""What a request costs in round trips to PostgreSQL, the question who asks and the commit included: at most so many."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from control_plane.database import Database
from service_kit.clock import ManualClock

from tests.control_plane.database.round_trips import CountingWay

FLAG = {
    "name": "Checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "off"},
}
RULE = {"if": {"segment": "beta"}, "then": {"variation": "on"}}
WRITE_TRIPS_MAX, READ_TRIPS_MAX = 8, 6
RARE = {"create an experiment": 9, "start an experiment": 15}
"""Checked against more than one other entity, and seldom done."""


@pytest.fixture
def begins_furnished() -> bool:
    """Who makes the tenant lets the connection know the statements."""
    return False


@pytest.fixture
async def way(postgres_url: str) -> AsyncIterator[CountingWay]:
    async with CountingWay(urlsplit(postgres_url).port or 5432) as way:
        yield way


@pytest.fixture
async def database(postgres_url: str, way: CountingWay, clock: ManualClock) -> AsyncIterator[Database]:
    # One connection, so that each statement is prepared once.
    through = postgres_url.replace(f":{urlsplit(postgres_url).port}/", f":{way.port}/")
    database = await Database.connect(through, clock, pool_size=1)
    await database.migrate()
    yield database
    await database.close()


async def _trips(way: CountingWay, tenant: Any, number: int) -> dict[str, int]:
    """What each kind costs in one round of all of them."""
    project, flag, other = f"/projects/{tenant.project}", f"flag-{number}", f"other-{number}"
    settings = f"{project}/flags/{flag}/environments/{tenant.environment}"
    api, cost = tenant.api, {}

    async def count(kind: str, method: str, path: str, body: Any = None, etag: str | None = None) -> str:
        headers = {"If-Match": etag} if etag else {}
        before = way.trips
        answer = await api(method, path, body, headers=headers)
        cost[kind] = way.trips - before
        assert answer.is_success, (kind, answer.text)
        return str(answer.headers.get("etag", ""))

    await api.ok("POST", f"{project}/flags", {"key": other, **FLAG})
    segment = await count("create a segment", "POST", f"{project}/segments", {"key": f"s-{number}", "included": ["u"]})
    await count("change a segment", "PATCH", f"{project}/segments/s-{number}", {"included": ["v"]}, segment)
    metric = {"key": f"m-{number}", "event": "purchase", "aggregation": "conversion", "direction": "higher_is_better"}
    await count("create a metric", "POST", f"{project}/metrics", metric)
    etag = await count("create a flag", "POST", f"{project}/flags", {"key": flag, **FLAG})
    etag = await count("rename a flag", "PATCH", f"{project}/flags/{flag}", {"name": "Pay"}, etag)
    await count("a flag, read", "GET", f"{project}/flags/{flag}")
    await count("switch a flag", "PUT", f"{settings}/enabled", {"enabled": True})
    now = (await api("GET", settings)).headers["etag"]
    rules = [{**RULE, "if": {"segment": f"s-{number}"}}]
    now = await count("rules that name a segment", "PATCH", settings, {"rules": rules}, now)
    prerequisites = [{"flag": other, "variation": "on"}]
    both = {"rules": [{**rules[0], "description": "x"}], "prerequisites": prerequisites}
    await count("rules and a prerequisite", "PATCH", settings, both, now)
    await count("list flags", "GET", f"{project}/flags?limit=50")
    await count("settings, read", "GET", settings)
    await count("archive a flag", "POST", f"{project}/flags/{flag}/archive", None, etag)
    await count("delete a flag", "DELETE", f"{project}/flags/{flag}")
    await _of_experiments(count, project, number)
    return cost


async def _of_experiments(count: Any, project: str, number: int) -> None:
    layer, holdout, key = f"l-{number}", f"h-{number}", f"e-{number}"
    etag = await count("create a layer", "POST", f"{project}/layers", {"key": layer})
    await count("change a layer", "PATCH", f"{project}/layers/{layer}", {"name": "L"}, etag)
    etag = await count("create a holdout", "POST", f"{project}/holdouts", {"key": holdout, "share": 5})
    await count("change a holdout", "PATCH", f"{project}/holdouts/{holdout}", {"share": 6}, etag)
    variations = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]
    body = {"key": key, "environment": "production", "flag": f"other-{number}", "variations": variations}
    more = {"layer": {"key": layer, "share": 50}, "metrics": [{"metric": f"m-{number}"}]}
    etag = await count("create an experiment", "POST", f"{project}/experiments", {**body, **more})
    etag = await count("change an experiment", "PATCH", f"{project}/experiments/{key}", {"hypothesis": "H"}, etag)
    await count("start an experiment", "POST", f"{project}/experiments/{key}/start", {})
    await count("stop an experiment", "POST", f"{project}/experiments/{key}/stop")
    await count("archive an experiment", "POST", f"{project}/experiments/{key}/archive")
    await count("archive a holdout", "POST", f"{project}/holdouts/{holdout}/archive")
    await count("restore a holdout", "POST", f"{project}/holdouts/{holdout}/restore")
    await count("delete a holdout", "DELETE", f"{project}/holdouts/{holdout}")


async def test_a_request_makes_few_round_trips(way: CountingWay, tenant: Any) -> None:
    for number in range(2):
        cost = await _trips(way, tenant, number)
    most = {kind: READ_TRIPS_MAX if "read" in kind or "list" in kind else WRITE_TRIPS_MAX for kind in cost}
    most |= RARE
    over = {kind: trips for kind, trips in cost.items() if trips > most[kind]}
    assert not over, f"more than {WRITE_TRIPS_MAX} of a write, {READ_TRIPS_MAX} of a read: {over}; all: {cost}"
    assert len(cost) >= 25
