"""What a directory says of people and groups becomes so: at once, in its own organization, and nowhere else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from control_plane.database import Database

from tests.control_plane.conftest import PASSWORD, Api, Tenant, joined, new_tenant
from tests.control_plane.conftest import sign_in as sign_in_by_password

USER, GROUP = "urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
DOMAIN = "example.com"


@dataclass(frozen=True)
class Directory:
    """A tenant's SCIM client."""

    tenant: Tenant
    token: str

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        given = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/scim+json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        address = f"/scim/v2/{self.tenant.organization}{path}"
        return await self.tenant.api.client.request(method, address, json=body, headers=given)

    async def ok(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self(method, path, body)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    async def person(self, name: str = "ann@example.com", **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = await self.ok("POST", "/Users", {"schemas": [USER], "userName": name, **more})
        return made

    async def set(self, path: str, **values: Any) -> Any:
        operations = [{"op": "replace", "path": name, "value": value} for name, value in values.items()]
        return await self.ok("PATCH", path, {"schemas": [PATCH], "Operations": operations})

    async def members(self) -> dict[str, dict[str, Any]]:
        listed = await self.tenant.api.ok("GET", f"/organizations/{self.tenant.organization}/members")
        return {each["email"]: each for each in listed["items"]}

    async def audited(self, entity: str) -> list[tuple[str, str]]:
        path = f"/organizations/{self.tenant.organization}/audit?entity={entity}"
        return [(each["action"], each["actor"]["name"]) for each in (await self.tenant.api.ok("GET", path))["items"]]


def refusal(answer: httpx.Response) -> tuple[int, str | None]:
    """In SCIM's form."""
    document = answer.json()
    assert answer.headers["content-type"] == "application/scim+json"
    assert document["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert document["status"] == str(answer.status_code)
    assert document["detail"]
    return answer.status_code, document.get("scimType")


async def connected(tenant: Tenant, **more: Any) -> Directory:
    body = {"name": "Okta", "default_role": "viewer", **more}
    made = await tenant.api.ok("POST", f"/organizations/{tenant.organization}/provisioning-tokens", body)
    return Directory(tenant, made["token"])


async def speaks_for(database: Database, tenant: Tenant, domain: str = DOMAIN) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO email_domains VALUES ($1, $2, '', now(), 'administrator', now())", tenant.organization, domain
        )


@pytest.fixture
async def directory(tenant: Tenant, database: Database) -> Directory:
    await speaks_for(database, tenant)
    return await connected(tenant)


MakeTenant = Callable[[str], Awaitable[Tenant]]


# People


async def test_somebody_new_is_a_member_without_a_password(directory: Directory) -> None:
    made = await directory.person(name="ann@example.com", displayName="Ann", externalId="e1", password="never kept")
    assert made["meta"]["location"].endswith(f"/Users/{made['id']}")
    ann = (await directory.members())["ann@example.com"]
    assert (ann["name"], ann["role"], ann["deactivated_at"]) == ("Ann", "viewer", None)
    assert ("create", "Okta") in await directory.audited("member")
    assert ("create", "Okta") in await directory.audited("directory_user")


async def test_passwords_that_it_sends_are_kept_nowhere(directory: Directory, database: Database) -> None:
    made = await directory.person(password="a secret password")
    await directory.set(f"/Users/{made['id']}", password="another secret")
    assert "password" not in await directory.ok("GET", f"/Users/{made['id']}")
    async with database.connection() as connection:
        kept = str(await connection.fetch("SELECT * FROM directory_users, audit_entries, users"))
    assert "secret password" not in kept
    assert "another secret" not in kept


async def test_who_is_deactivated_is_out_at_once(directory: Directory, database: Database) -> None:
    tenant = directory.tenant
    ann = await joined(tenant.api, tenant.organization, "ann@example.com", "administrator")
    token = (await ann.ok("POST", f"/organizations/{tenant.organization}/tokens", {"name": "CI", "role": "viewer"}))[
        "token"
    ]
    made = await directory.person()
    assert (await ann("GET", f"/projects/{tenant.project}/flags")).status_code == 200
    versions = "SELECT version FROM environments"
    async with database.connection() as connection:
        before = await connection.fetchval(versions)
    await directory.set(f"/Users/{made['id']}", active=False)
    # Their address is the organization's to speak for, so their sessions end.
    assert (await ann("GET", f"/projects/{tenant.project}/flags")).status_code == 401
    assert (await tenant.api.of(token)("GET", f"/projects/{tenant.project}/flags")).status_code == 401
    again = await sign_in_by_password(tenant.api.of(""), "ann@example.com", PASSWORD)
    assert (await again("GET", f"/projects/{tenant.project}/flags")).status_code == 404
    assert (await again.ok("GET", "/me"))["organizations"] == []
    async with database.connection() as connection:
        assert await connection.fetchval(versions) > before
    assert ("deactivate", "Okta") in await directory.audited("member")
    assert ("revoke", "Okta") in await directory.audited("token")
    await directory.set(f"/Users/{made['id']}", active=True)
    assert (await again("GET", f"/projects/{tenant.project}/flags")).status_code == 200
    # What was revoked stays so.
    assert (await tenant.api.of(token)("GET", f"/projects/{tenant.project}/flags")).status_code == 401


async def test_who_is_deleted_is_no_member_any_more(directory: Directory) -> None:
    made = await directory.person()
    assert (await directory("DELETE", f"/Users/{made['id']}")).status_code == 204
    assert "ann@example.com" not in await directory.members()
    assert refusal(await directory("GET", f"/Users/{made['id']}")) == (404, None)
    assert refusal(await directory("DELETE", f"/Users/{made['id']}")) == (404, None)
    # The account is there when they come back.
    await directory.person()
    assert "ann@example.com" in await directory.members()


async def test_the_last_owner_stays(directory: Directory, database: Database) -> None:
    members = await directory.members()
    owners = [email for email, each in members.items() if each["role"] == "owner"]
    made = [await directory.person(name=email) for email in owners]
    for each in made[:-1]:
        await directory.set(f"/Users/{each['id']}", active=False)
    body = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]}
    assert refusal(await directory("PATCH", f"/Users/{made[-1]['id']}", body)) == (409, None)
    assert refusal(await directory("DELETE", f"/Users/{made[-1]['id']}")) == (409, None)
    assert (await directory.ok("GET", f"/Users/{made[-1]['id']}")).get("active", True)


