"""The life of a flag over HTTP."""

from __future__ import annotations

from typing import Any

FLAG = {
    "key": "checkout",
    "name": "Checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False, "name": "Old one"}],
    "off_variation": "off",
    "default": {"variation": "on"},
    "tags": ["web"],
}


def switches(flag: dict[str, Any]) -> dict[str, tuple[bool, int]]:
    return {key: (each["enabled"], each["version"]) for key, each in flag["environments"].items()}


async def test_a_flag_lives_from_creation_to_deletion(tenant: Any) -> None:
    api, flags = tenant.api, f"/projects/{tenant.project}/flags"
    answer = await api("POST", flags, FLAG)
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"/api/v1/projects/{tenant.project}/flags/checkout"
    assert switches(made) == {"production": (False, 1)}
    assert made["variations"][1] == {"key": "off", "value": False, "name": "Old one"}
    assert made["environment_versions"] == {"production": 2}

    one = f"{flags}/checkout"
    settings = f"{one}/environments/production"
    changed = await api.changed("PATCH", one, {"name": "New checkout", "client_visible": True})
    assert (changed["name"], changed["client_visible"], changed["version"]) == ("New checkout", True, 2)
    assert changed["description"] == ""
    assert (changed["purpose"], changed["expected_end"]) == ("release", None)

    rules = [{"if": {"attribute": "country", "operator": "eq", "value": "US"}, "then": {"variation": "off"}}]
    written = await api.changed("PATCH", settings, {"enabled": True, "rules": rules})
    assert written["rules"] == [{"id": "rule-1", **rules[0]}]
    assert (written["enabled"], written["version"], written["environment_versions"]) == (True, 2, {"production": 4})
    assert written["inherited"] == ["default", "off_variation"]
    assert switches(await api.ok("GET", one)) == {"production": (True, 2)}

    switched = await api.ok("PUT", f"{settings}/enabled", {"enabled": False})
    assert (switched["enabled"], switched["version"], switched["rules"]) == (False, 3, written["rules"])

    refused = await api("DELETE", one)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_archived")
    archived = await api.ok("POST", f"{one}/archive")
    assert (archived["archived"], archived["version"]) == (True, 3)
    assert (await api.ok("GET", flags))["items"] == []
    assert [each["key"] for each in (await api.ok("GET", f"{flags}?archived=true"))["items"]] == ["checkout"]
    again = await api("POST", f"{one}/archive")
    assert (again.status_code, again.json()["code"]) == (409, "no_change")
    assert (await api.ok("POST", f"{one}/restore"))["archived"] is False
    await api.ok("POST", f"{one}/archive")
    assert await api.ok("DELETE", one) == {"environment_versions": {"production": 9}}
    assert (await api("GET", one)).status_code == 404
    assert (await api("POST", flags, FLAG)).status_code == 201


async def test_a_flag_says_what_it_is_there_for_and_until_when(tenant: Any) -> None:
    api, one = tenant.api, f"/projects/{tenant.project}/flags/checkout"
    meant = {"purpose": "operational", "expected_end": "2030-01-31"}
    assert meant.items() <= (await api.ok("POST", f"/projects/{tenant.project}/flags", {**FLAG, **meant})).items()
    assert (await api.changed("PATCH", one, {"purpose": "permission"}))["expected_end"] == "2030-01-31"
    assert (await api.changed("PATCH", one, {"expected_end": None}))["expected_end"] is None
    assert (await api.ok("GET", one))["purpose"] == "permission"
