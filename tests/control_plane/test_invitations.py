"""Nobody is a member before they accept, and nobody ever has another person's password."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from control_plane.database import Database
from service_kit.clock import ManualClock

from tests.control_plane.conftest import PASSWORD, Api, Tenant, invited, joined, sign_in

ANN = "ann@example.com"


async def accept_anew(api: Api, secret: str, **more: Any) -> Any:
    return await api.of("")("POST", "/auth/invitations/accept", {"secret": secret, "password": PASSWORD, **more})


async def members_of(tenant: Tenant) -> set[str]:
    listed = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/members")
    return {each["email"] for each in listed["items"]}


async def test_a_person_is_a_member_when_they_have_accepted_with_a_password_of_their_own(tenant: Tenant) -> None:
    secret = await invited(tenant.api, tenant.organization, ANN, "developer")
    path = f"/organizations/{tenant.organization}/invitations"
    [waiting] = (await tenant.api.ok("GET", path))["items"]
    assert (waiting["email"], waiting["role"], waiting["mailed"]) == (ANN, "developer", False)
    assert secret not in str(waiting)
    assert ANN not in await members_of(tenant)
    answer = await accept_anew(tenant.api, secret, name="Ann")
    assert answer.status_code == 200
    me = await tenant.api.of(answer.json()["access_token"]).ok("GET", "/me")
    assert (me["name"], [each["role"] for each in me["organizations"]]) == ("Ann", ["developer"])
    assert ANN in await members_of(tenant)
    assert (await tenant.api.ok("GET", path))["items"] == []
    await sign_in(tenant.api.of(""), ANN, PASSWORD)


async def test_a_link_is_used_once_and_stored_nowhere(tenant: Tenant, database: Database) -> None:
    secret = await invited(tenant.api, tenant.organization, ANN, "developer")
    assert (await accept_anew(tenant.api, secret)).status_code == 200
    again = await accept_anew(tenant.api, secret, password="somebody else's password")
    assert (again.status_code, again.json()["code"]) == (404, "link_ended")
    async with database.connection() as connection:
        assert secret not in str(await connection.fetch("SELECT * FROM invitations, audit_entries"))


@pytest.mark.parametrize("end", ["time", "withdrawal", "replacement", "demotion", "departure"])
async def test_a_link_ends(end: str, tenant: Tenant, clock: ManualClock) -> None:
    host = await joined(tenant.api, tenant.organization, "host@example.com", "administrator")
    hosts_id = (await host.ok("GET", "/me"))["id"]
    secret = await invited(host, tenant.organization, ANN, "developer")
    at = f"/organizations/{tenant.organization}"
    match end:
        case "time":
            clock.advance(7 * 86_400)
        case "withdrawal":
            [waiting] = (await tenant.api.ok("GET", f"{at}/invitations"))["items"]
            await tenant.api.ok("DELETE", f"{at}/invitations/{waiting['id']}")
        case "replacement":
            await invited(tenant.api, tenant.organization, "ANN@example.com", "viewer")
        case "demotion":
            await tenant.api.changed("PATCH", f"{at}/members/{hosts_id}", {"role": "developer"})
        case "departure":
            await tenant.api.ok("DELETE", f"{at}/members/{hosts_id}")
    assert (await accept_anew(host, secret)).json()["code"] == "link_ended"
    assert (await accept_anew(host, "nonsense")).json()["code"] == "link_ended"


async def test_the_host_of_one_tenant_never_becomes_the_owner_of_another(make_tenant: Any) -> None:
    """Whoever is shown a link may use it; that opens nothing of anybody else's."""
    one, other = await make_tenant("one"), await make_tenant("other")
    impostor = await joined(one.api, one.organization, ANN, "viewer")
    secret = await invited(other.api, other.organization, ANN, "owner")
    # The account's password is worth nothing without the other tenant's link.
    assert (await impostor("GET", f"/organizations/{other.organization}")).status_code == 404
    assert [each["id"] for each in (await impostor.ok("GET", "/me"))["organizations"]] == [one.organization]
    assert ANN not in await members_of(other)
    # And the link is worth nothing without the account.
    refused = await accept_anew(other.api, secret)
    assert (refused.status_code, refused.json()["code"]) == (409, "account_exists")
    stranger = await joined(other.api, other.organization, "bob@example.com", "viewer")
    refused = await stranger("POST", "/me/invitations/accept", {"secret": secret})
    assert (refused.status_code, refused.json()["code"]) == (403, "invitation_of_another")
    assert ANN not in await members_of(other)