# Whose account it is


async def test_an_account_elsewhere_is_left_alone_unless_the_domain_is_ones_own(
    directory: Directory, make_tenant: MakeTenant
) -> None:
    other = await make_tenant("other")
    bob = await joined(other.api, other.organization, "bob@elsewhere.example", "developer")
    made = await directory.person(name="bob@elsewhere.example")
    assert "bob@elsewhere.example" not in await directory.members()
    await directory.set(f"/Users/{made['id']}", active=False, displayName="Robert")
    await directory.ok("DELETE", f"/Users/{made['id']}")
    me = await bob.ok("GET", "/me")
    assert (me["name"], [each["key"] for each in me["organizations"]]) == ("bob", ["other"])


async def test_a_member_elsewhere_stays_signed_in_there_when_the_address_is_not_ones_own(
    directory: Directory, make_tenant: MakeTenant
) -> None:
    other, tenant = await make_tenant("other"), directory.tenant
    bob = await joined(other.api, other.organization, "bob@elsewhere.example", "developer")
    made = await tenant.api.ok(
        "POST",
        f"/organizations/{tenant.organization}/invitations",
        {"email": "bob@elsewhere.example", "role": "viewer"},
    )
    await bob.ok("POST", "/me/invitations/accept", {"secret": made["link"].partition("=")[2]})
    person = await directory.person(name="bob@elsewhere.example")
    await directory.set(f"/Users/{person['id']}", active=False)
    assert [each["key"] for each in (await bob.ok("GET", "/me"))["organizations"]] == ["other"]
    assert (await bob("GET", f"/projects/{other.project}/flags")).status_code == 200


async def test_an_account_of_ones_own_domain_is_linked_and_its_password_forgotten(
    directory: Directory, make_tenant: MakeTenant
) -> None:
    other = await make_tenant("other")
    impostor = await joined(other.api, other.organization, "ann@example.com", "developer")
    await directory.person()
    assert "ann@example.com" in await directory.members()
    assert (await impostor("GET", "/me")).status_code == 401
    refused = await impostor.of("")("POST", "/auth/login", {"email": "ann@example.com", "password": PASSWORD})
    assert refused.json()["code"] == "invalid_credentials"


