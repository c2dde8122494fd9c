"""People may ask why: of what is saved, by the engine that decides, the salt for admins only."""

from __future__ import annotations

import json
from typing import Any

from bucketing import bucket

FLAG = {
    "key": "checkout",
    "name": "Checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"rollout": {"variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]}},
}
RULES = [{"if": {"segment": "beta"}, "then": {"variation": "on"}}]


async def prepared(tenant: Any) -> None:
    await tenant.api.ok(
        "POST", f"/projects/{tenant.project}/segments", {"key": "beta", "name": "B", "included": ["u1"]}
    )
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", FLAG)
    settings = f"/projects/{tenant.project}/flags/checkout/environments/production"
    await tenant.api.changed("PATCH", settings, {"enabled": True, "rules": RULES})


def asked(user: str, **attributes: object) -> dict[str, Any]:
    return {"flag": "checkout", "context": {"targetingKey": user, **attributes}}


async def test_it_tells_why_a_rule_decided(tenant: Any) -> None:
    await prepared(tenant)
    told = await tenant.api.ok("POST", f"{tenant.path}/explain", asked("u1"))
    decision = told["decision"]
    assert (decision["value"], decision["variation"], decision["reason"]) == (True, "on", "TARGETING_MATCH")
    assert told["steps"]
    assert "beta" in told["segments"]
    publication = await tenant.api.ok("GET", f"{tenant.path}/publication")
    assert told["config_version"] == publication["version"]


async def test_it_tells_the_bucket_and_to_admins_the_salt(tenant: Any, make_member: Any, database: Any) -> None:
    await prepared(tenant)
    async with database.connection() as connection:
        salt = await connection.fetchval("SELECT salt FROM environments WHERE project_id::text = $1", tenant.project)
    told = json.dumps(await tenant.api.ok("POST", f"{tenant.path}/explain", asked("u2")))
    assert f'"bucket": {bucket(salt, "checkout", "u2")}' in told
    assert salt in told
    viewer = await make_member(tenant, "viewer")
    hidden = json.dumps(await viewer.ok("POST", f"{tenant.path}/explain", asked("u2")))
    assert salt not in hidden
    assert f'"bucket": {bucket(salt, "checkout", "u2")}' in hidden


async def test_it_sees_a_change_at_once_and_changes_nothing(tenant: Any) -> None:
    await prepared(tenant)
    before = await tenant.api.ok("POST", f"{tenant.path}/explain", asked("u1"))
    settings = f"/projects/{tenant.project}/flags/checkout/environments/production"
    await tenant.api.ok("PUT", f"{settings}/enabled", {"enabled": False})
    after = await tenant.api.ok("POST", f"{tenant.path}/explain", asked("u1"))
    assert (before["decision"]["reason"], after["decision"]["reason"]) == ("TARGETING_MATCH", "DISABLED")
    assert after["config_version"] == before["config_version"] + 1
    again = await tenant.api.ok("POST", f"{tenant.path}/explain", asked("u1"))
    assert again["config_version"] == after["config_version"]


async def test_what_is_not_there_is_not_found_and_a_wrong_field_is_named(tenant: Any, make_tenant: Any) -> None:
    await prepared(tenant)
    other = await make_tenant("other")
    assert (await other.api("POST", f"{tenant.path}/explain", asked("u1"))).status_code == 404
    missing = await tenant.api("POST", f"{tenant.path}/explain", {"flag": "nothing"})
    assert (missing.status_code, missing.json()["code"]) == (404, "flag_not_found")
    refused = await tenant.api("POST", f"{tenant.path}/explain", {"flag": "checkout", "context": []})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "context")
