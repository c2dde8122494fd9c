"""Rollouts over HTTP: planned, started, led by hand, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from service_kit.clock import ManualClock

from tests.control_plane.rollouts.conftest import ROLLOUT, STEPS

NEW_10 = {"rollout": {"variations": [{"key": "new", "weight": 10}, {"key": "old", "weight": 90}]}}


async def refused(api: Any, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str]:
    answer = await api(method, path, body, **more)
    return answer.status_code, answer.json()["code"]


async def begun(tenant: Any, rollouts: str, **fields: Any) -> str:
    """The path of one that was started."""
    made = await tenant.api.ok("POST", rollouts, {**ROLLOUT, **fields})
    await tenant.api.ok("POST", f"{rollouts}/{made['key']}/start")
    return f"{rollouts}/{made['key']}"


async def served(tenant: Any, settings: str) -> Any:
    return (await tenant.api.ok("GET", settings))["default"]


async def test_a_rollout_is_planned_changed_and_deleted(tenant: Any, rollouts: str, settings: str) -> None:
    made = await tenant.api.ok("POST", rollouts, ROLLOUT)
    assert (made["state"], made["share"], made["step"], made["steps"], made["version"]) == ("pending", 0, 0, 3, 1)
    assert await refused(tenant.api, "POST", rollouts, ROLLOUT) == (409, "key_taken")
    changed = await tenant.api.changed("PATCH", f"{rollouts}/ship-it", {"name": "Ship it", "alpha": 0.01})
    assert (changed["name"], changed["alpha"], changed["version"]) == ("Ship it", 0.01, 2)
    listed = await tenant.api.ok("GET", f"{rollouts}?flag=checkout&state=pending")
    assert [each["key"] for each in listed["items"]] == ["ship-it"]
    assert (await tenant.api.ok("GET", f"{rollouts}?state=running"))["items"] == []
    assert (await tenant.api.ok("DELETE", f"{rollouts}/ship-it"))["environment_versions"] == {"production": 6}
    assert await refused(tenant.api, "GET", f"{rollouts}/ship-it") == (404, "not_found")
    assert await served(tenant, settings) == {"variation": "old"}


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"flag": "none"}, "flag", "unknown_flag"),
        ({"variation": "none"}, "variation", "unknown_variation"),
        ({"rule": "none"}, "rule", "unknown_rule"),
        ({"plan": None}, "plan", "missing"),
        ({"template": "none"}, "template", "unknown_template"),
        ({"plan": {"steps": [{"share": 5, "at": "soon"}]}}, "plan.steps[0].at", "date"),
        ({"plan": {"steps": [{"share": 0.001}]}}, "plan.steps[0].share", "precision"),
        ({"guards": [{"metric": "none", "margin": 1, "action": "hold"}]}, "guards[0].metric", "unknown_metric"),
        ({"guards": [{"built_in": "none", "action": "hold"}]}, "guards[0].built_in", "literal_error"),
    ],
    ids=["flag", "variation", "rule", "no plan", "template", "moment", "precision", "metric", "built-in"],
)
async def test_what_is_wrong_is_named(
    tenant: Any, rollouts: str, fields: dict[str, Any], field: str, code: str
) -> None:
    answer = await tenant.api("POST", rollouts, {**ROLLOUT, **fields})
    found = [(each["field"], each["code"]) for each in answer.json()["errors"]]
    assert (answer.status_code, found) == (422, [(field, code)])


async def test_the_start_says_what_keeps_units_away(tenant: Any, rollouts: str, settings: str) -> None:
    async def warnings(key: str, guards: list[dict[str, Any]]) -> list[str]:
        await tenant.api.ok("POST", rollouts, {**ROLLOUT, "key": key, "guards": guards})
        told = await tenant.api.ok("POST", f"{rollouts}/{key}/start")
        await tenant.api.ok("POST", f"{rollouts}/{key}/roll-back")
        return [each["code"] for each in told["warnings"]]

    guards = [{"built_in": "sdk_errors", "action": "hold"}]
    assert await warnings("bare", []) == []
    assert await warnings("unseen", guards) == ["exposures_not_reported"]
    await tenant.api.changed("PATCH", settings, {"report_exposures": True})
    assert await warnings("seen", guards) == []
    await tenant.api.ok("PUT", f"{settings}/enabled", {"enabled": False})
    assert await warnings("off", guards) == ["flag_off"]


async def test_the_start_takes_the_first_step_and_says_so_everywhere(
    tenant: Any, rollouts: str, settings: str, clock: ManualClock
) -> None:
    await tenant.api.ok("POST", rollouts, ROLLOUT)
    told = await tenant.api.ok("POST", f"{rollouts}/ship-it/start", headers={"X-Verdict-Reason": "release 7"})
    assert (told["state"], told["share"], told["step"], told["next_share"]) == ("running", 10, 1, 50)
    assert (told["due_at"], told["waiting_for"]) == ("2026-01-05T10:10:00Z", None)
    assert told["environment_versions"] == {"production": 5}
    assert await served(tenant, settings) == NEW_10
    entries = (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?limit=2"))["items"]
    said = [(each["entity"], each["action"], each["actor"]["name"], each["reason"]) for each in entries]
    assert said[0][:2] == ("rollout", "start")
    assert said[0][3] == said[1][3] == "release 7 (rollout ship-it: started)"
    assert said[1][:3] == ("flag_settings", "update", said[0][2])
    assert {tuple(each["environment_versions"].values()) for each in entries} == {(5,)}
    timeline = (await tenant.api.ok("GET", f"{rollouts}/ship-it/timeline"))["items"]
    assert [(each["version"], each["action"], each["share"]) for each in timeline] == [
        (1, "create", 0),
        (2, "start", 10),
    ]
    assert await refused(tenant.api, "POST", f"{rollouts}/ship-it/start") == (409, "rollout_running")


async def test_a_share_belongs_to_the_rollout_that_runs(tenant: Any, rollouts: str, settings: str) -> None:
    path = await begun(tenant, rollouts)
    etag = (await tenant.api("GET", settings)).headers["etag"]
    edit = {"default": {"variation": "new"}}
    assert await refused(tenant.api, "PATCH", settings, edit, headers={"If-Match": etag}) == (409, "share_in_rollout")
    rule = {"if": {"attribute": "plan", "operator": "eq", "value": "pro"}, "then": {"variation": "old"}}
    await tenant.api.changed("PATCH", settings, {"rules": [rule], "targets": [{"key": "u", "variation": "new"}]})
    await tenant.api.ok("PUT", f"{settings}/enabled", {"enabled": False})
    await tenant.api.ok("POST", rollouts, ROLLOUT | {"key": "second"})
    assert await refused(tenant.api, "POST", f"{rollouts}/second/start") == (409, "target_taken")
    await tenant.api.ok("POST", f"{path}/pause")
    await tenant.api.changed("PATCH", settings, edit)
    assert await refused(tenant.api, "POST", f"{path}/resume") == (409, "target_edited")


async def test_paused_it_keeps_what_is_left_of_its_time(tenant: Any, rollouts: str, clock: ManualClock) -> None:
    path = await begun(tenant, rollouts)
    clock.advance(200)
    paused = await tenant.api.ok("POST", f"{path}/pause")
    assert (paused["state"], paused["due_at"], paused["remaining_seconds"]) == ("paused", None, 400)
    clock.advance(1000)
    resumed = await tenant.api.ok("POST", f"{path}/resume")
    assert (resumed["state"], resumed["due_at"]) == ("running", "2026-01-05T10:26:40Z")
    assert await refused(tenant.api, "POST", f"{path}/resume") == (409, "rollout_running")


async def test_it_is_moved_on_by_hand_and_rolled_back(tenant: Any, rollouts: str, settings: str) -> None:
    path = await begun(tenant, rollouts)
    moved = await tenant.api.ok("POST", f"{path}/skip")
    assert (moved["share"], moved["step"], len(moved["stages"])) == (50, 2, 2)
    back = await tenant.api.ok("POST", f"{path}/roll-back")
    assert (back["state"], back["share"], back["next_share"], back["due_at"]) == ("rolled_back", 0, None, None)
    assert all(each["ended_at"] for each in back["stages"])
    told = await tenant.api.ok("GET", settings)
    assert (told["default"], "default" in told["inherited"]) == ({"variation": "old"}, True)
    assert await refused(tenant.api, "POST", f"{path}/roll-back") == (409, "rollout_rolled_back")
    await tenant.api.ok("DELETE", path)


async def test_cancelled_the_share_stays(tenant: Any, rollouts: str, settings: str) -> None:
    path = await begun(tenant, rollouts)
    assert (await tenant.api.ok("POST", f"{path}/cancel"))["state"] == "cancelled"
    assert await served(tenant, settings) == NEW_10
    await tenant.api.changed("PATCH", settings, {"default": {"variation": "new"}})


async def test_it_moves_a_rule_and_takes_over_what_was_edited(tenant: Any, rollouts: str, settings: str) -> None:
    condition = {"attribute": "plan", "operator": "eq", "value": "pro"}
    rule = {"id": "pros", "if": condition, "then": {"variation": "old"}}
    await tenant.api.changed("PATCH", settings, {"rules": [rule]})
    path = await begun(tenant, rollouts, rule="pros")
    told = await tenant.api.ok("GET", settings)
    assert (told["rules"][0]["then"], told["default"]) == (NEW_10, {"variation": "old"})
    etag = (await tenant.api("GET", settings)).headers["etag"]
    assert await refused(tenant.api, "PATCH", settings, {"rules": []}, headers={"If-Match": etag}) == (
        409,
        "share_in_rollout",
    )
    await tenant.api.ok("POST", f"{path}/pause")
    thirds = {"rollout": {"variations": [{"key": "new", "weight": 30}, {"key": "old", "weight": 70}]}}
    await tenant.api.changed("PATCH", settings, {"rules": [rule | {"then": thirds}]})
    answer = await tenant.api("POST", f"{path}/resume")
    assert answer.json()["code"] == "target_edited"
    assert "was edited by person-" in answer.json()["detail"]
    await tenant.api.ok("POST", f"{path}/resume", {"take_over": True})
    assert (await tenant.api.ok("GET", settings))["rules"][0]["then"] == NEW_10
    await tenant.api.ok("POST", f"{path}/roll-back")
    assert (await tenant.api.ok("GET", settings))["rules"][0]["then"] == {"variation": "old"}


async def test_where_people_have_to_agree_a_start_waits_and_a_way_back_does_not(
    tenant: Any, rollouts: str, settings: str
) -> None:
    path = await begun(tenant, rollouts)
    await tenant.api.changed("PUT", f"{tenant.path}/approval-policy", {"required": True})
    await tenant.api.ok("POST", rollouts, ROLLOUT | {"key": "second"})
    await tenant.api.ok("POST", f"{path}/skip")
    await tenant.api.ok("POST", f"{path}/roll-back")
    answer = await tenant.api("POST", f"{rollouts}/second/start")
    assert (answer.status_code, answer.json()["code"]) == (409, "approval_required")
    start = {"entity": "rollout", "key": "second", "environment": "production", "action": "start", "document": {}}
    assert answer.json()["edit"] == start
    bypass = {"X-Verdict-Bypass": "true", "X-Verdict-Reason": "now"}
    assert (await tenant.api.ok("POST", f"{rollouts}/second/start", headers=bypass))["state"] == "running"


async def test_who_reads_leads_nothing(tenant: Any, rollouts: str, make_member: Any) -> None:
    path = await begun(tenant, rollouts)
    viewer = await make_member(tenant, "viewer")
    assert (await viewer.ok("GET", path))["share"] == 10
    for action in ("start", "pause", "resume", "skip", "approve", "roll-back", "cancel"):
        assert (await viewer("POST", f"{path}/{action}")).status_code == 403


async def test_a_template_says_what_a_rollout_leaves_out(tenant: Any, rollouts: str) -> None:
    templates = f"/projects/{tenant.project}/rollout-templates"
    careful = {"plan": {"steps": STEPS}, "guards": [{"built_in": "no_data", "action": "hold"}], "alpha": 0.02}
    made = await tenant.api.ok("PUT", f"{templates}/careful", careful)
    assert (made["name"], made["version"], made["guards"][0]["id"]) == ("careful", 1, "no-data")
    await tenant.api.changed("PUT", f"{templates}/careful", {**careful, "name": "Careful"})
    assert [each["version"] for each in (await tenant.api.ok("GET", templates))["items"]] == [2]
    body = {"key": "a", "flag": "checkout", "variation": "new", "template": "careful"}
    told = await tenant.api.ok("POST", rollouts, body)
    assert (told["steps"], told["guards"], told["alpha"]) == (3, made["guards"], 0.02)
    own = await tenant.api.ok("POST", rollouts, {**body, "key": "b", "guards": [], "alpha": 0.05})
    assert (own["steps"], own["guards"], own["alpha"]) == (3, [], 0.05)
    await tenant.api.ok("DELETE", f"{templates}/careful")
    assert await refused(tenant.api, "GET", f"{templates}/careful") == (404, "not_found")


async def test_people_agree_on_a_start_by_a_change_request(
    tenant: Any, rollouts: str, settings: str, make_member: Any
) -> None:
    await tenant.api.changed("PUT", f"{tenant.path}/approval-policy", {"required": True})
    await tenant.api.ok("POST", rollouts, ROLLOUT)
    edit = {"entity": "rollout", "key": "ship-it", "environment": "production", "action": "start"}
    requests = f"/projects/{tenant.project}/change-requests"
    made = await tenant.api.ok("POST", requests, {"title": "Ship it", "edits": [edit]})
    assert (await tenant.api.ok("GET", f"{rollouts}/ship-it"))["state"] == "pending"
    assert await served(tenant, settings) == {"variation": "old"}
    request = f"{requests}/{made['number']}"
    assert (await tenant.api("POST", f"{request}/apply")).json()["code"] == "not_approved"
    reviewer = await make_member(tenant, "administrator")
    await reviewer.changed("POST", f"{request}/reviews", {"verdict": "approve"}, read=request)
    applied = await tenant.api.ok("POST", f"{request}/apply")
    told = await tenant.api.ok("GET", f"{rollouts}/ship-it")
    assert (told["state"], told["share"]) == ("running", 10)
    assert await served(tenant, settings) == NEW_10
    entries = (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?limit=3"))["items"]
    assert [each["entity"] for each in entries] == ["change_request", "rollout", "flag_settings"]
    versions = {tuple(each["environment_versions"].values()) for each in entries}
    assert versions == {tuple(applied["environment_versions"].values())}
    again = await tenant.api("POST", requests, {"title": "Again", "edits": [edit]})
    assert (again.status_code, again.json()["code"]) == (409, "rollout_running")
