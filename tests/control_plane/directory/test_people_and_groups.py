"""What a directory says of people and groups becomes so: at once, in its own organization, and nowhere else."""

from __future__ import annotations

from control_plane.database import Database

from tests.control_plane.conftest import PASSWORD, joined
from tests.control_plane.conftest import sign_in as sign_in_by_password
from tests.control_plane.directory.client import GROUP, PATCH, Directory, MakeTenant, connected, refusal, speaks_for


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
