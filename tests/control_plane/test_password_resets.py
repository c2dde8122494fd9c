"""A lost password is chosen anew by its owner, through a link that nobody else may have been given."""

from __future__ import annotations

import asyncio
import email
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.policy import default
from typing import Any

import httpx
import pytest
from control_plane.database import Database
from control_plane.people.courier import Courier
from service_kit.clock import ManualClock
from service_kit.mail import SmtpMailer, SmtpServer

from tests.control_plane.conftest import PASSWORD, Api, Tenant, invited, joined, new_tenant, sign_in
from tests.control_plane.running_app import ADMINISTRATOR, app_on
from tests.control_plane.smtp_inbox import Inbox
from tests.waiting import until

ANN = "ann@example.com"
OTHER_PASSWORD = "another password of one's own"


async def use(api: Api, link: str, password: str = OTHER_PASSWORD) -> httpx.Response:
    body = {"secret": link.partition("#password-reset=")[2], "password": password}
    return await api.of("")("POST", "/auth/password-resets/use", body)


async def identity(person: Api) -> str:
    return str((await person.ok("GET", "/me"))["id"])


def path_of(tenant: Tenant, user: str) -> str:
    return f"/organizations/{tenant.organization}/members/{user}/password-reset"


async def test_a_link_lets_a_member_choose_and_ends_their_sessions(tenant: Tenant) -> None:
    ann = await joined(tenant.api, tenant.organization, ANN, "viewer")
    first = (await tenant.api.ok("POST", path_of(tenant, await identity(ann))))["link"]
    link = (await tenant.api.ok("POST", path_of(tenant, await identity(ann))))["link"]
    assert (await use(tenant.api, first)).json()["code"] == "link_ended"
    assert (await use(tenant.api, link, "short")).status_code == 422
    await ann.ok("GET", "/me")
    fresh = (await use(tenant.api, link)).json()["access_token"]
    assert (await ann("GET", "/me")).json()["code"] == "token_withdrawn"
    await ann.of(fresh).ok("GET", "/me")
    assert (await use(tenant.api, link)).json()["code"] == "link_ended"
    await sign_in(tenant.api.of(""), ANN, OTHER_PASSWORD)
    # The other services are told by a new version of every environment.
    path = f"/organizations/{tenant.organization}/audit?entity=user&action=reset_password"
    [entry] = (await tenant.api.ok("GET", path))["items"]
    assert len(entry["environment_versions"]) == 1


async def test_a_link_is_good_for_a_day_and_until_the_password_changes(tenant: Tenant, clock: ManualClock) -> None:
    ann = await joined(tenant.api, tenant.organization, ANN, "viewer")
    link = (await tenant.api.ok("POST", path_of(tenant, await identity(ann))))["link"]
    passwords = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    ann = ann.of((await ann.ok("PUT", "/me/password", passwords))["access_token"])
    assert (await use(tenant.api, link)).json()["code"] == "link_ended"
    owner = await sign_in(tenant.api.of(""), *ADMINISTRATOR)
    link = (await owner.ok("POST", path_of(tenant, await identity(ann))))["link"]
    clock.advance(86_400)
    assert (await use(tenant.api, link)).json()["code"] == "link_ended"


async def test_nobody_is_shown_the_link_of_an_account_with_rights_elsewhere(make_tenant: Any, admin: Api) -> None:
    one, other = await make_tenant("one"), await make_tenant("other")
    ann = await joined(one.api, one.organization, ANN, "viewer")
    user = await identity(ann)
    link = (await one.api.ok("POST", path_of(one, user)))["link"]
    secret = await invited(other.api, other.organization, ANN, "owner")
    await ann.ok("POST", "/me/invitations/accept", {"secret": secret})
    # The link of before ended when the account came to another organization.
    assert (await use(one.api, link)).json()["code"] == "link_ended"
    for tenant in (one, other):
        refused = await tenant.api("POST", path_of(tenant, user))
        assert (refused.status_code, refused.json()["code"]) == (409, "account_elsewhere")
    # An administrator of the installation has rights everywhere.
    refused = await one.api("POST", path_of(one, await identity(admin)))
    assert refused.json()["code"] == "account_elsewhere"


async def test_what_an_administrator_may_do_to_an_account_is_its_membership_in_their_own(make_tenant: Any) -> None:
    one, other = await make_tenant("one"), await make_tenant("other")
    ann = await joined(one.api, one.organization, ANN, "viewer")
    secret = await invited(other.api, other.organization, ANN, "developer")
    await ann.ok("POST", "/me/invitations/accept", {"secret": secret})
    user = await identity(ann)
    await one.api.ok("DELETE", f"/organizations/{one.organization}/members/{user}")
    assert [each["id"] for each in (await ann.ok("GET", "/me"))["organizations"]] == [other.organization]
    assert (await one.api("POST", path_of(one, user))).status_code == 404
    writes: tuple[tuple[str, str, dict[str, str] | None], ...] = (
        ("DELETE", "", None),
        ("PATCH", "", {"role": "viewer"}),
        ("POST", "/password-reset", None),
    )
    for method, rest, body in writes:
        path = f"/organizations/{other.organization}/members/{user}{rest}"
        assert (await one.api(method, path, body, headers={"If-Match": '"1"'})).status_code == 404


async def test_only_an_owner_has_a_link_made_for_an_owner(tenant: Tenant, make_member: Any) -> None:
    owner, manager = await make_member(tenant, "owner"), await make_member(tenant, "administrator")
    assert (await manager("POST", path_of(tenant, await identity(owner)))).status_code == 403


