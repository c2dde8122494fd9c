"""A provisioning token opens the directory of its organization, and nothing else opens it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from control_plane.database import Database

from tests.control_plane.conftest import Api, Tenant, new_tenant
from tests.control_plane.directory.client import GROUP, USER, Directory, MakeTenant, connected, refusal


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