async def test_another_name_is_no_other_account(directory: Directory, make_tenant: MakeTenant) -> None:
    other = await make_tenant("other")
    await joined(other.api, other.organization, "carol@example.com", "owner")
    made = await directory.person()
    await directory.set(f"/Users/{made['id']}", userName="carol@example.com")
    assert "carol@example.com" not in await directory.members()
    await directory.set(f"/Users/{made['id']}", active=False)
    assert (await directory.members())["ann@example.com"]["deactivated_at"] is not None


async def test_administrators_of_the_installation_are_not_taken_in(
    directory: Directory, database: Database, make_tenant: MakeTenant
) -> None:
    tenant = directory.tenant
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO users (email, name, is_administrator) VALUES ('root@example.com', 'Root', true)"
        )
    await directory.person(name="root@example.com")
    assert "root@example.com" not in await directory.members()
    del tenant


async def test_somebody_unsure_is_linked_once_they_are_a_member(directory: Directory) -> None:
    tenant = directory.tenant
    made = await directory.person(name="bob", emails=[{"value": "bob@elsewhere.example", "primary": True}])
    await joined(tenant.api, tenant.organization, "bob@elsewhere.example", "viewer")
    await directory.set(f"/Users/{made['id']}", displayName="Bob")
    await directory.set(f"/Users/{made['id']}", active=False)
    assert (await directory.members())["bob@elsewhere.example"]["deactivated_at"] is not None


# Groups


async def test_what_is_bound_to_a_group_holds_for_whom_the_directory_puts_there(
    directory: Directory, database: Database
) -> None:
    tenant = directory.tenant
    ann = await joined(tenant.api, tenant.organization, "ann@example.com", "viewer")
    person = await directory.person()
    group = await directory.ok(
        "POST",
        "/Groups",
        {"schemas": [GROUP], "displayName": "Flag Makers", "members": [{"value": person["id"]}]},
    )
    segment = {"key": "beta", "name": "Beta"}
    path = f"/projects/{tenant.project}/segments"
    assert (await ann("POST", path, segment)).status_code == 403
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO bindings (organization_id, group_id, role_key, created_at) "
            "VALUES ($1, $2, 'developer', now())",
            tenant.organization,
            group["id"],
        )
    assert (await ann("POST", path, segment)).status_code == 201
    shown = await directory.ok("GET", f"/Users/{person['id']}")
    assert [each["display"] for each in shown["groups"]] == ["Flag Makers"]
    body = {"schemas": [PATCH], "Operations": [{"op": "remove", "path": f'members[value eq "{person["id"]}"]'}]}
    await directory.ok("PATCH", f"/Groups/{group['id']}", body)
    assert (await ann("POST", path, {**segment, "key": "other"})).status_code == 403
    assert ("update", "Okta") in await directory.audited("group")


async def test_groups_made_by_hand_are_none_of_its(directory: Directory, database: Database) -> None:
    async with database.connection() as connection:
        made = await connection.fetchval(
            "INSERT INTO groups (organization_id, key, name, created_at, updated_at) "
            "VALUES ($1, 'owners', 'Owners', now(), now()) RETURNING id",
            directory.tenant.organization,
        )
    assert (await directory.ok("GET", "/Groups"))["totalResults"] == 0
    assert refusal(await directory("GET", f"/Groups/{made}")) == (404, None)
    assert refusal(await directory("DELETE", f"/Groups/{made}")) == (404, None)
    # One of its own may be called the same.
    group = await directory.ok("POST", "/Groups", {"schemas": [GROUP], "displayName": "Owners"})
    assert group["id"] != str(made)


async def test_members_of_a_group_are_people_of_the_directory(directory: Directory, make_tenant: MakeTenant) -> None:
    stranger = await (await connected(await make_tenant("other"))).person()
    for value in (stranger["id"], "nobody", "", None):
        body = {"schemas": [GROUP], "displayName": "G", "members": [{"value": value}]}
        assert refusal(await directory("POST", "/Groups", body)) == (400, "invalidValue")


