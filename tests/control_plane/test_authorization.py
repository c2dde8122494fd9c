"""Every operation of the API, taken from its OpenAPI document, tried by all who may not.

A new operation without a row in `ROWS` fails `test_each_operation_has_a_row`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from control_plane.database import Database
from fastapi import FastAPI

from tests.control_plane.rollouts.harm import find_harm

ROLES = ("viewer", "developer", "administrator", "owner")
PUBLIC = {
    ("POST", "/auth/login"),
    ("POST", "/auth/refresh"),
    ("POST", "/auth/sessions"),
    ("POST", "/auth/invitations/accept"),
    ("POST", "/auth/password-resets"),
    ("POST", "/auth/password-resets/use"),
    ("GET", "/auth/ways"),
    ("GET", "/auth/oidc/start"),
    ("GET", "/auth/oidc/callback"),
    ("POST", "/csp-reports"),
    ("GET", "/audit-keys"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
}
# For everybody who is signed in, about themselves; creating organizations asks for an administrator.
PERSONAL = {
    ("GET", "/me"),
    ("GET", "/me/permissions"),
    ("GET", "/rights"),
    ("PUT", "/me/password"),
    ("POST", "/auth/access-token"),
    ("GET", "/me/sessions"),
    ("DELETE", "/me/sessions"),
    ("DELETE", "/me/sessions/current"),
    ("DELETE", "/me/sessions/{session}"),
    ("POST", "/me/invitations/accept"),
    ("DELETE", "/organizations/{organization}/own-tokens/{token}"),
    ("GET", "/organizations"),
    ("POST", "/organizations"),
}
PROJECT = "/projects/{project}"
ENVIRONMENT = PROJECT + "/environments/{environment}"
HISTORY = PROJECT + "/history/{kind}/{key}"
INVITATIONS = "/organizations/{organization}/invitations"
MEMBERS = "/organizations/{organization}/members"
DOMAINS = "/organizations/{organization}/email-domains"
PROVIDERS = "/organizations/{organization}/identity-providers"
PROVIDER = {"name": "New", "issuer": "http://127.0.0.1:9", "client_id": "verdict", "client_secret": "secret"}
DIRECTORY_TOKENS = "/organizations/{organization}/provisioning-tokens"
REQUESTS = PROJECT + "/change-requests"
ROLLOUT: dict[str, Any] = {"flag": "thing", "variation": "on", "plan": {"steps": [{"share": 5}]}}
PROMOTED = {"entity": "flag_settings", "key": "thing"}
EDIT: dict[str, Any] = {
    "entity": "flag_settings",
    "key": "thing",
    "environment": "production",
    "action": "update",
    "document": {"enabled": True},
}
SERVED = {"enabled": True}
FLAG = {
    "key": "new",
    "name": "New",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}
ROLE: dict[str, Any] = {"key": "thing", "name": "Thing", "rights": ["flag:read"]}
METRIC = {"key": "new", "name": "New", "aggregation": "conversion", "event": "purchase"}

EXPERIMENT = {
    "key": "new",
    "environment": "production",
    "flag": "thing",
    "variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}],
}


WEBHOOKS = "/organizations/{organization}/webhooks"
WEBHOOK = {"url": "https://93.184.216.34/hook", "events": ["flag.*"]}
VIEW: dict[str, Any] = {"page": "flags", "name": "Mine", "filters": {"tag": "web"}}


@dataclass(frozen=True)
class Row:
    """Who may do it at least, and a body that would be taken."""

    role: str
    body: dict[str, Any] | None = None
    query: dict[str, str] = field(default_factory=dict)


def feature(noun: str, creation: dict[str, Any]) -> dict[tuple[str, str], Row]:
    one = f"{PROJECT}/{noun}/{{key}}"
    return {
        ("GET", f"{PROJECT}/{noun}"): Row("viewer"),
        ("POST", f"{PROJECT}/{noun}"): Row("developer", creation),
        ("GET", one): Row("viewer"),
        ("PATCH", one): Row("developer", {"name": "Other"}),
        ("DELETE", one): Row("developer"),
        ("POST", f"{one}/archive"): Row("developer"),
        ("POST", f"{one}/restore"): Row("developer"),
    }


ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/organizations/{organization}"): Row("viewer"),
    ("PATCH", "/organizations/{organization}"): Row("administrator", {"name": "Other"}),
    ("GET", MEMBERS): Row("viewer"),
    ("GET", INVITATIONS): Row("viewer"),
    ("POST", INVITATIONS): Row("administrator", {"email": "somebody@example.com", "role": "viewer"}),
    ("DELETE", INVITATIONS + "/{invitation}"): Row("administrator"),
    ("POST", MEMBERS + "/{user}/password-reset"): Row("administrator"),
    ("GET", MEMBERS + "/{user}"): Row("viewer"),
    ("GET", MEMBERS + "/{user}/permissions"): Row("viewer"),
    ("GET", "/organizations/{organization}/granters"): Row("viewer", query={"right": "flag:toggle"}),
    ("PATCH", MEMBERS + "/{user}"): Row("administrator", {"role": "viewer"}),
    ("DELETE", MEMBERS + "/{user}"): Row("administrator"),
    ("GET", "/organizations/{organization}/roles"): Row("viewer"),
    ("GET", "/organizations/{organization}/roles/{role}"): Row("viewer"),
    ("POST", "/organizations/{organization}/roles"): Row("administrator", {**ROLE, "key": "new"}),
    ("PATCH", "/organizations/{organization}/roles/{role}"): Row("administrator", {"name": "Other"}),
    ("DELETE", "/organizations/{organization}/roles/{role}"): Row("administrator"),
    ("GET", "/organizations/{organization}/groups"): Row("viewer"),
    ("POST", "/organizations/{organization}/groups"): Row("administrator", {"key": "new", "name": "New"}),
    ("GET", "/organizations/{organization}/groups/{group}"): Row("viewer"),
    ("PATCH", "/organizations/{organization}/groups/{group}"): Row("administrator", {"name": "Other"}),
    ("DELETE", "/organizations/{organization}/groups/{group}"): Row("administrator"),
    ("GET", "/organizations/{organization}/groups/{group}/members"): Row("viewer"),
    ("PUT", "/organizations/{organization}/groups/{group}/members/{user}"): Row("administrator"),
    ("DELETE", "/organizations/{organization}/groups/{group}/members/{user}"): Row("administrator"),
    ("GET", "/organizations/{organization}/bindings"): Row("viewer"),
    ("POST", "/organizations/{organization}/bindings"): Row("administrator", {"role": "viewer"}),
    ("DELETE", "/organizations/{organization}/bindings/{binding}"): Row("administrator"),
    ("GET", "/organizations/{organization}/tokens"): Row("viewer"),
    ("POST", "/organizations/{organization}/tokens"): Row("administrator", {"name": "New", "role": "viewer"}),
    ("DELETE", "/organizations/{organization}/tokens/{token}"): Row("administrator"),
    ("GET", "/organizations/{organization}/own-tokens"): Row("viewer"),
    ("POST", "/organizations/{organization}/own-tokens"): Row(
        "viewer", {"name": "Own", "role": "viewer", "expires_at": "2026-02-01T00:00:00Z"}
    ),
    ("GET", DOMAINS): Row("administrator"),
    ("POST", DOMAINS): Row("administrator", {"domain": "new.example"}),
    ("POST", DOMAINS + "/{domain}/verify"): Row("administrator"),
    ("DELETE", DOMAINS + "/{domain}"): Row("administrator"),
    ("GET", PROVIDERS): Row("administrator"),
    ("POST", PROVIDERS): Row("administrator", PROVIDER),
    ("GET", PROVIDERS + "/{provider}"): Row("administrator"),
    ("PATCH", PROVIDERS + "/{provider}"): Row("administrator", {"name": "Other"}),
    ("DELETE", PROVIDERS + "/{provider}"): Row("administrator"),
    ("POST", PROVIDERS + "/{provider}/check"): Row("administrator"),
    ("GET", DIRECTORY_TOKENS): Row("administrator"),
    ("POST", DIRECTORY_TOKENS): Row("administrator", {"name": "New"}),
    ("DELETE", DIRECTORY_TOKENS + "/{provisioning_token}"): Row("administrator"),
    ("GET", "/organizations/{organization}/projects"): Row("viewer"),
    ("POST", "/organizations/{organization}/projects"): Row("administrator", {"key": "new", "name": "New"}),
    ("GET", "/organizations/{organization}/audit"): Row("viewer"),
    ("GET", "/organizations/{organization}/audit/export"): Row("viewer"),
    ("GET", WEBHOOKS): Row("viewer"),
    ("POST", WEBHOOKS): Row("administrator", WEBHOOK),
    ("GET", WEBHOOKS + "/event-types"): Row("viewer"),
    ("GET", WEBHOOKS + "/{webhook}"): Row("viewer"),
    ("PATCH", WEBHOOKS + "/{webhook}"): Row("administrator", {"description": "Other"}),
    ("DELETE", WEBHOOKS + "/{webhook}"): Row("administrator"),
    ("POST", WEBHOOKS + "/{webhook}/rotate"): Row("administrator", {}),
    ("POST", WEBHOOKS + "/{webhook}/test"): Row("administrator"),
    ("GET", WEBHOOKS + "/{webhook}/deliveries"): Row("viewer"),
    ("GET", WEBHOOKS + "/{webhook}/deliveries/{delivery}"): Row("viewer"),
    ("POST", WEBHOOKS + "/{webhook}/deliveries/{delivery}/resend"): Row("administrator"),
    ("GET", "/organizations/{organization}/audit/heads"): Row("viewer"),
    ("POST", "/organizations/{organization}/audit/heads"): Row("viewer"),
    ("GET", "/organizations/{organization}/audit/verification"): Row("viewer"),
    ("GET", "/organizations/{organization}/quotas"): Row("viewer"),
    ("GET", PROJECT + "/quotas"): Row("viewer"),
    ("GET", PROJECT): Row("viewer"),
    ("PATCH", PROJECT): Row("administrator", {"name": "Other"}),
    ("POST", PROJECT + "/archive"): Row("administrator"),
    ("POST", PROJECT + "/restore"): Row("administrator"),
    ("GET", PROJECT + "/attention"): Row("viewer"),
    ("GET", PROJECT + "/personas"): Row("viewer"),
    ("GET", PROJECT + "/personas/{key}"): Row("viewer"),
    ("PUT", PROJECT + "/personas/{key}"): Row("developer", {"context": {"targetingKey": "u1"}}),
    ("DELETE", PROJECT + "/personas/{key}"): Row("developer"),
    ("GET", PROJECT + "/saved-views"): Row("viewer"),
    ("POST", PROJECT + "/saved-views"): Row("viewer", VIEW),
    ("PUT", PROJECT + "/saved-views/{view}"): Row("developer", {**VIEW, "shared": True}),
    ("DELETE", PROJECT + "/saved-views/{view}"): Row("developer"),
    ("GET", PROJECT + "/search"): Row("viewer", query={"q": "thing"}),
    ("GET", PROJECT + "/members"): Row("viewer"),
    ("PUT", PROJECT + "/members/{user}"): Row("administrator", {"role": "viewer"}),
    ("DELETE", PROJECT + "/members/{user}"): Row("administrator"),
    ("GET", PROJECT + "/environments"): Row("viewer"),
    ("POST", PROJECT + "/environments"): Row("administrator", {"key": "new", "name": "New"}),
    ("GET", ENVIRONMENT): Row("viewer"),
    ("PATCH", ENVIRONMENT): Row("administrator", {"name": "Other"}),
    ("POST", ENVIRONMENT + "/archive"): Row("administrator"),
    ("POST", ENVIRONMENT + "/restore"): Row("administrator"),
    ("GET", ENVIRONMENT + "/publication"): Row("viewer"),
    ("GET", ENVIRONMENT + "/edges"): Row("viewer"),
    ("GET", ENVIRONMENT + "/versions/{version}/propagation"): Row("viewer"),
    ("POST", ENVIRONMENT + "/republish"): Row("developer"),
    ("POST", ENVIRONMENT + "/explain"): Row("viewer", {"flag": "thing"}),
    ("POST", ENVIRONMENT + "/explanations"): Row("viewer", {"context": {"targetingKey": "u1"}}),
    ("POST", ENVIRONMENT + "/segments/evaluate"): Row("viewer", {"context": {"targetingKey": "u1"}}),
    ("POST", ENVIRONMENT + "/preview"): Row("developer", {"edits": [{**EDIT, "action": "start"}]}),
    ("POST", ENVIRONMENT + "/segments/{key}/estimate"): Row("viewer"),
    ("GET", ENVIRONMENT + "/promotion"): Row("viewer", query={"source": "staging"}),
    ("POST", ENVIRONMENT + "/promotion"): Row("developer", {"source": "nowhere", "items": [PROMOTED]}),
    ("GET", ENVIRONMENT + "/sdk-keys"): Row("viewer"),
    ("POST", ENVIRONMENT + "/sdk-keys"): Row("administrator", {"kind": "server", "name": "New"}),
    ("POST", ENVIRONMENT + "/sdk-keys/{sdk_key}/rotate"): Row("administrator", {}),
    ("DELETE", ENVIRONMENT + "/sdk-keys/{sdk_key}"): Row("administrator"),
    ("GET", ENVIRONMENT + "/overrides"): Row("viewer"),
    ("GET", ENVIRONMENT + "/overrides/{unit}"): Row("viewer"),
    ("PUT", ENVIRONMENT + "/overrides/{unit}"): Row("developer", {"flag": "thing", "variation": "on", "reason": "r"}),
    ("DELETE", ENVIRONMENT + "/overrides/{unit}"): Row("developer"),
    ("GET", ENVIRONMENT + "/rollouts"): Row("viewer"),
    ("POST", ENVIRONMENT + "/rollouts"): Row("developer", {**ROLLOUT, "key": "new"}),
    ("GET", ENVIRONMENT + "/rollouts/{key}"): Row("viewer"),
    ("PATCH", ENVIRONMENT + "/rollouts/{key}"): Row("developer", {"name": "Other"}),
    ("DELETE", ENVIRONMENT + "/rollouts/{key}"): Row("developer"),
    ("GET", ENVIRONMENT + "/rollouts/{key}/timeline"): Row("viewer"),
    ("GET", ENVIRONMENT + "/rollouts/{key}/verdict"): Row("viewer"),
    ("GET", ENVIRONMENT + "/rollouts/{key}/incidents"): Row("viewer"),
    ("GET", ENVIRONMENT + "/incidents"): Row("viewer"),
    ("GET", ENVIRONMENT + "/incidents/{incident}"): Row("viewer"),
    **{
        ("POST", ENVIRONMENT + f"/rollouts/{{key}}/{action}"): Row("developer")
        for action in ("start", "pause", "resume", "skip", "approve", "roll-back", "cancel")
    },
    ("GET", PROJECT + "/rollout-templates"): Row("viewer"),
    ("GET", PROJECT + "/rollout-templates/{key}"): Row("viewer"),
    ("PUT", PROJECT + "/rollout-templates/{key}"): Row("developer", {"plan": ROLLOUT["plan"]}),
    ("DELETE", PROJECT + "/rollout-templates/{key}"): Row("developer"),
    **feature("segments", {"key": "new", "name": "New", "included": ["u1"]}),
    ("GET", PROJECT + "/segments/{key}/users"): Row("viewer"),
    ("PATCH", PROJECT + "/segments/{key}/long-list"): Row("developer", {"included": {"add": ["u2"]}}),
    ("GET", PROJECT + "/segments/{key}/long-list/{listing}"): Row("viewer"),
    ("PUT", PROJECT + "/segments/{key}/long-list/{listing}"): Row("developer", {"key": "u2"}),
    **feature("flags", FLAG),
    ("GET", PROJECT + "/flags/{key}/environments/{environment}"): Row("viewer"),
    ("PATCH", PROJECT + "/flags/{key}/environments/{environment}"): Row("developer", SERVED),
    ("PUT", PROJECT + "/flags/{key}/environments/{environment}/enabled"): Row("developer", SERVED),
    ("POST", PROJECT + "/flags/{key}/environments/{environment}/copy-from/{source}"): Row("developer"),
    **feature("configs", {"key": "new", "name": "New", "value": {}}),
    ("POST", PROJECT + "/configs/{key}/clone"): Row("developer", {"key": "like-it"}),
    ("GET", PROJECT + "/configs/{key}/environments/{environment}"): Row("viewer"),
    ("PATCH", PROJECT + "/configs/{key}/environments/{environment}"): Row("developer", {"value": {"a": 1}}),
    ("POST", PROJECT + "/configs/{key}/environments/{environment}/copy-from/{source}"): Row("developer"),
    **feature("metrics", METRIC),
    **feature("experiments", EXPERIMENT),
    ("POST", PROJECT + "/flags/bulk"): Row("developer", {"action": "tag", "keys": ["thing"], "add": ["t"]}),
    ("POST", PROJECT + "/flags/bulk/{bulk}/undo"): Row("developer"),
    ("POST", PROJECT + "/flags/{key}/clone"): Row("developer", {"key": "thing-two"}),
    ("GET", PROJECT + "/flags/{key}/lifecycle"): Row("viewer"),
    ("GET", PROJECT + "/flag-lifecycles"): Row("viewer"),
    ("POST", PROJECT + "/experiments/{key}/start"): Row("developer"),
    ("POST", PROJECT + "/experiments/{key}/stop"): Row("developer"),
    ("POST", PROJECT + "/experiments/{key}/pause"): Row("developer"),
    ("POST", PROJECT + "/experiments/{key}/resume"): Row("developer"),
    ("PUT", PROJECT + "/experiments/{key}/schedule"): Row("developer", {"start_at": "2100-01-01T00:00:00Z"}),
    ("DELETE", PROJECT + "/experiments/{key}/schedule"): Row("developer"),
    ("POST", PROJECT + "/experiments/{key}/ship"): Row("developer", {"variation": "on"}),
    ("GET", HISTORY): Row("viewer"),
    ("GET", HISTORY + "/versions/{version}"): Row("viewer"),
    ("GET", HISTORY + "/comparison"): Row("viewer", query={"from": "1"}),
    ("POST", HISTORY + "/versions/{version}/restore"): Row("developer"),
    ("POST", HISTORY + "/undo"): Row("developer"),
    ("GET", ENVIRONMENT + "/approval-policy"): Row("viewer"),
    ("PUT", ENVIRONMENT + "/approval-policy"): Row("administrator", {"required": True}),
    ("GET", REQUESTS): Row("viewer"),
    ("POST", REQUESTS): Row("developer", {"title": "T", "edits": [{**EDIT, "action": "start"}]}),
    ("GET", REQUESTS + "/{number}"): Row("viewer"),
    ("PATCH", REQUESTS + "/{number}"): Row("developer", {"title": "Other"}),
    ("POST", REQUESTS + "/{number}/reviews"): Row("developer", {"verdict": "approve"}),
    ("GET", REQUESTS + "/{number}/comments"): Row("viewer"),
    ("POST", REQUESTS + "/{number}/comments"): Row("developer", {"text": "Fine"}),
    ("PUT", REQUESTS + "/{number}/schedule"): Row("developer", {"at": "2100-01-01T00:00:00Z"}),
    ("DELETE", REQUESTS + "/{number}/schedule"): Row("developer"),
    ("POST", REQUESTS + "/{number}/apply"): Row("developer"),
    ("POST", REQUESTS + "/{number}/withdraw"): Row("developer"),
    ("POST", REQUESTS + "/{number}/impact"): Row("developer"),
    **feature("layers", {"key": "new", "name": "New"}),
    ("GET", PROJECT + "/layers/{key}/environments/{environment}/slots"): Row("viewer"),
    **feature("holdouts", {"key": "new", "name": "New", "share": 5}),
}
_STALE = {"If-Match": '"999999"'}


def operations(app: FastAPI) -> set[tuple[str, str]]:
    found = set()
    for path, methods in app.openapi()["paths"].items():
        found |= {(method.upper(), path.removeprefix("/api/v1")) for method in methods}
    return found


def filled(path: str, values: dict[str, str]) -> str:
    """Flags and configs share their keys, so a config is not called as the flag is."""
    path = path.replace("/configs/{key}", "/configs/{config}")
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path
    return path


def harmless_first(operation: tuple[str, str]) -> tuple[bool, int, int, str]:
    """Deletions last, the innermost first among them: a role in a project and a group go with the membership."""
    method, path = operation
    if method != "DELETE":
        return False, 0, 0, path
    return True, -path.count("project"), -path.count("{"), path


@pytest.fixture
async def places(tenant: Any, make_member: Any, database: Database) -> dict[str, str]:
    return await furnished(tenant, make_member, database)


async def furnished(tenant: Any, make_member: Any, database: Database) -> dict[str, str]:
    """Everything that a path can name, made in this tenant, by the name of the parameter."""
    await tenant.api.ok("POST", f"/projects/{tenant.project}/environments", {"key": "staging", "name": "Staging"})
    key = await tenant.api.ok("POST", f"{tenant.path}/sdk-keys", {"kind": "server", "name": "backend"})
    tokens = f"/organizations/{tenant.organization}/tokens"
    invitation = {"email": "waiting@example.com", "role": "viewer"}
    invitations = f"/organizations/{tenant.organization}/invitations"
    waiting = await tenant.api.ok("POST", invitations, invitation)
    token = await tenant.api.ok("POST", tokens, {"name": "T", "role": "viewer"})
    project = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{project}/segments", {"key": "thing", "name": "T", "included": ["u1"]})
    await tenant.api.ok("POST", f"{project}/flags", {**FLAG, "key": "thing"})
    override = {"flag": "thing", "variation": "on", "reason": "r"}
    await tenant.api.ok("PUT", f"{tenant.path}/overrides/u1", override)
    rollout = await tenant.api.ok("POST", f"{tenant.path}/rollouts", {**ROLLOUT, "key": "thing"})
    await find_harm(database, rollout["id"])
    await tenant.api.ok("POST", f"{project}/flags", {**FLAG, "key": "watched"})
    watched = {**ROLLOUT, "key": "watched", "flag": "watched", "variation": "off"}
    rollout = await tenant.api.ok("POST", f"{tenant.path}/rollouts", watched)
    await tenant.api.ok("POST", f"{tenant.path}/rollouts/watched/start")
    await find_harm(database, rollout["id"])
    (incident,) = (await tenant.api.ok("GET", f"{tenant.path}/incidents"))["items"]
    await tenant.api.ok("PUT", f"{project}/rollout-templates/thing", {"plan": ROLLOUT["plan"]})
    await tenant.api.ok("POST", f"{project}/configs", {"key": "page", "value": {"a": 1}})
    await tenant.api.ok("POST", f"{project}/change-requests", {"title": "T", "edits": [EDIT]})
    await tenant.api.ok("POST", f"{project}/metrics", {**METRIC, "key": "thing"})
    await tenant.api.ok("POST", f"{project}/experiments", {**EXPERIMENT, "key": "thing"})
    await tenant.api.ok("POST", f"{project}/layers", {"key": "thing", "name": "T"})
    await tenant.api.ok("POST", f"{project}/holdouts", {"key": "thing", "name": "T", "share": 5})
    member = await make_member(tenant, "viewer")
    identity = (await member.ok("GET", "/me"))["id"]
    await tenant.api.ok("PUT", f"/projects/{tenant.project}/members/{identity}", {"role": "viewer"})
    at = f"/organizations/{tenant.organization}"
    await tenant.api.ok("POST", f"{at}/roles", ROLE)
    await tenant.api.ok("POST", f"{at}/groups", {"key": "thing", "name": "Thing"})
    await tenant.api.ok("PUT", f"{at}/groups/thing/members/{identity}")
    binding = await tenant.api.ok("POST", f"{at}/bindings", {"user": identity, "role": "viewer"})
    webhook = await tenant.api.ok("POST", f"{at}/webhooks", WEBHOOK)
    tested = await tenant.api.ok("POST", f"{at}/webhooks/{webhook['id']}/test")
    await tenant.api.ok("POST", f"{at}/email-domains", {"domain": "thing.example"})
    provider = await tenant.api.ok("POST", f"{at}/identity-providers", PROVIDER)
    directory = await tenant.api.ok("POST", f"{at}/provisioning-tokens", {"name": "T"})
    await tenant.api.ok("PUT", f"{project}/personas/thing", {"context": {"targetingKey": "u1"}})
    view = await tenant.api.ok("POST", f"{project}/saved-views", {**VIEW, "shared": True})
    tagged = {"action": "tag", "keys": ["watched"], "add": ["t"]}
    bulk = await tenant.api.ok("POST", f"{project}/flags/bulk", tagged)
    return {
        "view": view["id"],
        "bulk": bulk["id"],
        "incident": incident["id"],
        "webhook": webhook["id"],
        "delivery": tested["id"],
        "role": ROLE["key"],
        "binding": binding["id"],
        "group": "thing",
        "config": "page",
        "domain": "thing.example",
        "provider": provider["id"],
        "provisioning_token": directory["id"],
        "organization": tenant.organization,
        "project": tenant.project,
        "environment": "production",
        "source": "staging",
        "version": "1",
        "kind": "flag",
        "listing": "included",
        "sdk_key": key["id"],
        "token": token["id"],
        "session": str(uuid4()),
        "invitation": waiting["id"],
        "user": identity,
        "key": "thing",
        "unit": "u1",
        "number": "1",
    }


def test_each_operation_has_a_row(app: FastAPI) -> None:
    assert operations(app) - PUBLIC - PERSONAL == set(ROWS)


async def test_nothing_is_done_without_a_token(app: FastAPI, anonymous: Any, places: dict[str, str]) -> None:
    for method, path in sorted(operations(app) - PUBLIC):
        row = ROWS.get((method, path), Row("viewer"))
        answer = await anonymous(method, filled(path, places), row.body, headers=_STALE, params=row.query)
        assert (answer.status_code, answer.json()["code"]) == (401, "credentials_missing"), (method, path)


async def test_another_tenant_sees_what_is_there_as_absent(make_tenant: Any, places: dict[str, str]) -> None:
    stranger = (await make_tenant("stranger")).api
    absent = {**places, "organization": str(uuid4()), "project": str(uuid4())}
    for (method, path), row in sorted(ROWS.items()):
        answers = []
        for values in (places, absent):
            answer = await stranger(method, filled(path, values), row.body, headers=_STALE, params=row.query)
            problem = answer.json()
            problem.pop("request_id")
            answers.append((answer.status_code, problem, answer.headers.get("etag")))
        assert answers[0][0] == 404, (method, path, answers[0])
        assert answers[0] == answers[1], (method, path)


async def test_what_is_below_a_foreign_project_is_absent_too(make_tenant: Any, places: dict[str, str]) -> None:
    """One's own project in the path, another tenant's entity after it."""
    stranger = await make_tenant("stranger")
    mixed = {**places, "organization": stranger.organization, "project": stranger.project}
    for (method, path), row in sorted(ROWS.items()):
        if "{user}" in path or "{sdk_key}" in path or "{token}" in path or "{invitation}" in path or "{key}" in path:
            answer = await stranger.api(method, filled(path, mixed), row.body, headers=_STALE, params=row.query)
            assert answer.status_code == 404, (method, path, answer.text)


async def test_each_role_may_do_what_its_row_says(tenant: Any, make_member: Any, places: dict[str, str]) -> None:
    people = {role: await make_member(tenant, role) for role in ROLES}
    wrong = []
    for (method, path), row in sorted(ROWS.items(), key=lambda each: harmless_first(each[0])):
        for role in ROLES:
            allowed = ROLES.index(role) >= ROLES.index(row.role)
            if allowed and role != row.role:
                continue
            answer = await people[role](method, filled(path, places), row.body, headers=_STALE, params=row.query)
            if (answer.status_code == 403) == allowed or answer.status_code in (401, 404, 500):
                wrong.append((method, path, role, answer.status_code, answer.text))
    assert wrong == []


async def test_a_role_in_a_project_reaches_no_further(tenant: Any, make_member: Any, places: dict[str, str]) -> None:
    viewer = await make_member(tenant, "viewer")
    identity = (await viewer.ok("GET", "/me"))["id"]
    other = {"key": "other", "name": "Other"}
    second = await tenant.api.ok("POST", f"/organizations/{tenant.organization}/projects", other)
    await tenant.api.ok("PUT", f"/projects/{tenant.project}/members/{identity}", {"role": "developer"})
    await viewer.ok("POST", f"/projects/{tenant.project}/flags", FLAG)
    assert (await viewer("POST", f"/projects/{second['id']}/flags", FLAG)).status_code == 403
    await tenant.api.ok("DELETE", f"/projects/{tenant.project}/members/{identity}")
    assert (await viewer("POST", f"/projects/{tenant.project}/flags", {**FLAG, "key": "n2"})).status_code == 403