async def test_somebody_with_an_account_accepts_while_signed_in(make_tenant: Any) -> None:
    one, other = await make_tenant("one"), await make_tenant("other")
    ann = await joined(one.api, one.organization, ANN, "viewer")
    secret = await invited(other.api, other.organization, "Ann@Example.com", "developer")
    made = await ann.ok("POST", "/me/invitations/accept", {"secret": secret})
    assert (made["email"], made["role"]) == (ANN, "developer")
    roles = {each["id"]: each["role"] for each in (await ann.ok("GET", "/me"))["organizations"]}
    assert roles == {one.organization: "viewer", other.organization: "developer"}
    invitations = f"/organizations/{other.organization}/invitations"
    again = await other.api("POST", invitations, {"email": ANN, "role": "viewer"})
    assert (again.status_code, again.json()["code"]) == (409, "already_member")


async def test_an_invitation_does_not_say_who_has_an_account(make_tenant: Any) -> None:
    one, other = await make_tenant("one"), await make_tenant("other")
    await joined(one.api, one.organization, ANN, "viewer")
    invitations = f"/organizations/{other.organization}/invitations"
    answers = [
        await other.api.ok("POST", invitations, {"email": email, "role": "viewer"})
        for email in (ANN, "nobody@example.com")
    ]
    assert answers[0].keys() == answers[1].keys()
    differing = {name for name in answers[0] if answers[0][name] != answers[1][name]}
    assert differing == {"id", "email", "link"}


async def test_a_program_invites_nobody_by_itself_forever(tenant: Tenant) -> None:
    """What a program has invited ends when its token is revoked."""
    at = f"/organizations/{tenant.organization}"
    token = await tenant.api.ok("POST", f"{at}/tokens", {"name": "terraform", "role": "administrator"})
    program = tenant.api.of(token["token"])
    secret = await invited(program, tenant.organization, ANN, "viewer")
    await tenant.api.ok("DELETE", f"{at}/tokens/{token['id']}")
    assert (await accept_anew(tenant.api, secret)).json()["code"] == "link_ended"


async def test_what_a_program_has_invited_goes_by_what_its_maker_may_now(tenant: Tenant) -> None:
    at = f"/organizations/{tenant.organization}"
    maker = await joined(tenant.api, tenant.organization, "maker@example.com", "owner")
    token = await maker.ok("POST", f"{at}/tokens", {"name": "terraform", "role": "owner"})
    program, member = maker.of(token["token"]), f"{at}/members/{(await maker.ok('GET', '/me'))['id']}"
    owner = await invited(program, tenant.organization, ANN, "owner")
    viewer = await invited(program, tenant.organization, "bob@example.com", "viewer")
    await tenant.api.changed("PATCH", member, {"role": "administrator"})
    assert (await accept_anew(tenant.api, owner)).json()["code"] == "link_ended"
    await tenant.api.changed("PATCH", member, {"role": "developer"})
    assert (await accept_anew(tenant.api, viewer)).json()["code"] == "link_ended"
    await tenant.api.changed("PATCH", member, {"role": "owner"})
    assert (await accept_anew(tenant.api, viewer)).status_code == 200


async def test_an_invitation_is_for_one_account_not_for_one_that_looks_like_it(
    make_tenant: Any, database: Database
) -> None:
    one, other = await make_tenant("one"), await make_tenant("other")
    impostor = await joined(one.api, one.organization, "placeholder@example.com", "viewer")
    async with database.transaction() as tx:
        # KELVIN SIGN: an address of before it was refused; Python's lower() makes it a k.
        await tx.execute("UPDATE users SET email = $1 WHERE email = 'placeholder@example.com'", "mi\u212ae@example.com")
    secret = await invited(other.api, other.organization, "mike@example.com", "owner")
    refused = await impostor("POST", "/me/invitations/accept", {"secret": secret})
    assert (refused.status_code, refused.json()["code"]) == (403, "invitation_of_another")


@pytest.mark.parametrize(
    "email", ["mi\u212ae@example.com", "a\u00ad@example.com", "\u202ea@example.com", "\uff41@b.com"]
)
async def test_an_address_holds_nothing_invisible_and_no_look_alikes(email: str, tenant: Tenant) -> None:
    body = {"email": email, "role": "viewer"}
    refused = await tenant.api("POST", f"/organizations/{tenant.organization}/invitations", body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "email")


@pytest.mark.parametrize(
    "email", ["a\x00@example.com", 'a"b@example.com', "a,b@example.com", "a@exa<mple.com", "a@b@c.com", "a\r\nBcc: x@y"]
)
async def test_an_address_is_one_address(email: str, tenant: Tenant) -> None:
    body = {"email": email, "role": "viewer"}
    refused = await tenant.api("POST", f"/organizations/{tenant.organization}/invitations", body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "email"


async def test_nobody_withdraws_what_is_another_tenants(make_tenant: Any) -> None:
    one, other = await make_tenant("one"), await make_tenant("other")
    await invited(one.api, one.organization, ANN, "viewer")
    [waiting] = (await one.api.ok("GET", f"/organizations/{one.organization}/invitations"))["items"]
    for identity in (waiting["id"], str(uuid4())):
        path = f"/organizations/{other.organization}/invitations/{identity}"
        assert (await other.api("DELETE", path)).status_code == 404
