"""Signing in, members and roles."""

from __future__ import annotations

import asyncio
from typing import Any

import jwt
import pytest
from argon2 import PasswordHasher
from control_plane.database import Database
from control_plane.people.passwords import Passwords
from service_kit.clock import ManualClock
from service_kit.problems import Unavailable

from tests.control_plane.conftest import joined

SECRET = "a-secret-of-the-tests-with-more-than-32-bytes"
PASSWORDS = {"current_password": "correct horse battery", "new_password": "another long password"}
CREDENTIALS = {"email": "admin@example.com", "password": "correct horse battery"}


async def test_login_gives_a_token_that_other_services_can_read(anonymous: Any, tenant: Any) -> None:
    answer = await anonymous.ok("POST", "/auth/login", CREDENTIALS)
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 3600)
    claims = jwt.decode(
        answer["access_token"], SECRET, algorithms=["HS256"], audience="verdict", options={"verify_exp": False}
    )
    assert claims["organizations"] == {tenant.organization: "owner"}
    assert claims["iss"] == "verdict-control-plane"


async def test_an_e_mail_is_one_whatever_its_case(anonymous: Any) -> None:
    await anonymous.ok("POST", "/auth/login", {**CREDENTIALS, "email": "Admin@Example.com"})


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong"}, {"email": "nobody@example.com"}, {"email": "", "password": "x"}]
)
async def test_a_wrong_login_says_no_more_than_that(anonymous: Any, wrong: dict[str, str]) -> None:
    answer = await anonymous("POST", "/auth/login", {**CREDENTIALS, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")


async def test_guessing_is_slowed_down(anonymous: Any, clock: ManualClock) -> None:
    statuses = [
        (await anonymous("POST", "/auth/login", {**CREDENTIALS, "password": f"guess {n}"})).status_code
        for n in range(9)
    ]
    assert statuses == [401] * 8 + [429]
    refused = await anonymous("POST", "/auth/login", CREDENTIALS)
    assert int(refused.headers["retry-after"]) > 0
    clock.advance(301)
    await anonymous.ok("POST", "/auth/login", CREDENTIALS)


async def test_a_crowd_that_signs_in_waits_in_a_queue_with_an_end() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    stored = await passwords.hash("a password of somebody")
    answers = await asyncio.gather(
        *(passwords.verify(stored, "a password of somebody") for _ in range(80)), return_exceptions=True
    )
    assert sum(answer is True for answer in answers) == 64
    assert sum(isinstance(answer, Unavailable) for answer in answers) == 16
    assert await passwords.verify(stored, "another") is False


def forged(**changes: Any) -> str:
    """Signed with the right secret, for nobody."""
    now = ManualClock().now() // 1000
    claims = {"sub": "00000000-0000-0000-0000-000000000000", "generation": 1, "iat": now, "exp": now + 60}
    return jwt.encode({**claims, "aud": "verdict", "iss": "verdict-control-plane", **changes}, SECRET, "HS256")


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (None, "credentials_missing"),
        ("", "credentials_missing"),
        ("rubbish", "invalid_token"),
        (forged(iss="other"), "invalid_token"),
        (forged(exp=1), "token_expired"),
        (forged(), "token_withdrawn"),
    ],
)
async def test_a_token_that_is_not_ours_is_refused(anonymous: Any, token: str | None, code: str) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = await anonymous("GET", "/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_ends_with_its_time(admin: Any, clock: ManualClock) -> None:
    clock.advance(3601)
    assert (await admin("GET", "/me")).json()["code"] == "token_expired"


async def test_a_new_password_ends_other_sessions(admin: Any) -> None:
    wrong = {"current_password": "wrong", "new_password": "another long password"}
    assert (await admin("PUT", "/me/password", wrong)).json()["code"] == "wrong_password"
    short = {"current_password": CREDENTIALS["password"], "new_password": "short"}
    assert (await admin("PUT", "/me/password", short)).status_code == 422
    fresh = await admin.ok("PUT", "/me/password", {**short, "new_password": "another long password"})
    assert (await admin("GET", "/me")).json()["code"] == "token_withdrawn"
    await admin.of(fresh["access_token"]).ok("GET", "/me")


async def test_a_role_that_is_taken_away_is_gone_at_once(tenant: Any) -> None:
    members = f"/organizations/{tenant.organization}/members"
    eve = await joined(tenant.api, tenant.organization, "eve@example.com", "administrator")
    made = await eve.ok("GET", "/me")
    project = {"key": "p1", "name": "P"}
    await eve.ok("POST", f"/organizations/{tenant.organization}/projects", project)
    await tenant.api.changed("PATCH", f"{members}/{made['id']}", {"role": "viewer"})
    refused = await eve("POST", f"/organizations/{tenant.organization}/projects", {"key": "p2", "name": "P"})
    assert refused.status_code == 403
    await tenant.api.ok("DELETE", f"{members}/{made['id']}")
    assert (await eve("GET", f"/organizations/{tenant.organization}")).status_code == 404
    assert (await eve.ok("GET", "/me"))["organizations"] == []


async def test_an_organization_keeps_an_owner(tenant: Any) -> None:
    members = f"/organizations/{tenant.organization}/members"
    owners = [each for each in (await tenant.api.ok("GET", members))["items"] if each["role"] == "owner"]
    assert len(owners) == 2
    mine = (await tenant.api.ok("GET", "/me"))["id"]
    other = next(each["id"] for each in owners if each["id"] != mine)
    await tenant.api.ok("DELETE", f"{members}/{other}")
    answer = await tenant.api("PATCH", f"{members}/{mine}", {"role": "viewer"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")


async def test_only_owners_make_owners(tenant: Any) -> None:
    members, invitations = (f"/organizations/{tenant.organization}/{noun}" for noun in ("members", "invitations"))
    ann = await joined(tenant.api, tenant.organization, "ann@example.com", "administrator")
    made = await ann.ok("GET", "/me")
    assert (await ann("POST", invitations, {"email": "x@example.com", "role": "owner"})).status_code == 403
    raised = await ann("PATCH", f"{members}/{made['id']}", {"role": "owner"}, headers={"If-Match": '"1"'})
    assert raised.status_code == 403
    await ann.ok("POST", invitations, {"email": "x@example.com", "role": "developer"})


async def test_a_token_of_a_program_has_its_role_and_no_account(tenant: Any, database: Database) -> None:
    tokens = f"/organizations/{tenant.organization}/tokens"
    made = await tenant.api.ok("POST", tokens, {"name": "ci", "role": "administrator"})
    assert made["token"].startswith("vt_")
    assert made["token"] not in str(await tenant.api.ok("GET", tokens))
    program = tenant.api.of(made["token"])
    await program.ok("POST", f"/organizations/{tenant.organization}/projects", {"key": "p", "name": "P"})
    audit = f"/organizations/{tenant.organization}/audit"
    assert (await program.ok("GET", audit))["items"][0]["actor"] == {"kind": "token", "id": made["id"], "name": "ci"}
    for method, path, body in (("GET", "/me", None), ("PUT", "/me/password", PASSWORDS)):
        assert (await program(method, path, body)).json()["code"] == "not_a_person"
    assert (await program("POST", "/organizations", {"key": "x", "name": "X"})).status_code == 403
    raised = await program("POST", tokens, {"name": "more", "role": "owner"})
    assert raised.status_code == 403
    await program.ok("DELETE", f"{tokens}/{made['id']}")
    assert (await program("GET", audit)).json()["code"] == "invalid_token"
    async with database.connection() as connection:
        stored = await connection.fetch("SELECT * FROM api_tokens, audit_entries")
    assert made["token"] not in str(stored)


async def test_a_token_of_a_program_expires(tenant: Any, clock: ManualClock) -> None:
    body = {"name": "ci", "role": "viewer", "expires_at": "2026-01-05T12:00:00Z"}
    made = await tenant.api.ok("POST", f"/organizations/{tenant.organization}/tokens", body)
    program = tenant.api.of(made["token"])
    clock.advance(7199)
    await program.ok("GET", "/organizations")
    clock.advance(1)
    assert (await program("GET", "/organizations")).status_code == 401
