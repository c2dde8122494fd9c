"""A write to what is archived is refused and says so; a restored flag is off until it is switched on."""

from __future__ import annotations

from typing import Any

import pytest

FLAG = {
    "key": "checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}
ARMS = [{"key": "off", "weight": 50}, {"key": "on", "weight": 50}]
EXPERIMENT = {"key": "x", "environment": "production", "flag": "checkout", "variations": ARMS}
ENTITIES: dict[str, dict[str, Any]] = {
    "flags": FLAG,
    "configs": {"key": "page", "value": {"a": 1}},
    "segments": {"key": "beta"},
    "metrics": {"key": "purchase", "aggregation": "conversion"},
    "layers": {"key": "l"},
    "holdouts": {"key": "h", "share": 5},
    "experiments": EXPERIMENT,
}


async def refusal(api: Any, method: str, path: str, body: Any = None, version: int = 1) -> tuple[int, str]:
    answer = await api(method, path, body, headers={"If-Match": f'"{version}"'})
    return answer.status_code, answer.json().get("code")


async def audit_number(tenant: Any) -> int:
    entries = (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit"))["items"]
    return int(entries[0]["number"])


@pytest.mark.parametrize("kind", ENTITIES)
async def test_an_archived_entity_changes_by_its_restoration_alone(tenant: Any, kind: str) -> None:
    project = f"/projects/{tenant.project}"
    if kind == "experiments":
        await tenant.api.ok("POST", f"{project}/flags", FLAG)
    await tenant.api.ok("POST", f"{project}/{kind}", ENTITIES[kind])
    one = f"{project}/{kind}/{ENTITIES[kind]['key']}"
    await tenant.api.ok("POST", f"{one}/archive")
    before = await audit_number(tenant)
    for body in ({"name": "Another"}, {"description": "d"}, {"tags": ["t"]}):
        assert await refusal(tenant.api, "PATCH", one, body, 2) == (409, "archived")
    assert await audit_number(tenant) == before
    restored = await tenant.api.ok("POST", f"{one}/restore")
    assert (restored["archived"], restored["name"], restored["warnings"]) == (False, ENTITIES[kind]["key"], [])
    await tenant.api.changed("PATCH", one, {"name": "Another"})


async def test_an_archived_flag_has_no_switch(tenant: Any) -> None:
    project = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{project}/environments", {"key": "staging", "name": "Staging"})
    await tenant.api.ok("POST", f"{project}/flags", FLAG)
    await tenant.api.ok("POST", f"{project}/flags/checkout/archive")
    settings = f"{project}/flags/checkout/environments/production"
    for method, path, body in (
        ("PATCH", settings, {"rules": []}),
        ("PATCH", settings, {"enabled": False}),
        ("PUT", f"{settings}/enabled", {"enabled": True}),
        ("PUT", f"{settings}/enabled", {"enabled": False}),
        ("POST", f"{settings}/copy-from/staging", None),
    ):
        assert await refusal(tenant.api, method, path, body) == (409, "archived")
    created = await tenant.api("POST", f"{project}/experiments", EXPERIMENT)
    assert (created.status_code, created.json()["errors"][0]["code"]) == (422, "archived_flag")


async def test_a_restored_flag_is_off_everywhere_until_it_is_switched_on(tenant: Any) -> None:
    project = f"/projects/{tenant.project}"
    for key in ("staging", "dev"):
        await tenant.api.ok("POST", f"{project}/environments", {"key": key, "name": key})
    await tenant.api.ok("POST", f"{project}/flags", FLAG)
    one = f"{project}/flags/checkout"
    rules = [{"if": {"attribute": "a", "operator": "exists"}, "then": {"variation": "on"}}]
    for key in ("production", "staging"):
        await tenant.api.changed("PATCH", f"{one}/environments/{key}", {"enabled": True, "rules": rules})
    await tenant.api.ok("POST", f"{one}/archive")
    restored = await tenant.api.ok("POST", f"{one}/restore")
    assert {key: each["enabled"] for key, each in restored["environments"].items()} == {
        "production": False,
        "staging": False,
        "dev": False,
    }
    assert [each["code"] for each in restored["warnings"]] == ["restored_off"]
    assert "production, staging" in restored["warnings"][0]["detail"]
    settings = await tenant.api.ok("GET", f"{one}/environments/production")
    assert (settings["enabled"], settings["version"], len(settings["rules"])) == (False, 3, 1)
    assert (await tenant.api("GET", one)).json()["warnings"] == []
    on = await tenant.api.ok("PUT", f"{one}/environments/production/enabled", {"enabled": True})
    assert on["enabled"] is True


async def test_an_archived_environment_takes_no_writes(tenant: Any) -> None:
    project = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{project}/flags", FLAG)
    await tenant.api.ok("POST", f"{project}/experiments", EXPERIMENT)
    running = {**EXPERIMENT, "key": "running"}
    await tenant.api.ok("POST", f"{project}/experiments", running)
    await tenant.api.ok("POST", f"{project}/experiments/running/start")
    key = await tenant.api.ok("POST", f"{tenant.path}/sdk-keys", {"kind": "server", "name": "k"})
    archived = await tenant.api.ok("POST", f"{tenant.path}/archive")
    settings = f"{project}/flags/checkout/environments/production"
    experiments = f"{project}/experiments"
    for method, path, body, version in (
        ("PATCH", tenant.path, {"name": "Another"}, archived["version"]),
        ("PATCH", settings, {"enabled": True}, 1),
        ("PUT", f"{settings}/enabled", {"enabled": True}, 1),
        ("POST", f"{tenant.path}/sdk-keys", {"kind": "server", "name": "k"}, 1),
        ("POST", f"{tenant.path}/sdk-keys/{key['id']}/rotate", {}, 1),
        ("PATCH", f"{experiments}/x", {"name": "Another"}, 1),
    ):
        assert await refusal(tenant.api, method, path, body, version) == (409, "environment_archived"), path
    another = {**EXPERIMENT, "key": "y"}
    assert await refusal(tenant.api, "POST", experiments, another) == (422, "invalid_input")
    assert await refusal(tenant.api, "POST", f"{experiments}/x/start") == (422, "invalid_input")
    await tenant.api.ok("POST", f"{experiments}/running/stop")
    await tenant.api.ok("POST", f"{experiments}/x/archive")
    assert await refusal(tenant.api, "POST", f"{experiments}/x/restore", None, 2) == (409, "environment_archived")
    assert (await tenant.api.ok("DELETE", f"{tenant.path}/sdk-keys/{key['id']}"))["revoked_at"] is not None


async def test_an_archived_project_takes_no_writes_but_those_that_take_away(tenant: Any, make_member: Any) -> None:
    project = f"/projects/{tenant.project}"
    for kind, body in ENTITIES.items():
        await tenant.api.ok("POST", f"{project}/{kind}", body)
    await tenant.api.ok("POST", f"{project}/environments", {"key": "old", "name": "Old"})
    await tenant.api.ok("POST", f"{project}/environments/old/archive")
    await tenant.api.ok("POST", f"{project}/metrics/purchase/archive")
    key = await tenant.api.ok("POST", f"{tenant.path}/sdk-keys", {"kind": "server", "name": "k"})
    viewer = await make_member(tenant, "viewer")
    person = (await viewer.ok("GET", "/me"))["id"]
    await tenant.api.ok("PUT", f"{project}/members/{person}", {"role": "developer"})
    await tenant.api.ok("POST", f"{project}/archive")
    settings = f"{project}/flags/checkout/environments/production"
    writes: list[tuple[str, str, Any]] = [
        ("PATCH", project, {"name": "Another"}),
        ("POST", f"{project}/environments", {"key": "dev", "name": "Dev"}),
        ("PATCH", tenant.path, {"name": "Another"}),
        ("POST", f"{project}/environments/old/restore", None),
        ("POST", f"{tenant.path}/sdk-keys", {"kind": "server", "name": "k"}),
        ("POST", f"{tenant.path}/sdk-keys/{key['id']}/rotate", {}),
        ("PUT", f"{project}/members/{person}", {"role": "viewer"}),
        ("PATCH", settings, {"rules": []}),
        ("PUT", f"{settings}/enabled", {"enabled": True}),
        ("POST", f"{project}/experiments/x/start", None),
        ("POST", f"{project}/metrics/purchase/restore", None),
    ]
    for kind, body in ENTITIES.items():
        writes.append(("POST", f"{project}/{kind}", {**body, "key": "another"}))
        writes.append(("PATCH", f"{project}/{kind}/{body['key']}", {"name": "Another"}))
        writes.append(("DELETE", f"{project}/{kind}/{body['key']}", None))
    for method, path, body in writes:
        assert await refusal(tenant.api, method, path, body) == (409, "project_archived"), path
    await tenant.api.ok("DELETE", f"{tenant.path}/sdk-keys/{key['id']}")
    assert (await tenant.api("DELETE", f"{project}/members/{person}")).status_code == 204
    await tenant.api.ok("POST", f"{project}/restore")
    await tenant.api.ok("POST", f"{project}/metrics/purchase/restore")
