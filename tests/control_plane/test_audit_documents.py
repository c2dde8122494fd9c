"""The audit log keeps what an entity answers, before and after: nothing less, and no secret."""

from __future__ import annotations

from typing import Any

from control_plane.changes import AuditedView
from control_plane.environments.schemas import (
    EnvironmentView,
    OrganizationView,
    ProjectRoleView,
    ProjectView,
    SdkKeyView,
)
from control_plane.flags.schemas import FlagView, SettingsView
from control_plane.layers.schemas import LayerView
from control_plane.people.schemas import ApiTokenView, InvitationView, MemberView

from tests.control_plane.conftest import PASSWORD, Tenant

FLAG = {
    "key": "new",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}


async def latest(tenant: Tenant, entity: str) -> Any:
    entries = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?entity={entity}")
    return entries["items"][0]


def fields(view: type[AuditedView]) -> set[str]:
    return set(view.model_fields) - view.unaudited


async def test_entities_of_a_project(tenant: Tenant) -> None:
    project = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{project}/layers", {"key": "top"})
    assert (await latest(tenant, "layer"))["after"].keys() == fields(LayerView)
    flag = await tenant.api.ok("POST", f"{project}/flags", FLAG)
    created = (await latest(tenant, "flag"))["after"]
    assert created.keys() == fields(FlagView)
    assert created == {name: flag[name] for name in created}
    await tenant.api.ok("PUT", f"{project}/flags/new/environments/production/enabled", {"enabled": True})
    switched = await latest(tenant, "flag_settings")
    assert switched["before"].keys() == switched["after"].keys() == fields(SettingsView)
    assert (switched["before"]["enabled"], switched["after"]["enabled"]) == (False, True)


async def test_the_tenant_itself(tenant: Tenant) -> None:
    organization, project = f"/organizations/{tenant.organization}", f"/projects/{tenant.project}"
    await tenant.api.changed("PATCH", organization, {"name": "Acme"})
    renamed = await latest(tenant, "organization")
    assert renamed["before"].keys() == renamed["after"].keys() == fields(OrganizationView)
    await tenant.api.changed("PATCH", project, {"description": "What we sell"})
    changed = await latest(tenant, "project")
    assert changed["before"].keys() == changed["after"].keys() == fields(ProjectView)
    await tenant.api.changed("PATCH", tenant.path, {"pii_attributes": ["email"]})
    hashed = await latest(tenant, "environment")
    assert hashed["before"].keys() == hashed["after"].keys() == fields(EnvironmentView)
    assert (hashed["before"]["pii_attributes"], hashed["after"]["pii_attributes"]) == ([], ["email"])


async def test_who_belongs_to_it(tenant: Tenant) -> None:
    organization = f"/organizations/{tenant.organization}"
    members, invitations = f"{organization}/members", f"{organization}/invitations"
    body = {"email": "ann@example.com", "name": "Ann", "role": "developer"}
    secret = (await tenant.api.ok("POST", invitations, body))["link"].partition("=")[2]
    invited = await latest(tenant, "invitation")
    assert invited["after"].keys() == fields(InvitationView)
    assert secret not in str(invited)
    account = {"secret": secret, "password": PASSWORD}
    ann = tenant.api.of((await tenant.api.of("").ok("POST", "/auth/invitations/accept", account))["access_token"])
    made = await ann.ok("GET", "/me")
    added = await latest(tenant, "member")
    assert added["actor"] == {"kind": "user", "id": made["id"], "name": "ann@example.com"}
    assert added["before"] is None
    assert added["after"].keys() == fields(MemberView)
    assert added["after"]["name"] == "Ann"
    assert secret not in str(added)
    await tenant.api.changed("PATCH", f"{members}/{made['id']}", {"role": "viewer"})
    lowered = await latest(tenant, "member")
    assert (lowered["before"]["role"], lowered["after"]["role"]) == ("developer", "viewer")
    role = f"/projects/{tenant.project}/members/{made['id']}"
    await tenant.api.ok("PUT", role, {"role": "administrator"})
    assert (await latest(tenant, "project_role"))["after"].keys() == fields(ProjectRoleView)
    await tenant.api.ok("DELETE", f"{members}/{made['id']}")
    removed = await latest(tenant, "member")
    assert (removed["before"]["email"], removed["after"]) == ("ann@example.com", None)


async def test_when_a_key_ends_is_kept(tenant: Tenant) -> None:
    keys = f"{tenant.path}/sdk-keys"
    old = await tenant.api.ok("POST", keys, {"kind": "server", "name": "backend"})
    created = await latest(tenant, "sdk_key")
    assert (created["before"], created["after"].keys()) == (None, fields(SdkKeyView) | {"environment"})
    new = await tenant.api.ok("POST", f"{keys}/{old['id']}/rotate", {"overlap_seconds": 60})
    rotated = await latest(tenant, "sdk_key")
    assert (rotated["entity_key"], rotated["before"]["id"], rotated["after"]["id"]) == (new["id"], old["id"], new["id"])
    assert rotated["before"]["expires_at"] is None
    assert rotated["after"]["replaces"] == {**rotated["before"], "expires_at": "2026-01-05T10:01:00Z"}
    await tenant.api.ok("DELETE", f"{keys}/{new['id']}")
    revoked = await latest(tenant, "sdk_key")
    assert (revoked["before"]["revoked_at"], revoked["after"]["revoked_at"]) == (None, "2026-01-05T10:00:00Z")


async def test_when_a_token_ends_is_kept(tenant: Tenant) -> None:
    tokens = f"/organizations/{tenant.organization}/tokens"
    body = {"name": "ci", "role": "viewer", "expires_at": "2099-01-01T00:00:00Z"}
    made = await tenant.api.ok("POST", tokens, body)
    created = await latest(tenant, "token")
    assert created["after"].keys() == fields(ApiTokenView)
    assert created["after"]["expires_at"] == "2099-01-01T00:00:00Z"
    await tenant.api.ok("DELETE", f"{tokens}/{made['id']}")
    revoked = await latest(tenant, "token")
    assert (revoked["before"]["revoked_at"], revoked["after"]["revoked_at"]) == (None, "2026-01-05T10:00:00Z")


def test_no_view_answers_what_the_audit_log_may_not_keep() -> None:
    for view in (SdkKeyView, ApiTokenView, MemberView):
        assert not {"key", "token", "sha256", "password_hash", "link"} & fields(view)
