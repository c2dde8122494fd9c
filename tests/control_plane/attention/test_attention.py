"""What waits for somebody, went wrong, or will soon."""

from __future__ import annotations

from typing import Any

from control_plane.attention.service import OF_A_KIND_MAX
from control_plane.database import Database

from tests.control_plane.conftest import Api, Tenant
from tests.control_plane.flags.test_flag_lists import FLAG
from tests.control_plane.rollouts.harm import find_harm

EDIT = {"entity": "flag_settings", "key": "checkout", "environment": "production", "action": "update"}
HALVES = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]


async def attention(api: Api, tenant: Tenant, query: str = "") -> list[tuple[str, str]]:
    answer = await api.ok("GET", f"/projects/{tenant.project}/attention{query}")
    assert answer["more"] is False
    return [(each["kind"], each["name"]) for each in answer["items"]]


async def test_nothing_waits_where_nothing_is(tenant: Tenant) -> None:
    assert await attention(tenant.api, tenant) == []
    wrong = await tenant.api("GET", f"/projects/{tenant.project}/attention?environment=nowhere")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "environment")


async def test_a_request_waits_for_others_and_not_for_its_author(tenant: Tenant, make_member: Any) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    await api.ok("POST", f"{project}/flags", {"key": "checkout", **FLAG})
    await api.ok("POST", f"{project}/environments", {"key": "staging", "name": "Staging"})
    proposed = {"title": "On", "edits": [{**EDIT, "document": {"enabled": True}}]}
    await api.ok("POST", f"{project}/change-requests", proposed)
    reviewer, viewer = await make_member(tenant, "developer"), await make_member(tenant, "viewer")
    assert await attention(reviewer, tenant) == [("change_request_waiting", "On")]
    assert await attention(reviewer, tenant, "?environment=staging") == []
    assert await attention(api, tenant) == await attention(viewer, tenant) == []


async def test_what_waits_in_an_environment_is_told_behind_much_that_waits_elsewhere(
    tenant: Tenant, make_member: Any
) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    await api.ok("POST", f"{project}/flags", {"key": "checkout", **FLAG})
    await api.ok("POST", f"{project}/environments", {"key": "staging", "name": "Staging"})
    on = {**EDIT, "document": {"enabled": True}}
    await api.ok("POST", f"{project}/change-requests", {"title": "In production", "edits": [on]})
    for number in range(OF_A_KIND_MAX + 1):
        there = {"title": f"In staging {number}", "edits": [{**on, "environment": "staging"}]}
        await api.ok("POST", f"{project}/change-requests", there)
    reviewer = await make_member(tenant, "developer")
    waiting = [("change_request_waiting", "In production")]
    assert await attention(reviewer, tenant, "?environment=production") == waiting


async def test_what_goes_wrong_is_told_before_what_is_late(tenant: Tenant, database: Database) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    await api.ok("POST", f"{project}/flags", {"key": "checkout", "expected_end": "2020-01-01", **FLAG})
    await api.ok("POST", f"{project}/flags", {"key": "gate", "name": "A gate", "expected_end": "2021-01-01", **FLAG})
    rollout = {"key": "ship", "flag": "checkout", "variation": "on", "plan": {"steps": [{"share": 5}]}}
    made = await api.ok("POST", f"{tenant.path}/rollouts", {**rollout, "name": "Ship it", "variation": "off"})
    await api.ok("POST", f"{tenant.path}/rollouts/ship/start")
    await find_harm(database, made["id"])
    test = {"key": "test", "name": "Test", "environment": "production", "flag": "gate", "variations": HALVES}
    ended = {"mode": "fixed", "planned_end": "2030-01-01T00:00:00Z"}
    await api.ok("POST", f"{project}/experiments", {**test, "plan": ended})
    await api.ok("POST", f"{project}/experiments/test/start", {})
    key = await api.ok("POST", f"{tenant.path}/sdk-keys", {"kind": "server", "name": "Backend"})
    await api.ok("POST", f"{tenant.path}/sdk-keys/{key['id']}/rotate", {"overlap_seconds": 3600})
    async with database.transaction() as tx:
        await tx.execute("UPDATE experiments SET plan = jsonb_set(plan::jsonb, '{planned_end}', '1000')::json")
    told = await attention(api, tenant)
    kinds = [kind for kind, _ in told]
    assert kinds == sorted(kinds, key=list(dict.fromkeys(ORDER)).index)
    assert {"incident_open", "experiment_past_end", "sdk_key_expires", "flags_overdue"} <= set(kinds)
    items = (await api.ok("GET", f"{project}/attention"))["items"]
    overdue = next(each for each in items if each["kind"] == "flags_overdue")
    assert (overdue["count"], overdue["detail"], overdue["since"][:10]) == (
        2,
        {"keys": ["checkout", "gate"]},
        "2020-01-01",
    )
    assert (overdue["key"], overdue["name"]) == ("checkout", "checkout")


ORDER = (
    "incident_open",
    "rollout_held",
    "change_request_waiting",
    "change_request_failed",
    "experiment_schedule_failed",
    "rollout_awaits_approval",
    "experiment_past_end",
    "webhook_paused",
    "sdk_key_expires",
    "token_expires",
    "token_unused",
    "flags_overdue",
)


async def test_what_one_may_not_read_is_left_out(tenant: Tenant, make_member: Any) -> None:
    api = tenant.api
    await api.ok("POST", f"/projects/{tenant.project}/flags", {"key": "checkout", "expected_end": "2020-01-01", **FLAG})
    role = {"key": "narrow", "name": "Narrow", "rights": ["project:read"]}
    await api.ok("POST", f"/organizations/{tenant.organization}/roles", role)
    person = await make_member(tenant, "viewer")
    identity = (await person.ok("GET", "/me"))["id"]
    await api.changed("PATCH", f"/organizations/{tenant.organization}/members/{identity}", {"role": "narrow"})
    assert await attention(api, tenant) == [("flags_overdue", "checkout")]
    assert await attention(person, tenant) == []
