"""Lists of every kind of entity are narrowed, sorted and counted in one way; their cursors neither skip nor repeat."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from service_kit.clock import ManualClock

from tests.control_plane.conftest import PASSWORD, Tenant, joined, sign_in

FLAG = {
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}
TEXT = {"type": "string", "variations": [{"key": "on", "value": "x"}], "off_variation": "on"}
EXPERIMENT = {
    "environment": "production",
    "flag": "checkout",
    "variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}],
}
NOUNS: dict[str, dict[str, Any]] = {
    "flags": FLAG,
    "configs": {"value": {}},
    "segments": {},
    "metrics": {"aggregation": "sum"},
    "layers": {},
    "holdouts": {"share": 5},
    "experiments": EXPERIMENT,
}
SORTS = [f"{sign}{column}" for column in ("key", "name", "created_at", "updated_at") for sign in ("", "-")]


async def keys(tenant: Tenant, noun: str, query: str = "") -> list[str]:
    page = await tenant.api.ok("GET", f"/projects/{tenant.project}/{noun}?{query}")
    return [each["key"] for each in page["items"]]


@pytest.fixture
async def anna(tenant: Tenant) -> dict[str, Any]:
    api = await joined(tenant.api, tenant.organization, "Anna@example.com", "viewer")
    me: dict[str, Any] = await api.ok("GET", "/me")
    return me


@pytest.mark.parametrize("noun", NOUNS)
async def test_every_kind_is_narrowed_in_one_way(
    tenant: Tenant, anna: dict[str, Any], clock: ManualClock, noun: str
) -> None:
    api, path = tenant.api, f"/projects/{tenant.project}/{noun}"
    if noun == "experiments":
        await api.ok("POST", f"/projects/{tenant.project}/flags", {**FLAG, "key": "checkout"})
    made = await api.ok("POST", path, {**NOUNS[noun], "key": "a", "tags": ["web"], "owner": anna["id"]})
    assert made["owner"] == anna["email"]
    clock.advance(60)
    later = {**NOUNS[noun], "key": "b", "name": "Beta", "description": "What we SELL", "tags": ["web", "shop"]}
    assert (await api.ok("POST", path, later))["owner"] is None
    await api.ok("POST", path, {**NOUNS[noun], "key": "c", "owner": "ANNA@example.com"})
    await api.ok("POST", f"{path}/c/archive")

    assert await keys(tenant, noun) == ["a", "b"]
    assert await keys(tenant, noun, "archived=true") == ["a", "b", "c"]
    assert await keys(tenant, noun, "archived=only") == ["c"]
    assert await keys(tenant, noun, "q=sell") == ["b"]
    assert await keys(tenant, noun, "tag=shop") == ["b"]
    assert await keys(tenant, noun, f"owner={anna['email']}&archived=true") == ["a", "c"]
    assert await keys(tenant, noun, f"changed_since={clock.now()}") == ["b"]
    assert await keys(tenant, noun, f"changed_since={clock.now() + 1}") == []
    assert await keys(tenant, noun, "sort=-key") == ["b", "a"]
    assert await keys(tenant, noun, "sort=-created_at") == ["b", "a"]

    counted = await api.ok("GET", f"{path}?limit=1&total=true&facets=tag,owner")
    assert counted["total"] == 2
    assert counted["facets"]["tag"] == [{"value": "web", "count": 2}, {"value": "shop", "count": 1}]
    assert counted["facets"]["owner"] == [{"value": anna["email"], "count": 1}]
    chosen = await api.ok("GET", f"{path}?tag=shop&total=true&facets=tag,owner")
    assert (chosen["total"], chosen["facets"]["tag"], chosen["facets"]["owner"]) == (1, counted["facets"]["tag"], [])
    plain = await api.ok("GET", path)
    assert (plain["total"], plain["facets"]) == (None, None)


async def test_type_and_state_are_what_the_kind_understands_by_them(tenant: Tenant, clock: ManualClock) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    await api.ok("POST", f"{project}/environments", {"key": "staging", "name": "S"})
    for key in ("checkout", "gate"):
        await api.ok("POST", f"{project}/flags", {**FLAG, "key": key})
    await api.ok("POST", f"{project}/flags", {**TEXT, "key": "banner", "default": {"variation": "on"}})
    clock.advance(60)
    await api.ok("PUT", f"{project}/flags/gate/environments/production/enabled", {"enabled": True})
    assert await keys(tenant, "flags", "type=string") == ["banner"]
    assert await keys(tenant, "flags", "state=on&environment=production") == ["gate"]
    assert await keys(tenant, "flags", "state=off&environment=production") == ["banner", "checkout"]
    assert await keys(tenant, "flags", "state=on&environment=staging") == []
    assert await keys(tenant, "flags", f"changed_since={clock.now()}") == ["gate"]
    assert await keys(tenant, "flags", f"changed_since={clock.now()}&environment=staging") == []
    facets = (await api.ok("GET", f"{project}/flags?environment=production&state=on&facets=state,type"))["facets"]
    assert facets["state"] == [{"value": "off", "count": 2}, {"value": "on", "count": 1}]
    assert facets["type"] == [{"value": "boolean", "count": 1}]

    await api.ok("POST", f"{project}/metrics", {"key": "sale", "aggregation": "conversion"})
    assert await keys(tenant, "metrics", "type=conversion") == ["sale"]
    for key in ("one", "two"):
        await api.ok("POST", f"{project}/experiments", {**EXPERIMENT, "key": key})
    await api.ok("POST", f"{project}/experiments/two/start")
    assert await keys(tenant, "experiments", "state=running&type=assigns") == ["two"]
    facets = (await api.ok("GET", f"{project}/experiments?facets=state,type"))["facets"]
    assert facets["state"] == [{"value": "draft", "count": 1}, {"value": "running", "count": 1}]
    assert facets["type"] == [{"value": "assigns", "count": 2}]


@pytest.mark.parametrize(
    ("address", "field"),
    [
        pytest.param("flags?state=on", "environment", id="a-state-nowhere"),
        pytest.param("flags?facets=state", "environment", id="states-nowhere"),
        pytest.param("flags?state=on&environment=mars", "environment", id="no-such-environment"),
        pytest.param("flags?state=half&environment=production", "state", id="no-such-state"),
        pytest.param("flags?facets=tag,colour", "facets", id="no-such-facet"),
        pytest.param("segments?facets=type", "facets", id="a-facet-of-others"),
        pytest.param("flags?sort=colour", "sort", id="no-such-column"),
        pytest.param("flags?changed_since=yesterday", "changed_since", id="no-moment"),
        pytest.param("flags?changed_since=99999999999999999999999", "changed_since", id="no-moment-of-this-world"),
        pytest.param("flags?archived=maybe", "archived", id="half-archived"),
        pytest.param("segments?type=string", "type", id="a-filter-of-others"),
        pytest.param("flags?sort=name&cursor=YWJj", "cursor", id="a-cursor-of-another-order"),
        pytest.param("flags?sort=updated_at&cursor=WyJ1cGRhdGVkX2F0IiwieCIsImEiXQ==", "cursor", id="a-cursor-made-up"),
    ],
)
async def test_refused(tenant: Tenant, address: str, field: str) -> None:
    answer = await tenant.api("GET", f"/projects/{tenant.project}/{address}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text


async def test_an_owner_is_a_member_and_stays_named_when_they_leave(
    tenant: Tenant, anna: dict[str, Any], make_tenant: Any, admin: Any
) -> None:
    api, layers = tenant.api, f"/projects/{tenant.project}/layers"
    other = await make_tenant("other")
    stranger = await other.api.ok("GET", "/me")
    for owner in (stranger["email"], stranger["id"], "nobody@example.com", "x"):
        refused = await api("POST", layers, {"key": "a", "owner": owner})
        error = refused.json()["errors"][0]
        assert (refused.status_code, error["field"], error["code"]) == (422, "owner", "unknown_member")
    await api.ok("POST", layers, {"key": "a", "owner": anna["email"]})
    assert (await sign_in(admin.of(""), anna["email"], PASSWORD)).token
    await api.ok("DELETE", f"/organizations/{tenant.organization}/members/{anna['id']}")
    changed = await api.changed("PATCH", f"{layers}/a", {"description": "Prices"})
    assert changed["owner"] == anna["email"]
    assert (await api.changed("PATCH", f"{layers}/a", {"owner": None}))["owner"] is None


@pytest.mark.parametrize("sort", SORTS)
async def test_cursors_neither_skip_nor_repeat_under_writes(tenant: Tenant, clock: ManualClock, sort: str) -> None:
    """What nobody touches while the pages are read stands on exactly one of them, in the order of the list."""
    api, layers, random = tenant.api, f"/projects/{tenant.project}/layers", Random(sort)
    kept = [f"kept-{number:02}" for number in range(20)]
    for key in random.sample(kept, len(kept)):
        await api.ok("POST", layers, {"key": key, "name": random.choice(["same", "Same", "é" * 200, key])})
        clock.advance(random.choice([0, 0.001, 60]))
    for number in range(6):
        await api.ok("POST", layers, {"key": f"moved-{number}"})
    still = [key for key in await keys(tenant, "layers", f"sort={sort}&limit=200") if key in kept]
    seen: list[str] = []
    page: dict[str, Any] = {"next_cursor": ""}
    while page["next_cursor"] is not None:
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else ""
        page = await api.ok("GET", f"{layers}?sort={sort}&limit=3{cursor}")
        seen += [each["key"] for each in page["items"]]
        clock.advance(1)
        moved = f"moved-{random.randrange(6)}"
        name = random.choice(["a", "same", "zzz"])
        if (await api("GET", f"{layers}/{moved}")).is_success:
            await api.changed("PATCH", f"{layers}/{moved}", {"name": name})
            await api.ok("DELETE", f"{layers}/moved-5") if moved == "moved-5" else None
        await api.ok("POST", layers, {"key": f"new-{clock.now()}", "name": name})
        if len(seen) > 200:
            break
    assert [key for key in seen if key in kept] == still
