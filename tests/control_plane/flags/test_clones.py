"""A flag is cloned as it is, settings included, into environments in which one may."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control_plane.conftest import Tenant

FLAG = {
    "key": "checkout",
    "name": "Checkout",
    "type": "string",
    "variations": [{"key": "old", "value": "OLD"}, {"key": "new", "value": "NEW"}],
    "off_variation": "old",
    "default": {"variation": "old"},
    "tags": ["web"],
    "client_visible": True,
    "metadata": {"tier": 1},
    "purpose": "permission",
    "expected_end": "2030-01-31",
}
SETTINGS = {
    "enabled": True,
    "rules": [{"if": {"segment": "beta"}, "then": {"variation": "new"}}],
    "targets": [{"key": "u1", "variation": "new", "expires_at": "2030-01-01T00:00:00Z"}],
    "prerequisites": [{"flag": "gate", "variation": "old"}],
    "default": {"variation": "new"},
}
OF_ITSELF = {
    "changed_by",
    "id",
    "key",
    "name",
    "version",
    "created_at",
    "updated_at",
    "environment_versions",
    "warnings",
    "flag",
}


@pytest.fixture
async def project(tenant: Tenant) -> str:
    path = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{path}/environments", {"key": "staging", "name": "Staging"})
    await tenant.api.ok("POST", f"{path}/segments", {"key": "beta", "included": ["u2"]})
    for key in ("checkout", "gate"):
        await tenant.api.ok("POST", f"{path}/flags", {**FLAG, "key": key})
    await tenant.api.changed("PATCH", f"{path}/flags/checkout/environments/production", SETTINGS)
    return path


def content(view: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name not in OF_ITSELF}


async def settings(tenant: Tenant, project: str, flag: str, environment: str) -> dict[str, Any]:
    found: dict[str, Any] = await tenant.api.ok("GET", f"{project}/flags/{flag}/environments/{environment}")
    return found


async def test_a_clone_is_as_the_original_with_its_settings_and_switches(tenant: Tenant, project: str) -> None:
    answer = await tenant.api("POST", f"{project}/flags/checkout/clone", {"key": "second", "name": "The second"})
    made = answer.json()
    assert (answer.status_code, answer.headers["etag"], made["warnings"]) == (201, '"1"', []), answer.text
    assert answer.headers["location"].endswith("/flags/second")
    original = await tenant.api.ok("GET", f"{project}/flags/checkout")
    assert (made["key"], made["name"], made["id"] == original["id"]) == ("second", "The second", False)
    assert content({**made, "environments": {}}) == content({**original, "environments": {}})
    assert {key: each["enabled"] for key, each in made["environments"].items()} == {
        "production": True,
        "staging": False,
    }
    copied = await settings(tenant, project, "second", "production")
    assert content(copied) == content(await settings(tenant, project, "checkout", "production"))
    history = f"{project}/history/flag_settings/second?environment=production"
    assert [each["version"] for each in (await tenant.api.ok("GET", history))["items"]] == [copied["version"]]
    refused = await tenant.api("DELETE", f"{project}/segments/beta")
    assert "second in production" in refused.json()["detail"]


async def test_off_everywhere_or_in_named_environments_alone(tenant: Tenant, project: str) -> None:
    await tenant.api.ok("POST", f"{project}/flags/checkout/clone", {"key": "quiet", "off": True})
    quiet = await settings(tenant, project, "quiet", "production")
    assert (quiet["enabled"], len(quiet["rules"])) == (False, 1)
    await tenant.api.ok("POST", f"{project}/flags/checkout/clone", {"key": "bare", "environments": ["staging"]})
    bare = await settings(tenant, project, "bare", "production")
    assert (bare["enabled"], bare["rules"], bare["version"]) == (False, [], 1)


async def test_refused(tenant: Tenant, project: str, make_member: Any) -> None:
    api, clone = tenant.api, f"{project}/flags/checkout/clone"
    cases: list[tuple[str, dict[str, Any], int, str]] = [
        (clone, {"key": "gate"}, 409, "key_taken"),
        (clone, {"key": "a b"}, 422, "invalid_input"),
        (clone, {"key": "c", "environments": ["mars"]}, 422, "invalid_input"),
        (f"{project}/flags/nothing/clone", {"key": "c"}, 404, "not_found"),
    ]
    for path, body, status, code in cases:
        refused = await api("POST", path, body)
        assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    viewer = await make_member(tenant, "viewer")
    assert (await viewer("POST", clone, {"key": "c"})).status_code == 403
    assert (await api("GET", f"{project}/flags/c")).status_code == 404


async def test_a_protected_environment_is_left_out_or_refused(tenant: Tenant, project: str, make_member: Any) -> None:
    await tenant.api.changed("PATCH", f"{project}/environments/production", {"protected": True})
    developer, clone = await make_member(tenant, "developer"), f"{project}/flags/checkout/clone"
    refused = await developer("POST", clone, {"key": "second", "environments": ["production"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_right")
    made = await developer.ok("POST", clone, {"key": "second"})
    assert [each["code"] for each in made["warnings"]] == ["settings_not_copied"]
    assert (await settings(tenant, project, "second", "production"))["rules"] == []


async def test_environments_are_listed_in_their_order(tenant: Tenant, project: str) -> None:
    api, environments = tenant.api, f"{project}/environments"
    await api.ok("POST", environments, {"key": "dev", "name": "Dev", "position": 0})
    await api.changed("PATCH", f"{environments}/production", {"position": 9})
    order = ["dev", "staging", "production"]
    assert [each["key"] for each in (await api.ok("GET", environments))["items"]] == order
    assert list((await api.ok("GET", f"{project}/flags/checkout"))["environments"]) == order
    first = await api.ok("GET", f"{environments}?limit=2")
    second = await api.ok("GET", f"{environments}?limit=2&cursor={first['next_cursor']}")
    assert [each["key"] for each in [*first["items"], *second["items"]]] == order
    assert (await api("GET", f"{environments}?cursor=YWJj")).status_code == 422
