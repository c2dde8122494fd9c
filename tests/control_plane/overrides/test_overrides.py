"""Overrides over HTTP: who may set which, until when, how many, what they do, and what a unit's page tells."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest
from control_plane.database import Database
from control_plane.flags import queries as flags
from control_plane.overrides.models import BYTES_MAX, OverrideLimits
from control_plane.overrides.queries import with_overrides
from service_kit.clock import ManualClock

from tests.control_plane.conftest import Api
from tests.control_plane.running_app import app_on

FLAG = {
    "key": "checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "off"},
}
EXPERIMENT = {
    "key": "test",
    "environment": "production",
    "flag": "checkout",
    "variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}],
}
ON = {"flag": "checkout", "variation": "on", "reason": "to see the new one"}


@pytest.fixture
async def overrides(tenant: Any) -> str:
    """Where they are, of an environment in which the flag is on."""
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", FLAG)
    settings = f"/projects/{tenant.project}/flags/checkout/environments/production"
    await tenant.api.ok("PUT", f"{settings}/enabled", {"enabled": True})
    return f"{tenant.path}/overrides"


async def refused(api: Any, path: str, body: Any) -> tuple[int, str, str]:
    answer = await api("PUT", path, body)
    problem = answer.json()
    return answer.status_code, problem["code"], problem.get("errors", [{"field": ""}])[0]["field"]


async def test_a_unit_is_put_into_a_variation_until_it_expires(tenant: Any, overrides: str, clock: ManualClock) -> None:
    made = await tenant.api.ok("PUT", f"{overrides}/anna", ON)
    assert made["expires_at"] == "2026-01-12T10:00:00Z"
    until = round(clock.now() + 1_800_000)
    made = await tenant.api.ok("PUT", f"{overrides}/anna", {**ON, "expires_at": until})
    assert (made["unit"], made["flag"], made["variation"], made["state"]) == ("anna", "checkout", "on", "active")
    assert (made["reason"], made["experiment"], made["warnings"]) == ("to see the new one", None, [])
    assert made["environment_versions"] == {"production": 5}

    asked = {"flag": "checkout", "context": {"targetingKey": "anna"}}
    told = await tenant.api.ok("POST", f"{tenant.path}/explain", asked)
    assert (told["decision"]["variation"], told["decision"]["override"]) == ("on", True)
    assert (told["last_changed_by"]["entity"], told["last_changed_by"]["entity_key"]) == (
        "override",
        "checkout/production/anna",
    )
    before = told["now"]
    clock.advance(1800)
    told = await tenant.api.ok("POST", f"{tenant.path}/explain", asked)
    assert (told["decision"]["variation"], "override" in told["decision"]) == ("off", False)
    told = await tenant.api.ok("POST", f"{tenant.path}/explain", {**asked, "at": before})
    assert (told["decision"]["variation"], told["decision"]["override"]) == ("on", True)
    log = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?entity=override")
    assert [each["action"] for each in log["items"]] == ["update", "create"]
    entry = log["items"][-1]
    assert (entry["reason"], entry["after"]["variation"]) == (ON["reason"], "on")
    assert entry["summary"].endswith("created override of checkout for anna in production")


async def test_a_list_is_searched_and_paged(tenant: Any, overrides: str, clock: ManualClock) -> None:
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", {**FLAG, "key": "other"})
    for unit, flag in (("anna", "checkout"), ("anna", "other"), ("bo", "checkout")):
        clock.advance(1)
        await tenant.api.ok("PUT", f"{overrides}/{unit}", {**ON, "flag": flag})
    clock.advance(1)
    brief = {**ON, "expires_at": round(clock.now() + 60_000)}
    await tenant.api.ok("PUT", f"{overrides}/brief", brief)

    async def listed(query: str = "") -> list[tuple[str, str]]:
        page = await tenant.api.ok("GET", f"{overrides}?{query}")
        return [(each["unit"], each["flag"]) for each in page["items"]]

    clock.advance(61)
    everything = [("bo", "checkout"), ("anna", "other"), ("anna", "checkout")]
    assert await listed() == everything
    assert await listed("unit=anna&flag=other") == [("anna", "other")]
    assert await listed("expired=only") == [("brief", "checkout")]
    assert await listed("expired=true") == [("brief", "checkout"), *everything]
    first = await tenant.api.ok("GET", f"{overrides}?limit=2")
    rest = await tenant.api.ok("GET", f"{overrides}?limit=2&cursor={first['next_cursor']}")
    assert [(each["unit"], each["flag"]) for each in first["items"] + rest["items"]] == everything


async def test_a_unit_s_page_tells_all_that_is_said_of_it(tenant: Any, overrides: str) -> None:
    project, unit = f"/projects/{tenant.project}", "team/ä 1"
    settings = f"{project}/flags/checkout/environments/production"
    targets = [{"key": unit, "variation": "off"}, {"key": "other", "variation": "on"}]
    await tenant.api.changed("PATCH", settings, {"targets": targets})
    await tenant.api.ok("POST", f"{project}/segments", {"key": "beta", "included": [unit]})
    await tenant.api.ok("POST", f"{project}/segments", {"key": "staff", "included": ["x"], "excluded": [unit]})
    await tenant.api.ok("POST", f"{project}/segments", {"key": "nobody", "included": ["y"]})
    page = f"{overrides}/{quote(unit, safe='')}"
    await tenant.api.ok("PUT", page, ON)
    told = await tenant.api.ok("GET", page)
    assert (told["unit"], told["truncated"]) == (unit, False)
    assert [(each["flag"], each["variation"]) for each in told["overrides"]] == [("checkout", "on")]
    assert told["targets"] == [{"flag": "checkout", "variation": "off", "expires_at": None, "state": "active"}]
    assert told["segments"] == [{"segment": "beta", "listed": "included"}, {"segment": "staff", "listed": "excluded"}]


async def test_one_is_removed_or_all_of_a_unit(tenant: Any, overrides: str) -> None:
    for flag in ("other", "third"):
        await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", {**FLAG, "key": flag})
    for flag in ("checkout", "other", "third"):
        await tenant.api.ok("PUT", f"{overrides}/anna", {**ON, "flag": flag})
    removed = await tenant.api.ok("DELETE", f"{overrides}/anna?flag=other")
    assert removed["flags"] == ["other"]
    version = removed["environment_versions"]["production"]
    removed = await tenant.api.ok("DELETE", f"{overrides}/anna")
    assert removed == {"flags": ["checkout", "third"], "environment_versions": {"production": version + 2}}
    assert (await tenant.api.ok("GET", f"{overrides}/anna"))["overrides"] == []
    assert (await tenant.api("DELETE", f"{overrides}/anna")).status_code == 404


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"flag": "absent"}, 422, "flag"),
    ({"flag": None}, 422, "flag"),
    ({"experiment": "test"}, 422, "experiment"),
    ({"flag": None, "experiment": "absent"}, 422, "experiment"),
    ({"variation": "absent"}, 422, "variation"),
    ({"variation": ""}, 422, "variation"),
    ({"reason": " "}, 422, "reason"),
    ({"reason": None}, 422, "reason"),
    ({"expires_at": 1}, 422, "expires_at"),
    ({"expires_at": "tomorrow"}, 422, "expires_at"),
    ({"expires_at": "2100-01-01T00:00:00Z"}, 422, "expires_at"),
    ({"units": []}, 422, "units"),
]


@pytest.mark.parametrize(("given", "status", "field"), WRONG, ids=[f"{each[2]}-{each[0]}" for each in WRONG])
async def test_what_is_wrong_is_named(
    tenant: Any, overrides: str, given: dict[str, Any], status: int, field: str
) -> None:
    found = await refused(tenant.api, f"{overrides}/anna", {**ON, **given})
    assert (found[0], found[2]) == (status, field)


async def test_an_experiments_override_is_one_of_its_flag(tenant: Any, overrides: str, make_member: Any) -> None:
    await tenant.api.ok("POST", f"/projects/{tenant.project}/experiments", EXPERIMENT)
    role = {"key": "support", "name": "Support", "rights": ["flag:read", "context:explain", "experiment:assign"]}
    await tenant.api.ok("POST", f"/organizations/{tenant.organization}/roles", role)
    support = await make_member(tenant, "support")
    given = {"experiment": "test", "variation": "on", "reason": "they asked"}
    made = await support.ok("PUT", f"{overrides}/anna", given)
    assert (made["flag"], made["experiment"]) == ("checkout", "test")
    assert await refused(support, f"{overrides}/anna", ON) == (403, "missing_right", "")
    assert (await support("DELETE", f"{overrides}/anna")).status_code == 403
    assert (await support.ok("DELETE", f"{overrides}/anna?experiment=test"))["flags"] == ["checkout"]


async def test_a_protected_environment_waits_for_no_approval(tenant: Any, overrides: str, make_member: Any) -> None:
    developer = await make_member(tenant, "developer")
    await tenant.api.changed("PUT", f"{tenant.path}/approval-policy", {"required": True})
    await tenant.api.changed("PATCH", tenant.path, {"protected": True, "reason_required": True})
    assert (await refused(developer, f"{overrides}/anna", ON))[:2] == (403, "missing_right")
    assert (await tenant.api.ok("PUT", f"{overrides}/anna", ON))["state"] == "active"


async def test_there_are_so_many_of_a_flag_and_of_a_unit(
    tenant: Any, overrides: str, database: Database, clock: ManualClock
) -> None:
    app = await app_on(database, clock, override_limits=OverrideLimits(per_flag=2, per_unit=1))
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", {**FLAG, "key": "other"})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        api = Api(client, tenant.api.token)
        brief = {**ON, "expires_at": round(clock.now() + 60_000)}
        await api.ok("PUT", f"{overrides}/anna", brief)
        await api.ok("PUT", f"{overrides}/bo", ON)
        full = (await api("PUT", f"{overrides}/cleo", ON)).json()
        assert (full["code"], full["quota"], full["limit"]) == ("quota_exceeded", "overrides_per_flag", 2)
        await api.ok("PUT", f"{overrides}/bo", {**ON, "variation": "off"})
        of_unit = (await api("PUT", f"{overrides}/bo", {**ON, "flag": "other"})).json()
        assert (of_unit["code"], of_unit["quota"]) == ("quota_exceeded", "overrides_per_unit")
        clock.advance(61)
        # What has expired makes room.
        await api.ok("PUT", f"{overrides}/cleo", ON)
        stored = (await api.ok("GET", f"{overrides}?expired=true"))["items"]
        assert [each["unit"] for each in stored] == ["cleo", "bo"]


async def test_all_of_a_flags_fit_beside_it_in_a_message(tenant: Any, overrides: str) -> None:
    long = quote("ä" * 250)
    answers = [await tenant.api("PUT", f"{overrides}/{long}{number}", ON) for number in range(90)]
    last = answers[-1].json()
    assert (last["code"], last["quota"], last["limit"]) == ("quota_exceeded", "override_bytes", BYTES_MAX)
    assert sum(each.is_success for each in answers) > 70


async def test_a_variation_that_is_gone_is_served_to_nobody(tenant: Any, overrides: str, database: Database) -> None:
    project = f"/projects/{tenant.project}"
    third = {**FLAG, "key": "third", "variations": [*FLAG["variations"], {"key": "new", "value": True}]}
    await tenant.api.ok("POST", f"{project}/flags", third)
    await tenant.api.ok("PUT", f"{overrides}/anna", {**ON, "flag": "third", "variation": "new"})
    await tenant.api.changed("PATCH", f"{project}/flags/third", {"variations": FLAG["variations"]})
    environment_id = UUID((await tenant.api.ok("GET", tenant.path))["id"])
    async with database.transaction() as tx:
        found = await flags.of_keys(tx, environment_id, ["third"])
        (flag,) = await with_overrides(tx, environment_id, found.values())
    assert flag.targets == ()  # type: ignore[union-attr]