async def test_who_waits_for_an_account_is_in_their_groups_once_they_have_one(
    directory: Directory, database: Database
) -> None:
    person = await directory.person(name="bob@late.example")
    await directory.ok(
        "POST", "/Groups", {"schemas": [GROUP], "displayName": "G", "members": [{"value": person["id"]}]}
    )
    count = "SELECT count(*) FROM group_members"
    async with database.connection() as connection:
        assert await connection.fetchval(count) == 0
    await speaks_for(database, directory.tenant, "late.example")
    await directory.set(f"/Users/{person['id']}", displayName="Bob")
    async with database.connection() as connection:
        assert await connection.fetchval(count) == 1


# The protocol


async def test_names_are_unique_whatever_their_case(directory: Directory) -> None:
    await directory.person()
    other = await directory.person(name="bob@example.com")
    body = {"schemas": [USER], "userName": "ANN@example.com"}
    assert refusal(await directory("POST", "/Users", body)) == (409, "uniqueness")
    assert refusal(await directory("PUT", f"/Users/{other['id']}", body)) == (409, "uniqueness")


FILTERS = [
    ('userName eq "ANN@example.com"', {"ann"}),
    ('userName eq "ann@example.com" and active eq true', {"ann"}),
    ('userName eq "ann@example.com" and active eq false', set()),
    ('externalId eq "e2"', {"bob"}),
    ('userName co "example"', {"ann", "bob", "carol"}),
    ('userName sw "c"', {"carol"}),
    ('displayName ew "b"', {"bob"}),
    ("externalId pr", {"ann", "bob"}),
    ("not (externalId pr)", {"carol"}),
    ('externalId eq "e1" or displayName eq "Carol"', {"ann", "carol"}),
    ('emails[type eq "work" and value co "work"]', {"bob"}),
    ('emails.value eq "bob@work.example"', {"bob"}),
    ('meta.created gt "2000-01-01T00:00:00Z"', {"ann", "bob", "carol"}),
    ('meta.created lt "2000-01-01T00:00:00Z"', set()),
    ('userName eq "nobody\\u0001"', set()),
]


async def test_filters_sorting_and_pages(directory: Directory) -> None:
    work = [{"type": "work", "value": "bob@work.example"}]
    await directory.person(displayName="Ann", externalId="e1", active=True)
    await directory.person(name="bob@example.com", displayName="Bob", externalId="e2", emails=work)
    await directory.person(name="carol@example.com", displayName="Carol")
    for wanted, expected in FILTERS:
        answer = await directory.tenant.api.client.get(
            f"/scim/v2/{directory.tenant.organization}/Users",
            params={"filter": wanted},
            headers={"Authorization": f"Bearer {directory.token}"},
        )
        found = {each["userName"].partition("@")[0] for each in answer.json()["Resources"] or ()}
        assert found == expected, wanted
    listed = await directory.ok("GET", "/Users?sortBy=userName&sortOrder=descending&startIndex=2&count=1")
    assert (listed["totalResults"], listed["startIndex"], listed["itemsPerPage"]) == (3, 2, 1)
    assert [each["userName"] for each in listed["Resources"]] == ["bob@example.com"]
    assert (await directory.ok("GET", "/Users?count=0"))["totalResults"] == 3
    assert (await directory.ok("GET", "/Users?startIndex=-5&count=-1"))["startIndex"] == 1


@pytest.mark.parametrize(
    "wanted", ["userName", 'bogus eq "x"', "userName eq", 'userName xx "a"', "active gt true", "((((", '"', "%00"]
)
async def test_a_filter_that_is_none_is_refused(directory: Directory, wanted: str) -> None:
    status, kind = refusal(await directory("GET", f"/Users?filter={wanted.replace(' ', '%20')}"))
    assert (status, kind) == (400, "invalidFilter")


async def test_versions_guard_writes(directory: Directory) -> None:
    made = await directory.person()
    path, seen = f"/Users/{made['id']}", made["meta"]["version"]
    body = {"schemas": [USER], "userName": "ann@example.com", "title": "Boss"}
    changed = await directory("PUT", path, body, If_Match=seen)
    assert changed.headers["etag"] != seen
    assert refusal(await directory("PUT", path, body, If_Match=seen)) == (412, None)
    assert refusal(await directory("DELETE", path, If_Match=seen)) == (412, None)
    assert (await directory("GET", path, If_None_Match=changed.headers["etag"])).status_code == 304
    same = await directory("PUT", path, body, If_Match=changed.headers["etag"])
    assert same.headers["etag"] == changed.headers["etag"]


