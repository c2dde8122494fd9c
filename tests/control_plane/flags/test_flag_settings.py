"""The settings of a flag in one environment over HTTP."""

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
US = {"attribute": "country", "operator": "eq", "value": "US"}


@pytest.fixture
async def flag(tenant: Any) -> str:
    """The path of a flag in a project with two environments."""
    project = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{project}/environments", {"key": "staging", "name": "Staging"})
    await tenant.api.ok("POST", f"{project}/flags", FLAG)
    return f"{project}/flags/checkout"


async def test_an_environment_changes_alone(tenant: Any, flag: str) -> None:
    written = await tenant.api.changed("PATCH", f"{flag}/environments/staging", {"enabled": True})
    assert list(written["environment_versions"]) == ["staging"]
    found = (await tenant.api.ok("GET", flag))["environments"]
    assert {key: (each["enabled"], each["version"]) for key, each in found.items()} == {
        "production": (False, 1),
        "staging": (True, 2),
    }


async def test_what_is_served_comes_from_the_flag_until_it_is_set(tenant: Any, flag: str) -> None:
    api, settings = tenant.api, f"{flag}/environments/production"
    half = {"rollout": {"variations": [{"key": "on", "weight": 12.5}, {"key": "off", "weight": 87.5}]}}
    own = await api.changed("PATCH", settings, {"default": half, "off_variation": "on"})
    assert (own["default"], own["off_variation"], own["inherited"]) == (half, "on", [])
    await api.changed("PATCH", flag, {"default": {"variation": "off"}})
    assert (await api.ok("GET", settings))["default"] == half
    again = await api.changed("PATCH", settings, {"default": None})
    assert (again["default"], again["off_variation"], again["inherited"]) == ({"variation": "off"}, "on", ["default"])


async def test_targets_expire_at_a_moment(tenant: Any, flag: str) -> None:
    targets = [
        {"key": "u1", "variation": "off"},
        {"key": "u2", "variation": "off", "expires_at": "2026-03-01T12:00:00.25+02:00"},
        {"key": "u3", "variation": "on", "expires_at": 1_767_607_200_001},
    ]
    settings = f"{flag}/environments/production"
    written = await tenant.api.changed("PATCH", settings, {"targets": targets})
    moments = [each["expires_at"] for each in written["targets"]]
    assert moments == [None, "2026-03-01T10:00:00.250Z", "2026-01-05T10:00:00.001Z"]
    assert (await tenant.api.changed("PATCH", settings, {"targets": written["targets"]}))["targets"] == written[
        "targets"
    ]


async def test_rules_keep_their_ids(tenant: Any, flag: str) -> None:
    settings = f"{flag}/environments/production"
    serve = {"variation": "off"}
    first = await tenant.api.changed(
        "PATCH", settings, {"rules": [{"if": US, "then": serve}, {"if": US, "then": serve}]}
    )
    assert [each["id"] for each in first["rules"]] == ["rule-1", "rule-2"]
    reordered = [{"if": US, "then": serve, "description": "new"}, first["rules"][1], first["rules"][0]]
    second = await tenant.api.changed("PATCH", settings, {"rules": reordered})
    assert [each["id"] for each in second["rules"]] == ["rule-3", "rule-2", "rule-1"]


async def test_other_forms_are_taken_and_stored_as_one(tenant: Any, flag: str) -> None:
    await tenant.api.ok("POST", f"/projects/{tenant.project}/segments", {"key": "beta"})
    rules = [
        {"field": "country", "op": "eq", "value": "US", "enabled": False},
        {"if": {"in_segment": ["beta"]}, "then": {"variation": "on"}},
    ]
    written = await tenant.api.changed("PATCH", f"{flag}/environments/production", {"rules": rules})
    assert written["rules"] == [
        {"id": "rule-1", "if": US, "then": {"variation": "off"}},
        {"id": "rule-2", "if": {"segment": "beta"}, "then": {"variation": "on"}},
    ]


async def test_settings_are_copied_but_not_switched(tenant: Any, flag: str) -> None:
    api, staging, production = tenant.api, f"{flag}/environments/staging", f"{flag}/environments/production"
    rules = [{"id": "us", "if": US, "then": {"variation": "off"}}]
    targets = [{"key": "u1", "variation": "on"}]
    await api.changed("PATCH", staging, {"enabled": True, "rules": rules, "targets": targets, "off_variation": "on"})
    copied = await api.changed("POST", f"{production}/copy-from/staging", read=production)
    assert (copied["rules"], copied["off_variation"], copied["enabled"]) == (rules, "on", False)
    assert (copied["targets"][0]["key"], list(copied["environment_versions"])) == ("u1", ["production"])
    old = await api("POST", f"{production}/copy-from/staging", headers={"If-Match": '"1"'})
    assert old.status_code == 412
    absent = await api("POST", f"{production}/copy-from/absent", headers={"If-Match": '"2"'})
    assert absent.status_code == 404


async def test_an_archived_environment_is_not_changed(tenant: Any, flag: str) -> None:
    await tenant.api.changed("POST", f"{tenant.path}/archive", read=tenant.path)
    answer = await tenant.api("PUT", f"{flag}/environments/production/enabled", {"enabled": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "environment_archived")


async def test_a_new_environment_starts_with_every_flag_off(tenant: Any, flag: str) -> None:
    await tenant.api.ok("POST", f"/projects/{tenant.project}/environments", {"key": "preview", "name": "Preview"})
    settings = await tenant.api.ok("GET", f"{flag}/environments/preview")
    assert (settings["enabled"], settings["rules"], settings["version"]) == (False, [], 1)


async def test_a_flag_names_the_attributes_that_its_exposures_carry(tenant: Any, flag: str) -> None:
    settings = f"{flag}/environments/production"
    written = await tenant.api.changed("PATCH", settings, {"exposure_attributes": ["plan"], "report_exposures": True})
    assert (written["exposure_attributes"], written["report_exposures"]) == (["plan"], True)
    assert (await tenant.api.ok("GET", f"{flag}/environments/staging"))["exposure_attributes"] == []
    for names in ([""], ["a" * 257], ["a"] * 21, "plan", [5]):
        answer = await tenant.api("PATCH", settings, {"exposure_attributes": names}, headers={"If-Match": '"2"'})
        assert (answer.status_code, answer.json()["errors"][0]["field"][:19]) == (422, "exposure_attributes")
