"""Many flags changed at once: all or none, one version, one undo, by the same rules as alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control_plane.conftest import Tenant
from tests.control_plane.flags.test_flag_lists import FLAG

KEYS = ["a", "b", "c"]


@pytest.fixture
async def flags(tenant: Tenant) -> str:
    path = f"/projects/{tenant.project}/flags"
    for key in KEYS:
        await tenant.api.ok("POST", path, {"key": key, "tags": ["old"] if key == "c" else [], **FLAG})
    return path


async def version_of(tenant: Tenant) -> int:
    return int((await tenant.api.ok("GET", tenant.path))["config_version"])


async def states(tenant: Tenant, flags: str) -> dict[str, tuple[list[str], bool, bool]]:
    listed = (await tenant.api.ok("GET", f"{flags}?archived=true"))["items"]
    return {
        each["key"]: (each["tags"], each["archived"], each["environments"]["production"]["enabled"]) for each in listed
    }


SWITCH = {"action": "switch", "keys": KEYS, "environment": "production", "enabled": True}


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        ({"action": "tag", "keys": KEYS, "add": ["x", "y"], "remove": ["old"]}, (["x", "y"], False, False)),
        (SWITCH, ([], False, True)),
        ({"action": "archive", "keys": KEYS}, ([], True, False)),
    ],
    ids=["tag", "switch", "archive"],
)
async def test_one_change_is_one_version_and_one_undo(
    tenant: Tenant, flags: str, body: dict[str, Any], becomes: Any
) -> None:
    before, first = await states(tenant, flags), await version_of(tenant)
    made = await tenant.api.ok("POST", f"{flags}/bulk", body)
    assert (made["changed"], made["unchanged"]) == (KEYS, [])
    assert made["environment_versions"] == {"production": first + 1}
    after = await states(tenant, flags)
    assert after["a"] == becomes
    entries = (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?limit=4"))["items"]
    assert entries[0]["entity"] == "bulk_change"
    assert len({each["request_id"] for each in entries}) == 1
    undone = await tenant.api.ok("POST", f"{flags}/bulk/{made['id']}/undo")
    assert undone["environment_versions"] == {"production": first + 2}
    assert await states(tenant, flags) == before


async def test_what_is_so_already_is_left_alone(tenant: Tenant, flags: str) -> None:
    made = await tenant.api.ok("POST", f"{flags}/bulk", {"action": "tag", "keys": KEYS, "add": ["old"]})
    assert (made["changed"], made["unchanged"]) == (["a", "b"], ["c"])
    first = await version_of(tenant)
    again = await tenant.api.ok("POST", f"{flags}/bulk", {"action": "tag", "keys": KEYS, "add": ["old"]})
    assert (again["changed"], again["environment_versions"]) == ([], {})
    assert await version_of(tenant) == first


async def test_all_or_none_and_each_refusal_is_named(tenant: Tenant, flags: str) -> None:
    prerequisite = {"prerequisites": [{"flag": "a", "variation": "on"}]}
    await tenant.api.changed("PATCH", f"{flags}/b/environments/production", {**prerequisite, "enabled": True})
    before = await states(tenant, flags)
    body = {"action": "archive", "keys": ["c", "a", "gone"]}
    answer = await tenant.api("POST", f"{flags}/bulk", body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "not_all")
    assert [(each["field"], each["code"]) for each in problem["errors"]] == [
        ("keys[1]", "in_use"),
        ("keys[2]", "not_found"),
    ]
    assert await states(tenant, flags) == before


async def test_an_undo_is_refused_for_what_was_changed_since(tenant: Tenant, flags: str) -> None:
    made = await tenant.api.ok("POST", f"{flags}/bulk", {"action": "tag", "keys": ["a", "b"], "add": ["x"]})
    await tenant.api.changed("PATCH", f"{flags}/b", {"name": "Other"})
    answer = await tenant.api("POST", f"{flags}/bulk/{made['id']}/undo")
    assert [each["field"] for each in answer.json()["errors"]] == ["keys[1]"]
    assert (await states(tenant, flags))["a"][0] == ["x"]
    assert (await tenant.api("POST", f"{flags}/bulk/{tenant.project}/undo")).status_code == 404


async def test_approval_and_reasons_hold_and_off_waits_for_neither(tenant: Tenant, flags: str) -> None:
    policy = f"{tenant.path}/approval-policy"
    await tenant.api.ok("POST", f"{flags}/bulk", {**SWITCH, "keys": ["c"]})
    await tenant.api.changed("PUT", policy, {"required": True})
    answer = await tenant.api("POST", f"{flags}/bulk", {**SWITCH, "keys": ["a", "b"]})
    problem = answer.json()
    assert {each["code"] for each in problem["errors"]} == {"approval_required"}
    assert problem["refusals"][1]["edit"]["key"] == "b"
    await tenant.api.ok("POST", f"{flags}/bulk", {**SWITCH, "keys": ["c"], "enabled": False})
    await tenant.api.changed("PUT", policy, {"required": False})
    await tenant.api.changed("PATCH", tenant.path, {"reason_required": True})
    answer = await tenant.api("POST", f"{flags}/bulk", SWITCH)
    assert {each["code"] for each in answer.json()["errors"]} == {"reason_required"}
    await tenant.api.ok("POST", f"{flags}/bulk", SWITCH, headers={"X-Verdict-Reason": "OPS-1"})


async def test_a_missing_right_is_refused_as_alone(tenant: Tenant, flags: str, make_member: Any) -> None:
    developer = await make_member(tenant, "developer")
    await tenant.api.changed("PATCH", tenant.path, {"protected": True})
    answer = await developer("POST", f"{flags}/bulk", SWITCH)
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_right")
    made = await developer.ok("POST", f"{flags}/bulk", {"action": "tag", "keys": KEYS, "add": ["x"]})
    assert made["changed"] == KEYS


@pytest.mark.parametrize(
    "body",
    [
        {"action": "tag", "keys": ["a"]},
        {"action": "tag", "keys": ["a"], "add": ["x"], "remove": ["x"]},
        {"action": "archive", "keys": ["a"], "add": ["x"]},
        {"action": "switch", "keys": ["a"], "enabled": True},
        {"action": "archive", "keys": ["a", "a"]},
        {"action": "archive", "keys": []},
        {"action": "archive", "keys": [f"k{number}" for number in range(201)]},
        {"action": "delete", "keys": ["a"]},
    ],
    ids=["no tags", "both", "tags to archive", "nowhere", "twice", "nothing", "too many", "unknown"],
)
async def test_what_is_no_change_of_many_is_refused(tenant: Tenant, flags: str, body: dict[str, Any]) -> None:
    assert (await tenant.api("POST", f"{flags}/bulk", body)).status_code == 422


async def test_a_dry_run_tells_and_leaves_nothing(tenant: Tenant, flags: str) -> None:
    before, first = await states(tenant, flags), await version_of(tenant)
    tried = await tenant.api.ok("POST", f"{flags}/bulk?dry_run=true", SWITCH)
    assert (tried["changed"], tried["environment_versions"]) == (KEYS, {})
    assert [each["key"] for each in tried["changes"]] == [f"{key}/production" for key in KEYS]
    assert (await states(tenant, flags), await version_of(tenant)) == (before, first)