async def test_what_well_known_directories_send_is_understood(directory: Directory) -> None:
    """Booleans as texts, operations in capitals, attributes of their own, removals by value."""
    person = await directory.person(active="True", bogus=1)
    body = {
        "schemas": [PATCH],
        "Operations": [
            {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "ann@work.example"},
            {"op": "Add", "value": {"name.givenName": "Ann", "name.familyName": "A"}},
            {"op": "Replace", "path": "active", "value": "False"},
        ],
    }
    changed = await directory.ok("PATCH", f"/Users/{person['id']}", body)
    assert changed["emails"] == [{"value": "ann@work.example", "type": "work"}]
    assert (changed["name"], changed["active"]) == ({"givenName": "Ann", "familyName": "A"}, False)
    members = [{"value": person["id"]}]
    group = await directory.ok("POST", "/Groups", {"schemas": [GROUP], "displayName": "G", "members": members})
    removal = {"schemas": [PATCH], "Operations": [{"op": "Remove", "path": "members", "value": members}]}
    assert "members" not in await directory.ok("PATCH", f"/Groups/{group['id']}", removal)


BODIES: list[Any] = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"{", id="no JSON"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b"7", id="a number"),
    pytest.param(b'{"userName": "a", "userName": "b"}', id="twice"),
    pytest.param(b'{"userName": "a\\u0000"}', id="NUL"),
    pytest.param(b'{"userName": "\\ud800"}', id="a lone surrogate"),
    pytest.param(b'{"userName": 7}', id="a number for a name"),
    pytest.param(b'{"userName": ""}', id="an empty name"),
    pytest.param(b'{"userName": "a", "emails": "x"}', id="a text for a list"),
    pytest.param(b'{"userName": "a", "active": "perhaps"}', id="no boolean"),
    pytest.param(b"[" * 1000, id="deep"),
    pytest.param(b"\xff", id="no UTF-8"),
]


