"""Webhooks are made, read, changed and taken away; what is wrong is refused at the door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from control_plane.database import Database
from control_plane.webhooks.events import EVENT_TYPES
from control_plane.webhooks.worker import WebhookWorker
from service_kit.clock import ManualClock

from tests.control_plane.conftest import Api, Tenant
from tests.control_plane.webhooks.stand import Hooks, receiving

URL = "http://127.0.0.1:9/hook"


async def test_the_secret_is_shown_once_and_is_sealed(hooks: Hooks, database: Database) -> None:
    made = await hooks.create(URL, description="chat", events=["flag.*"], tags=["checkout"])
    assert made["secret"].startswith("whsec_")
    shown = await hooks.shown(made)
    assert "secret" not in shown
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert (shown["enabled"], shown["paused_because"], shown["version"]) == (True, None, 1)
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT secret FROM webhooks")
        kept = await connection.fetchval("SELECT string_agg(after, '') FROM audit_entries")
    assert made["secret"].encode() not in rows[0]["secret"]
    assert made["secret"] not in kept


async def test_they_are_listed_changed_and_deleted(hooks: Hooks, tenant: Tenant, clock: ManualClock) -> None:
    first = await hooks.create(URL)
    clock.advance(1)
    second = await hooks.create(URL, description="b")
    page = await tenant.api.ok("GET", f"{hooks.path}?limit=1")
    assert [each["id"] for each in page["items"]] == [first["id"]]
    rest = await tenant.api.ok("GET", f"{hooks.path}?limit=1&cursor={page['next_cursor']}")
    assert [each["id"] for each in rest["items"]] == [second["id"]]
    path = f"{hooks.path}/{first['id']}"
    changed = await tenant.api.changed("PATCH", path, {"events": ["flag.created"], "enabled": False})
    assert (changed["events"], changed["paused_because"], changed["version"]) == (["flag.created"], "asked", 2)
    same = await tenant.api.changed("PATCH", path, {"events": ["flag.created"]})
    assert same["version"] == 2
    assert (await tenant.api("PATCH", path, {"enabled": True}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await tenant.api("PATCH", path, {"enabled": True})).status_code == 428
    assert (await tenant.api("DELETE", path)).status_code == 204
    assert (await tenant.api("GET", path)).status_code == 404
    actions = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?entity=webhook")
    assert [each["action"] for each in actions["items"]] == ["delete", "update", "create", "create"]


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"url": "http://10.0.0.1/"}, "url", "not_public"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "url", "not_public"),
        ({"url": "https://[::1]/"}, "url", "not_public"),
        ({"url": "https://2130706433/"}, "url", "bad_url"),
        ({"url": "ftp://127.0.0.1/"}, "url", "bad_url"),
        ({"url": "https://user:password@127.0.0.1/"}, "url", "credentials_in_url"),
        ({"url": ""}, "url", "string_too_short"),
        ({"url": URL, "events": []}, "events", "too_short"),
        ({"url": URL, "events": ["flag.update"]}, "events[0]", "value_error"),
        ({"url": URL, "events": ["*", "flagg.*"]}, "events[1]", "value_error"),
        ({"url": URL, "projects": ["shop", "shoop"]}, "projects[1]", "unknown_key"),
        ({"url": URL, "environments": ["prod"]}, "environments[0]", "unknown_key"),
        ({"url": URL, "environments": ["No Key"]}, "environments[0]", "string_pattern_mismatch"),
        ({"url": URL, "tags": [""]}, "tags[0]", "string_too_short"),
        ({"url": URL, "secret": "whsec_mine"}, "secret", "extra_forbidden"),
    ],
)
async def test_what_is_wrong_is_named(
    hooks: Hooks, tenant: Tenant, body: dict[str, Any], field: str, code: str
) -> None:
    refused = await tenant.api("POST", hooks.path, body)
    assert refused.status_code == 422, refused.text
    assert [(each["field"], each["code"]) for each in refused.json()["errors"]] == [(field, code)]
    made = await hooks.create(URL)
    if set(body) != {"url", "secret"}:
        etag = {"If-Match": '"1"'}
        assert (await tenant.api("PATCH", f"{hooks.path}/{made['id']}", body, headers=etag)).status_code == 422


async def test_what_was_there_when_it_was_named_may_go(hooks: Hooks, tenant: Tenant) -> None:
    made = await hooks.create(URL, projects=["shop"], environments=["production"])
    await tenant.api.ok("POST", f"/projects/{tenant.project}/archive")
    await tenant.api.changed("PATCH", f"{hooks.path}/{made['id']}", {"projects": ["shop"]})


async def test_only_administrators_see_and_change_them(
    hooks: Hooks, tenant: Tenant, make_member: Callable[[Tenant, str], Awaitable[Api]]
) -> None:
    made = await hooks.create(URL)
    viewer = await make_member(tenant, "viewer")
    refused = await viewer("POST", hooks.path, {"url": "http://10.0.0.1/"})
    assert refused.status_code == 403, "nobody without the right has a name looked up"
    for method, path in (("DELETE", ""), ("POST", "/test")):
        assert (await viewer(method, f"{hooks.path}/{made['id']}{path}")).status_code == 403


async def test_those_of_others_are_not_there(
    hooks: Hooks, tenant: Tenant, make_tenant: Callable[[str], Awaitable[Tenant]]
) -> None:
    made = await hooks.create(URL)
    other = await make_tenant("other")
    for organization in (tenant.organization, other.organization):
        path = f"/organizations/{organization}/webhooks/{made['id']}"
        for method, more in (("GET", ""), ("GET", "/deliveries"), ("DELETE", ""), ("POST", "/test")):
            assert (await other.api(method, path + more)).status_code == 404


async def test_their_number_is_limited(hooks: Hooks, tenant: Tenant) -> None:
    found = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/quotas")
    assert {each["quota"]: each["limit"] for each in found["items"]}["webhooks"] == 100


async def test_types_of_events_are_listed(hooks: Hooks, tenant: Tenant) -> None:
    listed = await tenant.api.ok("GET", f"{hooks.path}/event-types")
    assert set(listed["items"]) == EVENT_TYPES
    assert {"flag.updated", "experiment.stopped", "sdk_key.rotated"} <= EVENT_TYPES


async def test_a_pause_is_not_caught_up(hooks: Hooks, tenant: Tenant, worker: WebhookWorker) -> None:
    async with receiving() as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        path = f"{hooks.path}/{made['id']}"
        await tenant.api.changed("PATCH", path, {"enabled": False})
        await hooks.flag("during")
        await worker.turn()
        await tenant.api.changed("PATCH", path, {"enabled": True})
        await hooks.flag("after")
        await worker.turn()
    assert [each.document["data"]["entity_key"] for each in receiver.received] == ["after"]
