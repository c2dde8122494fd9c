"""Rights: who has which, where; and that nobody gives what they lack."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from control_plane.access import Right, Role
from control_plane.access.policy import rights_of
from control_plane.database import Database

from tests.control_plane.conftest import Api, Tenant

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| ([\w ]+: \w+) \| (yes|no) \| (yes|no) \| (yes|no) \| (.+) \|$", re.MULTILINE)
EVERYDAY = (Role.ADMINISTRATOR, Role.DEVELOPER, Role.VIEWER)
TABLE = ROW.findall((ROOT / "docs/rights.md").read_text())
FLAG = {
    "name": "Checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_the_table_of_everyday_roles_is_the_policy(row: tuple[str, ...]) -> None:
    rights = [Right(name) for name in re.findall(r"`([\w:]+)`", row[4])]
    for role, said in zip(EVERYDAY, row[1:4], strict=True):
        assert all((right in rights_of(role)) == (said == "yes") for right in rights), role


def test_the_table_names_every_area() -> None:
    areas = {row[0] for row in TABLE}
    flags = {f"feature flags: {verb}" for verb in ("view", "manage", "test")}
    experiments = {f"experiments: {verb}" for verb in ("view", "manage", "assign", "results")}
    assert areas == flags | experiments | {"exposures: view", "integration: view"}


def test_each_built_in_role_has_what_the_one_below_has() -> None:
    falling = [rights_of(role) for role in Role]
    assert falling[0] == frozenset(Right)
    owner, administrator, developer, analyst, viewer = falling
    assert owner > administrator > developer > viewer
    assert developer > analyst > viewer
    assert owner - administrator == {Right.DATA_ERASE}


async def person_of(api: Api) -> str:
    return str((await api.ok("GET", "/me"))["id"])


async def bound(tenant: Tenant, person: Api, role: str, **where: str) -> dict[str, Any]:
    body = {"user": await person_of(person), "role": role, **where}
    made: dict[str, Any] = await tenant.api.ok("POST", f"/organizations/{tenant.organization}/bindings", body)
    return made


@pytest.fixture
async def stranger(tenant: Tenant, make_member: Any) -> Api:
    """A member without a role anywhere."""
    person: Api = await make_member(tenant, "viewer")
    at = f"/organizations/{tenant.organization}/members/{await person_of(person)}"
    await tenant.api.changed("PATCH", at, {"role": None})
    return person


@pytest.fixture
async def settings(tenant: Tenant) -> str:
    await tenant.api.ok("POST", f"/projects/{tenant.project}/environments", {"key": "dev", "name": "Dev"})
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", {"key": "checkout", **FLAG})
    return f"/projects/{tenant.project}/flags/checkout/environments"


async def refused(api: Api, method: str, path: str, body: Any = None) -> tuple[int, str]:
    answer = await api(method, path, body)
    return answer.status_code, answer.json()["code"]


async def test_a_member_without_a_role_sees_nothing_of_a_project(tenant: Tenant, stranger: Api) -> None:
    assert await refused(stranger, "GET", f"/projects/{tenant.project}") == (404, "not_found")
    assert await refused(stranger, "GET", f"/projects/{tenant.project}/flags") == (404, "not_found")
    listed = await stranger.ok("GET", f"/organizations/{tenant.organization}/projects")
    assert listed["items"] == []
    assert await refused(stranger, "GET", f"/organizations/{tenant.organization}/members") == (403, "missing_right")


async def test_a_role_in_one_environment_holds_there_alone(tenant: Tenant, stranger: Api, settings: str) -> None:
    await bound(tenant, stranger, "developer", project="shop", environment="dev")
    await stranger.ok("PUT", f"{settings}/dev/enabled", {"enabled": True})
    assert await refused(stranger, "PUT", f"{settings}/production/enabled", {"enabled": True}) == (403, "missing_right")
    assert await refused(stranger, "GET", f"{settings}/production") == (403, "missing_right")
    assert (await stranger.ok("GET", f"/projects/{tenant.project}/flags"))["items"][0]["key"] == "checkout"
    flag = {"key": "another", **FLAG}
    assert await refused(stranger, "POST", f"/projects/{tenant.project}/flags", flag) == (403, "missing_right")


async def test_a_binding_that_is_taken_away_is_gone_with_the_next_request(
    tenant: Tenant, stranger: Api, settings: str
) -> None:
    binding = await bound(tenant, stranger, "developer", project="shop")
    await stranger.ok("PUT", f"{settings}/dev/enabled", {"enabled": True})
    at = f"/organizations/{tenant.organization}/bindings/{binding['id']}"
    assert (await tenant.api("DELETE", at)).status_code == 204
    assert await refused(stranger, "PUT", f"{settings}/dev/enabled", {"enabled": False}) == (404, "not_found")


async def test_a_protected_environment_is_changed_by_those_alone_who_have_a_role_in_it(
    tenant: Tenant, make_member: Any, stranger: Api, settings: str
) -> None:
    developer = await make_member(tenant, "developer")
    await developer.ok("PUT", f"{settings}/production/enabled", {"enabled": True})
    await tenant.api.changed("PATCH", tenant.path, {"protected": True})
    off = ("PUT", f"{settings}/production/enabled", {"enabled": False})
    answer = await developer(*off)
    assert (answer.status_code, answer.json()["right"]) == (403, "flag:toggle")
    await developer.ok("GET", f"{settings}/production")
    await developer.ok("PUT", f"{settings}/dev/enabled", {"enabled": True})
    await bound(tenant, stranger, "developer", project="shop", environment="production")
    await stranger.ok(*off)
    administrator = await make_member(tenant, "administrator")
    await administrator.ok("PUT", f"{settings}/production/enabled", {"enabled": True})


async def test_what_the_project_shares_is_held_where_a_protected_environment_would_serve_otherwise(
    tenant: Tenant, make_member: Any, settings: str
) -> None:
    developer, project = await make_member(tenant, "developer"), f"/projects/{tenant.project}"
    await developer.ok("POST", f"{project}/segments", {"key": "beta", "included": ["u1"]})
    await developer.ok("POST", f"{project}/segments", {"key": "unused", "included": ["u1"]})
    rule = {"if": {"segment": "beta"}, "then": {"variation": "off"}}
    await developer.ok("PUT", f"{settings}/production/enabled", {"enabled": True})
    await developer.changed("PATCH", f"{settings}/production", {"rules": [rule]})
    await tenant.api.changed("PATCH", tenant.path, {"protected": True})

    async def changes(path: str, body: dict[str, Any]) -> int:
        etag = (await developer("GET", path)).headers["etag"]
        status: int = (await developer("PATCH", path, body, headers={"If-Match": etag})).status_code
        return status

    assert await changes(f"{project}/segments/beta", {"included": ["u2"]}) == 403
    assert await changes(f"{project}/segments/beta", {"description": "Who is first"}) == 200
    assert await changes(f"{project}/segments/unused", {"included": ["u2"]}) == 200
    assert await changes(f"{project}/flags/checkout", {"default": {"variation": "off"}}) == 403
    assert await changes(f"{project}/flags/checkout", {"name": "Pay"}) == 200
    assert await refused(developer, "POST", f"{project}/flags/checkout/archive") == (403, "missing_right")
    # One that is used nowhere yet is made and changed freely.
    await developer.ok("POST", f"{project}/flags", {"key": "fresh", **FLAG})
    assert await changes(f"{project}/flags/fresh", {"default": {"variation": "off"}}) == 200


async def test_an_own_role_gives_what_it_lists(tenant: Tenant, stranger: Api, settings: str) -> None:
    roles = f"/organizations/{tenant.organization}/roles"
    role = {"key": "switcher", "name": "Switcher", "rights": ["flag:read", "flag:toggle"]}
    await tenant.api.ok("POST", roles, role)
    await bound(tenant, stranger, "switcher", project="shop")
    await stranger.ok("PUT", f"{settings}/production/enabled", {"enabled": True})
    answer = await stranger("GET", f"{settings}/production")
    rules = {"If-Match": answer.headers["etag"]}
    refusal = await stranger("PATCH", f"{settings}/production", {"rules": []}, headers=rules)
    assert (refusal.status_code, refusal.json()["right"]) == (403, "flag:update")
    assert refusal.json()["roles"] == ["owner", "administrator", "developer"]
    await tenant.api.changed("PATCH", f"{roles}/switcher", {"rights": ["flag:read"]})
    assert await refused(stranger, "PUT", f"{settings}/production/enabled", {"enabled": False}) == (
        403,
        "missing_right",
    )
    assert await refused(tenant.api, "DELETE", f"{roles}/switcher") == (409, "role_in_use")


async def test_nobody_gives_a_right_that_they_lack(tenant: Tenant, make_member: Any, stranger: Api) -> None:
    at = f"/organizations/{tenant.organization}"
    manager = {
        "key": "people",
        "name": "People",
        "rights": ["member:read", "member:manage", "role:manage", "role:read"],
    }
    await tenant.api.ok("POST", f"{at}/roles", manager)
    clerk = await make_member(tenant, "people")
    body = {"user": await person_of(stranger), "role": "developer"}
    assert await refused(clerk, "POST", f"{at}/bindings", body) == (403, "right_not_held")
    assert (await clerk("POST", f"{at}/bindings", {**body, "role": "people"})).status_code == 201
    more = {"key": "more", "name": "More", "rights": ["flag:delete"]}
    assert await refused(clerk, "POST", f"{at}/roles", more) == (403, "right_not_held")
    mine = f"{at}/members/{await person_of(clerk)}"
    etag = (await clerk("GET", mine)).headers["etag"]
    raised = await clerk("PATCH", mine, {"role": "owner"}, headers={"If-Match": etag})
    assert raised.json()["code"] == "right_not_held"
    administrator = await make_member(tenant, "administrator")
    invitation = {"email": "boss@example.com", "role": "owner"}
    assert await refused(administrator, "POST", f"{at}/invitations", invitation) == (403, "right_not_held")


async def test_permissions_tell_what_may_be_done_where(tenant: Tenant, stranger: Api, settings: str) -> None:
    await bound(tenant, stranger, "developer", project="shop", environment="dev")
    await tenant.api.changed("PATCH", tenant.path, {"protected": True})
    mine = await stranger.ok("GET", "/me/permissions?project=shop")
    assert mine["organization"] == []
    assert "flag:read" in mine["project"]
    assert "flag:create" not in mine["project"]
    assert "flag:toggle" in mine["environments"]["dev"]
    assert mine["environments"]["production"] == []
    owners = await tenant.api.ok("GET", f"/me/permissions?project={tenant.project}")
    assert set(owners["environments"]["production"]) == set(Right)
    assert settings


async def test_a_members_permissions_say_which_role_gives_each(tenant: Tenant, make_member: Any) -> None:
    bert = await make_member(tenant, "viewer")
    at, identity = f"/organizations/{tenant.organization}", await person_of(bert)
    await tenant.api.ok("POST", f"{at}/roles", {"key": "switcher", "name": "Switcher", "rights": ["flag:toggle"]})
    group = await tenant.api.ok("POST", f"{at}/groups", {"key": "web", "name": "Web"})
    await tenant.api.ok("PUT", f"{at}/groups/web/members/{identity}")
    where = {"project": tenant.project, "environment": "production"}
    by_group = await tenant.api.ok("POST", f"{at}/bindings", {"group": group["id"], "role": "switcher", **where})
    own = {"user": identity, "role": "developer", "project": tenant.project}
    binding = await tenant.api.ok("POST", f"{at}/bindings", own)
    await tenant.api.changed("PATCH", tenant.path, {"protected": True})

    told = await tenant.api.ok("GET", f"{at}/members/{identity}/permissions?project={tenant.project}")

    assert [(each["role"], each["binding"], each["group"], each["environment"]) for each in told["roles"]] == [
        ("viewer", None, None, None),
        ("developer", binding["id"], None, None),
        ("switcher", by_group["id"], "web", "production"),
    ]
    in_production = {each["right"]: each["by"] for each in told["environments"]["production"]}
    # It is protected: the developer of the project only reads here.
    assert in_production["flag:toggle"] == [2]
    assert in_production["flag:read"] == [0, 1]
    assert "flag:update" not in in_production
    assert {each["right"]: each["by"] for each in told["project"]}["flag:update"] == [1]
    assert {each["right"] for each in told["organization"]} == set(rights_of("viewer"))

    mine = await bert.ok("GET", f"/me/permissions?project={tenant.project}")
    for place in ("organization", "project"):
        assert [each["right"] for each in told[place]] == mine[place]
    assert {key: [each["right"] for each in given] for key, given in told["environments"].items()} == mine[
        "environments"
    ]


async def test_members_permissions_are_asked_in_their_own_organization(tenant: Tenant, make_tenant: Any) -> None:
    other = await make_tenant("other")
    mine = await person_of(tenant.api)
    at = f"/organizations/{tenant.organization}/members"
    for path in (f"{at}/{await person_of(other.api)}", f"{at}/{mine}"):
        answer = await tenant.api("GET", f"{path}/permissions?project={other.project}")
        assert answer.status_code == 404, path


async def owners_of(tenant: Tenant) -> set[str]:
    members = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/members")
    return {each["id"] for each in members["items"] if each["role"] == "owner"}


async def test_whom_to_ask_for_a_right_manages_members_there_and_has_it(
    tenant: Tenant, make_member: Any, database: Database
) -> None:
    viewer = await make_member(tenant, "viewer")
    at, owners = f"/organizations/{tenant.organization}", await owners_of(tenant)
    gone_id = await person_of(await make_member(tenant, "administrator"))
    await tenant.api.ok(
        "POST", f"{at}/roles", {"key": "door", "name": "Door", "rights": ["member:read", "member:manage"]}
    )
    keeper = await make_member(tenant, "viewer")
    group = await tenant.api.ok("POST", f"{at}/groups", {"key": "doors", "name": "Doors"})
    await tenant.api.ok("PUT", f"{at}/groups/doors/members/{await person_of(keeper)}")
    await tenant.api.ok("POST", f"{at}/bindings", {"group": group["id"], "role": "door", "project": tenant.project})
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE memberships SET deactivated_at = now() WHERE user_id = $1::text::uuid", gone_id
        )

    async def asked(right: str, where: str = "") -> set[str]:
        told = await viewer.ok("GET", f"{at}/granters?right={right}{where}")
        assert told["others"] is False
        return {each["id"] for each in told["members"]}

    in_project = f"&project={tenant.project}"
    assert await asked("flag:toggle") == owners
    assert await asked("flag:toggle", f"{in_project}&environment=production") == owners
    # Who keeps the door of a project gives what they have there: reading, and nothing more.
    assert await asked("flag:read", in_project) == owners | {await person_of(keeper)}
    assert await asked("flag:read") == owners


async def test_of_many_who_could_be_asked_five_are_named(tenant: Tenant, make_member: Any) -> None:
    for _ in range(5):
        await make_member(tenant, "administrator")
    told = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/granters?right=flag:toggle")
    assert (len(told["members"]), told["others"]) == (5, True)
    assert [each["name"] for each in told["members"]] == sorted(each["name"] for each in told["members"])


async def test_whom_to_ask_is_told_to_every_member_of_what_they_see(
    tenant: Tenant, make_tenant: Any, stranger: Api
) -> None:
    other = await make_tenant("other")
    at = f"/organizations/{tenant.organization}"
    path = f"{at}/granters?right=flag:toggle"
    assert (await other.api("GET", path)).status_code == 404
    assert (await tenant.api("GET", f"{path}&project={other.project}")).status_code == 404
    assert (await tenant.api("GET", f"{path}&environment=production")).status_code == 422
    assert (await tenant.api("GET", path.replace("flag:toggle", "flag:fly"))).status_code == 422
    # Whoever has one right in one project lacks most others there, and may ask whom to ask.
    await tenant.api.ok("POST", f"{at}/roles", {"key": "switcher", "name": "S", "rights": ["flag:toggle"]})
    await bound(tenant, stranger, "switcher", project=tenant.project)
    assert (await stranger("GET", f"{at}/members")).status_code == 403
    owners = await owners_of(tenant)
    told = await stranger.ok("GET", f"{path}&project={tenant.project}&environment=production")
    assert {each["id"] for each in told["members"]} == owners
    second = await tenant.api.ok("POST", f"{at}/projects", {"key": "second", "name": "Second"})
    assert (await stranger("GET", f"{path}&project={second['id']}")).status_code == 404

    # A program asks nobody: it has to have the right to read members.
    narrow = await tenant.api.ok("POST", f"{at}/tokens", {"name": "T", "role": "switcher"})
    wide = await tenant.api.ok("POST", f"{at}/tokens", {"name": "W", "role": "viewer"})
    refused = await tenant.api.of(narrow["token"])("GET", path)
    assert (refused.status_code, refused.json()["right"]) == (403, "member:read")
    answered = await tenant.api.of(wide["token"]).ok("GET", path)
    assert {each["id"] for each in answered["members"]} == owners


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "viewer"}, "user"),
        ({"user": "00000000-0000-0000-0000-000000000001", "role": "viewer"}, "user"),
        ({"group": "00000000-0000-0000-0000-000000000001", "role": "viewer"}, "group"),
        ({"token": "00000000-0000-0000-0000-000000000001", "role": "viewer"}, "token"),
        ({"role": "viewer", "environment": "production"}, "environment"),
    ],
)
async def test_a_binding_names_one_who_is_there(tenant: Tenant, body: dict[str, Any], field: str) -> None:
    answer = await tenant.api("POST", f"/organizations/{tenant.organization}/bindings", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_role_that_there_is_not_is_given_to_nobody(tenant: Tenant, stranger: Api) -> None:
    body = {"user": await person_of(stranger), "role": "nobody-knows"}
    answer = await tenant.api("POST", f"/organizations/{tenant.organization}/bindings", body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_role")
    right = {"key": "odd", "name": "Odd", "rights": ["flag:fly"]}
    answer = await tenant.api("POST", f"/organizations/{tenant.organization}/roles", right)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "rights[0]")


async def test_another_tenants_project_is_not_bound(tenant: Tenant, make_tenant: Any, stranger: Api) -> None:
    other = await make_tenant("other")
    body = {"user": await person_of(stranger), "role": "viewer", "project": other.project}
    answer = await tenant.api("POST", f"/organizations/{tenant.organization}/bindings", body)
    assert answer.status_code in (404, 422)
    theirs = {"user": await person_of(other.api), "role": "viewer"}
    answer = await tenant.api("POST", f"/organizations/{tenant.organization}/bindings", theirs)
    assert answer.json()["errors"][0]["code"] == "unknown_user"