@pytest.mark.parametrize("body", BODIES)
async def test_bad_bodies_are_refused_in_its_form(directory: Directory, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {directory.token}", "Content-Type": "application/scim+json"}
    for path in ("/Users", "/Groups"):
        answer = await directory.tenant.api.client.post(
            f"/scim/v2/{directory.tenant.organization}{path}", content=body, headers=headers
        )
        assert refusal(answer)[0] == 400, (path, answer.text)


async def test_what_is_too_large_is_refused(directory: Directory) -> None:
    body = {"schemas": [USER], "userName": "a", "title": "x" * 100_000}
    assert refusal(await directory("POST", "/Users", body)) == (413, None)


async def test_quotas_hold(directory: Directory, database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO quota_overrides VALUES ($1, 'directory_users', 1), ($1, 'directory_groups', 0), "
            "($1, 'members', 0)",
            directory.tenant.organization,
        )
    body = {"schemas": [USER], "userName": "ann@example.com"}
    assert refusal(await directory("POST", "/Users", body)) == (409, None)
    await directory.person(name="a")
    assert refusal(await directory("POST", "/Users", {**body, "userName": "b"})) == (409, None)
    assert refusal(await directory("POST", "/Groups", {"schemas": [GROUP], "displayName": "G"})) == (409, None)


# Who may


async def test_each_address_asks_for_the_token_of_its_organization(
    directory: Directory, make_tenant: MakeTenant, clock: Any
) -> None:
    tenant = directory.tenant
    other = await connected(await make_tenant("other"))
    person = await directory.person()
    group = await directory.ok("POST", "/Groups", {"schemas": [GROUP], "displayName": "G"})
    service = await tenant.api.ok(
        "POST", f"/organizations/{tenant.organization}/tokens", {"name": "CI", "role": "administrator"}
    )
    short = {"name": "short", "expires_at": "2026-01-05T10:30:00Z"}
    expiring = await tenant.api.ok("POST", f"/organizations/{tenant.organization}/provisioning-tokens", short)
    revoked = await tenant.api.ok("POST", f"/organizations/{tenant.organization}/provisioning-tokens", {"name": "old"})
    path = f"/organizations/{tenant.organization}/provisioning-tokens/{revoked['id']}"
    await tenant.api.ok("DELETE", path)
    clock.advance(3600)
    paths = [
        ("GET", "/ServiceProviderConfig"),
        ("GET", "/Schemas"),
        ("GET", f"/Schemas/{USER}"),
        ("GET", "/ResourceTypes"),
        ("GET", "/ResourceTypes/User"),
        ("POST", "/.search"),
        ("GET", "/nothing"),
        *((method, "/Users") for method in ("GET", "POST", "DELETE")),
        *((method, "/Groups") for method in ("GET", "POST")),
        *((method, f"/Users/{person['id']}") for method in ("GET", "PUT", "PATCH", "DELETE")),
        *((method, f"/Groups/{group['id']}") for method in ("GET", "PUT", "PATCH", "DELETE")),
    ]
    strangers = {
        "nothing": ("", 401),
        "garbage": ("vs_garbage", 401),
        "a person": (tenant.api.token, 401),
        "a service token": (service["token"], 401),
        "expired": (expiring["token"], 401),
        "revoked": (revoked["token"], 401),
        "another organization": (other.token, 404),
    }
    for who, (token, status) in strangers.items():
        for method, address in paths:
            stranger = Directory(tenant, token or "x")
            assert refusal(await stranger(method, address, {}))[0] == status, (who, method, address)
    # And it opens nothing else.
    for path in ("/me", f"/organizations/{tenant.organization}/members"):
        assert (await tenant.api.of(directory.token)("GET", path)).status_code == 401
    # Somebody of another organization isn't found in one's own.
    assert refusal(await other("GET", f"/Users/{person['id']}")) == (404, None)
    assert refusal(await other("DELETE", f"/Groups/{group['id']}")) == (404, None)


async def test_other_methods_are_not_allowed(directory: Directory) -> None:
    for method, path in (("POST", "/Schemas"), ("PUT", "/Users"), ("DELETE", "/ServiceProviderConfig")):
        assert refusal(await directory(method, path, {})) == (405, None)


async def test_who_connects_a_directory_gives_no_right_that_they_lack(
    tenant: Tenant, make_member: Callable[[Tenant, str], Awaitable[Api]]
) -> None:
    path = f"/organizations/{tenant.organization}/provisioning-tokens"
    developer, administrator = await make_member(tenant, "developer"), await make_member(tenant, "administrator")
    assert (await developer("POST", path, {"name": "x"})).json()["code"] == "missing_right"
    refused = await administrator("POST", path, {"name": "x", "default_role": "owner"})
    assert refused.json()["code"] == "right_not_held"
    unknown = await administrator("POST", path, {"name": "x", "default_role": "nobody"})
    assert unknown.status_code == 422
    await administrator.ok("POST", path, {"name": "x", "default_role": "viewer"})
    assert (await developer("GET", path)).json()["code"] == "missing_right"


async def test_tokens_are_stored_nowhere_and_outlive_their_maker(
    tenant: Tenant, make_member: Callable[[Tenant, str], Awaitable[Api]], database: Database
) -> None:
    administrator = await make_member(tenant, "administrator")
    directory = await connected(Tenant(administrator, tenant.organization, tenant.project, tenant.environment))
    async with database.connection() as connection:
        assert directory.token not in str(await connection.fetch("SELECT * FROM provisioning_tokens, audit_entries"))
    maker = (await administrator.ok("GET", "/me"))["id"]
    await tenant.api.ok("DELETE", f"/organizations/{tenant.organization}/members/{maker}")
    await directory.ok("GET", "/Users")


async def test_an_organization_is_found_by_its_key_too(directory: Directory) -> None:
    headers = {"Authorization": f"Bearer {directory.token}"}
    answer = await directory.tenant.api.client.get("/scim/v2/acme/Users", headers=headers)
    assert answer.status_code == 200


async def test_a_new_tenant_sees_an_empty_directory(admin: Api) -> None:
    assert (await (await connected(await new_tenant(admin, "fresh"))).ok("GET", "/Users"))["totalResults"] == 0
