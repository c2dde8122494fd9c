"""Sessions: by cookie and by tokens, how they end, and what is refused of whoever has stolen one."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from control_plane.database import Database
from control_plane.people.browsers import Browsers
from fastapi import FastAPI
from service_kit.clock import ManualClock

from tests.control_plane.conftest import PASSWORD, Api, invited, joined, sign_in
from tests.control_plane.running_app import ADMINISTRATOR, app_on

CREDENTIALS = dict(zip(("email", "password"), ADMINISTRATOR, strict=True))
OWN = {"Origin": "http://test", "X-Verdict-CSRF": "1"}
HOUR = 3600.0


async def browser(api: Api, headers: dict[str, str] | None = None) -> Api:
    """Somebody who is signed in by a cookie, in a browser of their own."""
    answer = await api("POST", "/auth/sessions", CREDENTIALS, headers=headers or {})
    assert answer.status_code == 201, answer.text
    name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
    return Api(api.client, headers={"Cookie": f"{name}={value}", **OWN})


def without(api: Api, name: str) -> Api:
    return Api(api.client, headers={key: value for key, value in api.headers.items() if key != name})


async def code_of(answer: Any) -> tuple[int, str]:
    found = await answer
    return found.status_code, found.json()["code"]


async def test_a_browser_gets_a_cookie_that_no_page_reads(anonymous: Api, tenant: Any) -> None:
    answer = await anonymous("POST", "/auth/sessions", CREDENTIALS, headers={"User-Agent": "A browser\x7f"})
    assert (answer.status_code, answer.json()["current"], answer.json()["kind"]) == (201, True, "cookie")
    assert answer.json()["user_agent"] == "A browser"
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    name, _, secret = cookie.partition("=")
    assert (name, len(secret)) == ("verdict_session", 43)
    assert {each.lower() for each in attributes if not each.startswith("expires")} == {
        "httponly",
        "path=/",
        "samesite=lax",
    }
    assert secret not in answer.text
    me = await Api(anonymous.client, headers={"Cookie": cookie}).ok("GET", "/me")
    assert me["email"] == CREDENTIALS["email"]


@pytest.mark.parametrize("public", ["", "https://verdict.example.com"])
async def test_over_tls_the_cookie_is_of_this_host_alone(database: Database, clock: ManualClock, public: str) -> None:
    app = await app_on(database, clock, browsers=Browsers(public))
    base = "http://10.0.0.1" if public else "https://verdict.example.com"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client:
        api = Api(client)
        answer = await api("POST", "/auth/sessions", CREDENTIALS)
        assert answer.headers["set-cookie"].startswith("__Host-verdict_session=")
        assert "; Secure" in answer.headers["set-cookie"]
        secret = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
        client.cookies.clear()
        named = {"Cookie": f"__Host-verdict_session={secret}"}
        await Api(client, headers=named).ok("GET", "/me")
        # A neighbour in the domain can set this one, so it is nobody's.
        tossed = {"Cookie": f"verdict_session={secret}"}
        assert (await Api(client, headers=tossed)("GET", "/me")).status_code == 401


async def test_a_write_with_a_cookie_needs_an_allowed_origin_and_the_header(anonymous: Api) -> None:
    ann = await browser(anonymous)
    body = {"key": "acme", "name": "Acme"}
    assert await code_of(without(ann, "Origin")("POST", "/organizations", body)) == (403, "origin_not_allowed")
    assert await code_of(without(ann, "X-Verdict-CSRF")("POST", "/organizations", body)) == (403, "csrf_header_missing")
    for origin in ("http://evil.example", "null", "https://test", "http://test.evil.example", "http://test:81", ""):
        refused = ann("POST", "/organizations", body, headers={"Origin": origin})
        assert await code_of(refused) == (403, "origin_not_allowed"), origin
    assert (await ann.ok("GET", "/organizations"))["items"] == []
    await ann.ok("POST", "/organizations", body)
    await without(without(ann, "Origin"), "X-Verdict-CSRF").ok("GET", "/organizations")


async def test_pages_elsewhere_write_only_where_they_are_named(database: Database, clock: ManualClock) -> None:
    for origins, status in ((("https://app.example.com",), 201), (("*",), 403), ((), 403)):
        app = await app_on(database, clock, browsers=Browsers(origins=origins))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            ann = await browser(Api(client))
            client.cookies.clear()
            body = {"key": "acme", "name": "Acme"}
            answer = await ann("POST", "/organizations", body, headers={"Origin": "https://app.example.com"})
            assert answer.status_code == status


async def test_no_page_elsewhere_signs_a_browser_in(anonymous: Api) -> None:
    elsewhere = {"Origin": "https://evil.example"}
    refused = anonymous("POST", "/auth/sessions", CREDENTIALS, headers=elsewhere)
    assert await code_of(refused) == (403, "origin_not_allowed")
    await anonymous.ok("POST", "/auth/sessions", CREDENTIALS, headers={"Origin": "http://test"})


async def test_a_cookie_of_before_is_never_taken_over(anonymous: Api) -> None:
    planted = {"Cookie": "verdict_session=" + "x" * 43}
    ann = await browser(anonymous, planted)
    assert "x" * 43 not in ann.headers["Cookie"]
    assert await code_of(Api(anonymous.client, headers=planted)("GET", "/me")) == (401, "session_ended")
    again = await browser(anonymous, {"Cookie": ann.headers["Cookie"]})
    assert again.headers["Cookie"] != ann.headers["Cookie"]


async def test_an_authorization_decides_before_a_cookie(anonymous: Api) -> None:
    ann = await browser(anonymous)
    for wrong in ("Bearer rubbish", "Basic abc", "Bearer "):
        assert (await ann("GET", "/me", headers={"Authorization": wrong})).status_code == 401


async def test_a_session_ends_when_it_is_not_used(anonymous: Api, clock: ManualClock) -> None:
    ann = await browser(anonymous)
    for _ in range(3):
        clock.advance(23 * HOUR)
        await ann.ok("GET", "/me")
    clock.advance(24 * HOUR)
    assert await code_of(ann("GET", "/me")) == (401, "session_ended")


async def test_a_session_ends_however_much_it_is_used(anonymous: Api, clock: ManualClock) -> None:
    ann = await browser(anonymous)
    for _ in range(35):
        clock.advance(20 * HOUR)
        await ann.ok("GET", "/me")
    clock.advance(20 * HOUR)
    assert await code_of(ann("GET", "/me")) == (401, "session_ended")


async def test_a_refresh_token_is_used_once(anonymous: Api, clock: ManualClock) -> None:
    first = await anonymous.ok("POST", "/auth/login", CREDENTIALS)
    assert first["refresh_token"].startswith("vr_")
    clock.advance(2 * HOUR)
    assert await code_of(anonymous.of(first["access_token"])("GET", "/me")) == (401, "token_expired")
    second = await anonymous.ok("POST", "/auth/refresh", {"refresh_token": first["refresh_token"]})
    ann = anonymous.of(second["access_token"])
    await ann.ok("GET", "/me")
    reused = anonymous("POST", "/auth/refresh", {"refresh_token": first["refresh_token"]})
    assert await code_of(reused) == (401, "refresh_token_reused")
    # Whoever has the newer ones is out as well: one of the two has stolen it.
    assert await code_of(ann("GET", "/me")) == (401, "token_withdrawn")
    following = anonymous("POST", "/auth/refresh", {"refresh_token": second["refresh_token"]})
    assert await code_of(following) == (401, "session_ended")


async def test_a_thief_who_refreshes_first_is_out_when_its_owner_comes(anonymous: Api, tenant: Any) -> None:
    first = await anonymous.ok("POST", "/auth/login", CREDENTIALS)
    stolen = await anonymous.ok("POST", "/auth/refresh", {"refresh_token": first["refresh_token"]})
    more = await anonymous.ok("POST", "/auth/refresh", {"refresh_token": stolen["refresh_token"]})
    await anonymous("POST", "/auth/refresh", {"refresh_token": first["refresh_token"]})
    for each in (stolen, more):
        assert (await anonymous.of(each["access_token"])("GET", "/me")).status_code == 401
    audit = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit")
    assert "refuse_refresh" in {each["action"] for each in audit["items"] if each["entity"] == "user"}


@pytest.mark.parametrize("token", ["vr_", "vr_x.y", "x", "vr_" + "é" * 50, "." * 100])
async def test_what_is_no_refresh_token_is_refused(anonymous: Api, token: str) -> None:
    assert await code_of(anonymous("POST", "/auth/refresh", {"refresh_token": token})) == (401, "session_ended")


async def test_a_cookie_is_no_refresh_token_and_the_other_way_round(anonymous: Api) -> None:
    secret = (await browser(anonymous)).headers["Cookie"].partition("=")[2]
    for token in (secret, f"vr_{secret}", f"vr_{secret}.{secret}"):
        assert (await anonymous("POST", "/auth/refresh", {"refresh_token": token})).status_code == 401
    shared = (await anonymous.ok("POST", "/auth/login", CREDENTIALS))["refresh_token"][3:].partition(".")[0]
    assert (
        await Api(anonymous.client, headers={"Cookie": f"verdict_session={shared}"})("GET", "/me")
    ).status_code == 401


async def test_one_sees_and_ends_ones_sessions(anonymous: Api, tenant: Any, clock: ManualClock) -> None:
    clock.advance(1)
    ann = await browser(anonymous)
    clock.advance(1)
    laptop = await sign_in(anonymous, *ADMINISTRATOR)
    sessions = (await ann.ok("GET", "/me/sessions"))["items"]
    assert [(each["kind"], each["current"]) for each in sessions] == [
        ("tokens", False),  # of the fixture that made the organization
        ("cookie", True),
        ("tokens", False),
    ]
    assert (await ann("DELETE", f"/me/sessions/{sessions[2]['id']}")).status_code == 204
    assert await code_of(laptop("GET", "/me")) == (401, "token_withdrawn")
    assert (await ann("DELETE", f"/me/sessions/{sessions[2]['id']}")).status_code == 404
    others = (await tenant.api.ok("GET", "/me/sessions"))["items"]
    assert await code_of(ann("DELETE", f"/me/sessions/{others[0]['id']}")) == (404, "not_found")


async def test_signing_out_ends_one_session_and_takes_the_cookie_back(anonymous: Api) -> None:
    ann, other = await browser(anonymous), await browser(anonymous)
    answer = await ann("DELETE", "/me/sessions/current")
    assert (answer.status_code, answer.headers["set-cookie"].partition(";")[0]) == (204, 'verdict_session=""')
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert await code_of(ann("GET", "/me")) == (401, "session_ended")
    await other.ok("GET", "/me")


async def test_all_sessions_or_all_others_are_ended(anonymous: Api) -> None:
    ann, phone, laptop = [await browser(anonymous) for _ in range(3)]
    assert (await ann("DELETE", "/me/sessions", params={"keep_current": "true"})).status_code == 204
    for each in (phone, laptop):
        assert (await each("GET", "/me")).status_code == 401
    program = await sign_in(anonymous, *ADMINISTRATOR)
    assert (await ann("DELETE", "/me/sessions")).status_code == 204
    for each in (ann, program):
        assert (await each("GET", "/me")).status_code == 401


async def test_a_new_password_ends_every_session_and_begins_one_of_the_same_kind(anonymous: Api) -> None:
    ann, other, program = await browser(anonymous), await browser(anonymous), await sign_in(anonymous, *ADMINISTRATOR)
    passwords = {"current_password": CREDENTIALS["password"], "new_password": "another long password"}
    answer = await ann("PUT", "/me/password", passwords)
    assert answer.json()["refresh_token"] is None
    for each in (ann, other, program):
        assert (await each("GET", "/me")).status_code == 401
    cookie = answer.headers["set-cookie"].partition(";")[0]
    again = Api(anonymous.client, headers={"Cookie": cookie, **OWN})
    assert [each["kind"] for each in (await again.ok("GET", "/me/sessions"))["items"]] == ["cookie"]


async def test_whoever_follows_a_link_is_signed_in(anonymous: Api, tenant: Any) -> None:
    secret = await invited(tenant.api, tenant.organization, "ann@example.com", "viewer")
    answer = await anonymous("POST", "/auth/invitations/accept", {"secret": secret, "password": PASSWORD}, headers=OWN)
    cookie = answer.headers["set-cookie"].partition(";")[0]
    assert (await Api(anonymous.client, headers={"Cookie": cookie}).ok("GET", "/me"))["email"] == "ann@example.com"
    program = await joined(tenant.api, tenant.organization, "bob@example.com", "viewer")
    assert [each["kind"] for each in (await program.ok("GET", "/me/sessions"))["items"]] == ["tokens"]


async def test_a_token_for_another_service_is_none_for_this_one(anonymous: Api) -> None:
    ann = await browser(anonymous)
    given = await ann.ok("POST", "/auth/access-token", {"audience": "analytics"})
    assert given["expires_in"] == 300
    assert await code_of(anonymous.of(given["access_token"])("GET", "/me")) == (401, "invalid_token")
    assert (
        await without(ann, "X-Verdict-CSRF")("POST", "/auth/access-token", {"audience": "events"})
    ).status_code == 403


async def test_an_ended_session_is_ended_on_every_replica(
    app: FastAPI, database: Database, clock: ManualClock, anonymous: Api
) -> None:
    ann, program = await browser(anonymous), await sign_in(anonymous, *ADMINISTRATOR)
    other = httpx.ASGITransport(await app_on(database, clock))
    async with httpx.AsyncClient(transport=other, base_url="http://test") as client:
        for each in (ann, program):
            there = Api(client, each.token, each.headers)
            await there.ok("GET", "/me")
            assert (await each("DELETE", "/me/sessions/current")).status_code == 204
            assert (await there("GET", "/me")).status_code == 401


async def test_the_database_has_nothing_that_signs_anybody_in(anonymous: Api, database: Database) -> None:
    ann = await browser(anonymous)
    tokens = await anonymous.ok("POST", "/auth/login", CREDENTIALS)
    async with database.connection() as connection:
        stored = str(await connection.fetch("SELECT sessions::text FROM sessions"))
    family, _, present = tokens["refresh_token"][3:].partition(".")
    for secret in (ann.headers["Cookie"].partition("=")[2], family, present):
        assert secret not in stored
        assert secret.encode().hex() not in stored


async def test_of_too_many_sessions_the_least_used_is_forgotten(
    anonymous: Api, database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("control_plane.people.sessions_repository._PER_PERSON_MAX", 3)
    sessions = []
    for _ in range(3):
        sessions.append(await browser(anonymous))
        clock.advance(61)
    await sessions[0].ok("GET", "/me")
    sessions.append(await browser(anonymous))
    assert [(await each("GET", "/me")).status_code for each in sessions] == [200, 401, 200, 200]