async def test_without_mail_nobody_asks_for_themselves(anonymous: Api, tenant: Tenant) -> None:
    for address in (ADMINISTRATOR[0], "nobody@example.com"):
        refused = await anonymous("POST", "/auth/password-resets", {"email": address})
        assert (refused.status_code, refused.json()["code"]) == (409, "mail_not_configured")


@dataclass
class Mailing:
    """The API of a server that sends mail, and what arrived."""

    api: Api
    inbox: Inbox
    told: list[str] = field(default_factory=list)

    async def link_to(self, address: str, count: int = 1) -> str:
        """The link in the newest of `count` letters to an address."""
        await until(lambda: len(self.inbox.to(address)) >= count)
        letter = email.message_from_bytes(self.inbox.to(address)[-1], policy=default)
        return next(line for line in str(letter.get_content()).splitlines() if line.startswith("https://"))


@pytest.fixture
async def mailing(database: Database, clock: ManualClock) -> AsyncIterator[Mailing]:
    async with Inbox.open() as inbox:
        server = SmtpServer.at(f"smtp://127.0.0.1:{inbox.port}")
        courier = Courier(SmtpMailer(server, "verdict@example.com"), "https://verdict.example.com")
        transport = httpx.ASGITransport(await app_on(database, clock, courier=courier))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Mailing(Api(client), inbox)


async def test_with_mail_nobody_but_the_person_sees_a_link(mailing: Mailing) -> None:
    admin = await sign_in(mailing.api, *ADMINISTRATOR)
    organization = await admin.ok("POST", "/organizations", {"key": "acme", "name": "Acme"})
    at = f"/organizations/{organization['id']}"
    made = await admin.ok("POST", f"{at}/invitations", {"email": ANN, "role": "viewer"})
    assert (made["link"], made["mailed"]) == (None, True)
    link = await mailing.link_to(ANN)
    assert link.startswith("https://verdict.example.com/link#invitation=")
    account = {"secret": link.partition("=")[2], "password": PASSWORD}
    ann = mailing.api.of((await mailing.api.ok("POST", "/auth/invitations/accept", account))["access_token"])
    ordered = await admin.ok("POST", f"{at}/members/{await identity(ann)}/password-reset")
    assert ordered["link"] is None
    assert (await use(mailing.api, await mailing.link_to(ANN, 2))).status_code == 200


async def test_the_name_of_an_organization_writes_no_lines_of_a_letter(mailing: Mailing) -> None:
    admin = await sign_in(mailing.api, *ADMINISTRATOR)
    name = "Shop\n\nTo claim your prize open\u2028https://elsewhere.example"
    organization = await admin.ok("POST", "/organizations", {"key": "shop", "name": name})
    await admin.ok("POST", f"/organizations/{organization['id']}/invitations", {"email": ANN, "role": "viewer"})
    await mailing.link_to(ANN)
    letter = email.message_from_bytes(mailing.inbox.to(ANN)[-1], policy=default)
    lines = str(letter.get_content()).splitlines()
    assert not [each for each in lines if each.startswith(("To claim", "https://elsewhere"))]


async def test_asking_for_a_link_answers_the_same_for_everybody(mailing: Mailing, clock: ManualClock) -> None:
    answers = [
        await mailing.api("POST", "/auth/password-resets", {"email": address})
        for address in ("nobody@example.com", ADMINISTRATOR[0], ADMINISTRATOR[0])
    ]
    assert {(each.status_code, each.content) for each in answers} == {(202, b"null")}
    assert (await use(mailing.api, await mailing.link_to(ADMINISTRATOR[0]))).status_code == 200
    clock.advance(301)
    await mailing.api.ok("POST", "/auth/password-resets", {"email": ADMINISTRATOR[0]})
    await mailing.link_to(ADMINISTRATOR[0], 2)
    # One mail in five minutes, and none to nobody.
    assert [len(mailing.inbox.to(address)) for address in (ADMINISTRATOR[0], "nobody@example.com")] == [2, 0]


async def test_many_requests_at_once_are_one_mail(mailing: Mailing, clock: ManualClock) -> None:
    body = {"email": ADMINISTRATOR[0]}
    await asyncio.gather(*(mailing.api.ok("POST", "/auth/password-resets", body) for _ in range(8)))
    assert (await use(mailing.api, await mailing.link_to(ADMINISTRATOR[0]))).status_code == 200
    clock.advance(301)
    await mailing.api.ok("POST", "/auth/password-resets", body)
    await mailing.link_to(ADMINISTRATOR[0], 2)
    assert len(mailing.inbox.to(ADMINISTRATOR[0])) == 2


async def test_a_mail_server_that_refuses_is_told(database: Database, clock: ManualClock) -> None:
    courier = Courier(SmtpMailer(SmtpServer.at("smtp://127.0.0.1:1"), "verdict@example.com"), "https://verdict")
    transport = httpx.ASGITransport(await app_on(database, clock, courier=courier))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        admin = await sign_in(Api(client), *ADMINISTRATOR)
        organization = await admin.ok("POST", "/organizations", {"key": "acme", "name": "Acme"})
        body = {"email": ANN, "role": "viewer"}
        refused = await admin("POST", f"/organizations/{organization['id']}/invitations", body)
        assert (refused.status_code, refused.json()["code"]) == (503, "mail_unavailable")
        assert "retry-after" in refused.headers
        assert (await Api(client)("POST", "/auth/password-resets", {"email": ADMINISTRATOR[0]})).status_code == 202


async def test_a_tenant_of_before_is_still_there(admin: Api) -> None:
    """The first administrator keeps the password that the settings gave."""
    assert (await new_tenant(admin, "acme")).organization
