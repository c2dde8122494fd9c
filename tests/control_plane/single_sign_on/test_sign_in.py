"""People sign in with their organization's provider, and nobody else does."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from control_plane.database import Database

from tests.control_plane.conftest import PASSWORD, Api, joined, new_tenant, sign_in
from tests.control_plane.running_app import ADMINISTRATOR
from tests.control_plane.single_sign_on.conftest import ANN, BACK, Company, proved

COOKIE = "verdict_session"


def code_of(answer: httpx.Response) -> str:
    """Of a page that says why nobody was signed in."""
    assert answer.status_code in (400, 403, 404, 502), (answer.status_code, answer.text)
    assert answer.headers["content-type"].startswith("text/html")
    assert COOKIE not in answer.cookies
    return answer.text.partition("<code>")[2].partition("</code>")[0]


async def me(browser: httpx.AsyncClient) -> dict[str, Any]:
    answer = await browser.get("/api/v1/me")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_somebody_new_becomes_a_member_at_their_first_sign_in(company: Company) -> None:
    browser, answer = await company.sign_in(return_to="/flags?state=on")
    assert (answer.status_code, answer.headers["location"]) == (303, "/flags?state=on")
    ann = await me(browser)
    assert (ann["email"], ann["name"]) == ("ann@example.com", "Ann")
    assert [(each["id"], each["role"]) for each in ann["organizations"]] == [(company.tenant.organization, "viewer")]
    assert (await company.members())["ann@example.com"]["role"] == "viewer"
    [joined_at] = [each for each in await company.audited("create") if each["entity_key"] == "ann@example.com"]
    assert (joined_at["actor"]["kind"], joined_at["actor"]["name"]) == ("system", "identity provider Okta")
    [signed_in] = [each for each in await company.audited("sign_in") if each["actor"]["name"] == "ann@example.com"]
    assert signed_in["after"]["identity_provider"] == company.provider["id"]


async def test_cookies_are_bound_to_the_host_over_tls(company: Company) -> None:
    company.running.reset(BACK.replace("http:", "https:"))
    company.running.tell(accounts={"ann": ANN})
    browser = company.browser("https://verdict.test")
    started = await browser.get("/api/v1/auth/oidc/start?organization=acme")
    [given] = started.headers.get_list("set-cookie")
    assert given.startswith("__Host-verdict_sign_in=")
    for wanted in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert wanted in given
    assert "Domain" not in given


async def test_they_are_known_by_the_subject_from_then_on(company: Company) -> None:
    await company.sign_in()
    changed = {**ANN, "email": "ann.other@elsewhere.example", "email_verified": False}
    company.running.tell(accounts={"ann": changed})
    browser, answer = await company.sign_in()
    assert answer.status_code == 303
    assert (await me(browser))["email"] == "ann@example.com"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"email_verified": False}, "address_unverified"),
        ({"email_verified": None}, "address_unverified"),
        ({"email_verified": "true"}, "address_unverified"),
        ({"email": "ann@elsewhere.example"}, "address_outside"),
        ({"email": "ann@sub.example.com"}, "address_outside"),
        pytest.param({"email": "ann@example.com.elsewhere.example"}, "address_outside", id="longer domain"),
        ({"email": None}, "address_missing"),
        ({"email": "no address"}, "address_missing"),
        pytest.param({"email": "ann@example.com\x00"}, "provider_unreachable", id="NUL"),
        ({"email": "admin@example.com"}, "administrator"),
    ],
)
async def test_nobody_is_linked_by_an_address_that_is_not_sure(
    company: Company, claims: dict[str, Any], code: str
) -> None:
    company.running.tell(accounts={"ann": {**ANN, **claims}})
    _, answer = await company.sign_in()
    assert code_of(answer) == code
    assert "ann@example.com" not in await company.members()


async def test_a_member_of_before_is_linked_and_keeps_what_they_have(company: Company) -> None:
    member = await joined(company.tenant.api, company.tenant.organization, "ann@example.com", "developer")
    before = await member.ok("GET", "/me")
    browser, _ = await company.sign_in()
    assert (await me(browser))["id"] == before["id"]
    assert (await company.members())["ann@example.com"]["role"] == "developer"
    await sign_in(company.tenant.api.of(""), "ann@example.com", PASSWORD)


async def test_a_password_that_somebody_else_may_have_set_is_forgotten(company: Company, admin: Api) -> None:
    """Whoever makes an account of an address that isn't theirs waits in vain for its owner to come in."""
    other = await new_tenant(admin, "other")
    impostor = await joined(other.api, other.organization, "ann@example.com", "developer")
    browser, answer = await company.sign_in()
    assert answer.status_code == 303
    assert {each["key"] for each in (await me(browser))["organizations"]} == {"acme", "other"}
    assert (await impostor("GET", "/me")).status_code == 401
    refused = await impostor.of("")("POST", "/auth/login", {"email": "ann@example.com", "password": PASSWORD})
    assert refused.json()["code"] == "invalid_credentials"
    told = await other.api.ok("GET", f"/organizations/{other.organization}/audit?action=forget_password")
    assert [each["entity_key"] for each in told["items"]] == ["ann@example.com"]


async def test_an_address_that_is_given_to_somebody_else_does_not_give_them_the_account(company: Company) -> None:
    await company.sign_in()
    company.running.tell(accounts={"successor": {**ANN, "name": "Anna"}})
    _, answer = await company.sign_in("successor")
    assert code_of(answer) == "linked_to_another"


async def test_who_is_not_taken_in_stays_outside(company: Company) -> None:
    await company.change(takes_in=False)
    _, answer = await company.sign_in()
    assert code_of(answer) == "not_a_member"
    await joined(company.tenant.api, company.tenant.organization, "ann@example.com", "viewer")
    _, answer = await company.sign_in()
    assert answer.status_code == 303


async def test_who_was_taken_out_is_linked_anew(company: Company) -> None:
    await company.sign_in()
    ann = (await company.members())["ann@example.com"]
    await company.tenant.api.ok("DELETE", f"{company.path}/members/{ann['id']}")
    await company.change(takes_in=False)
    _, answer = await company.sign_in()
    assert code_of(answer) == "not_a_member"


async def test_a_new_issuer_knows_nobody(company: Company, database: Database) -> None:
    """Its subjects are other people, whatever they are called."""
    await company.sign_in()
    await company.change(issuer=company.running.issuer + "/other")
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM identities") == 0


async def test_the_quota_of_members_holds(company: Company, database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO quota_overrides (organization_id, quota, maximum) SELECT id, 'members', 1 FROM organizations "
            "WHERE key = 'acme'"
        )
    _, answer = await company.sign_in()
    assert code_of(answer) == "no_room"


# Groups


async def made_group(database: Database, company: Company, key: str) -> str:
    async with database.connection() as connection:
        return str(
            await connection.fetchval(
                "INSERT INTO groups (organization_id, key, name, created_at, updated_at) "
                "VALUES ($1, $2, $2, now(), now()) RETURNING id",
                company.tenant.organization,
                key,
            )
        )


async def groups_of(database: Database, email: str) -> set[str]:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT groups.key FROM group_members m JOIN groups ON groups.id = m.group_id "
            "JOIN users ON users.id = m.user_id WHERE users.email = $1",
            email,
        )
    return {row["key"] for row in rows}


async def test_groups_follow_the_claim_as_far_as_they_are_mapped(company: Company, database: Database) -> None:
    for key in ("everybody", "engineering", "finance"):
        await made_group(database, company, key)
    mappings = [
        {"value": "staff", "group": "everybody"},
        {"value": "engineers", "group": "engineering"},
        {"value": "accountants", "group": "finance"},
    ]
    await company.change(group_mappings=mappings)
    await company.sign_in()
    assert await groups_of(database, "ann@example.com") == {"everybody", "engineering"}
    company.running.tell(accounts={"ann": {**ANN, "groups": ["staff", "accountants", 7, None]}})
    await company.sign_in()
    assert await groups_of(database, "ann@example.com") == {"everybody", "finance"}
    [left] = await company.audited("remove_member")
    assert (left["entity_key"], left["before"]) == ("engineering", {"member": "ann@example.com"})
    company.running.tell(accounts={"ann": {**ANN, "groups": None}})
    await company.sign_in()
    assert await groups_of(database, "ann@example.com") == set()


async def test_a_group_that_nothing_is_mapped_to_is_left_alone(company: Company, database: Database) -> None:
    await company.sign_in()
    group = await made_group(database, company, "by-hand")
    await made_group(database, company, "everybody")
    async with database.connection() as connection:
        await connection.execute("INSERT INTO group_members SELECT organization_id, $1, user_id FROM identities", group)
    await company.change(group_mappings=[{"value": "staff", "group": "everybody"}])
    await company.sign_in()
    assert await groups_of(database, "ann@example.com") == {"by-hand", "everybody"}


# The browser


async def test_an_answer_is_of_use_to_the_browser_alone_that_asked(company: Company) -> None:
    victim, attacker = company.browser(), company.browser()
    back = await company.begin(attacker)
    assert code_of(await victim.get(back)) == "not_begun_here"
    # Nor to a browser that has begun a sign-in of its own.
    await victim.get("/api/v1/auth/oidc/start?email=x@example.com")
    assert code_of(await victim.get(back)) == "wrong_state"


async def test_an_answer_is_used_once(company: Company) -> None:
    browser = company.browser()
    back = await company.begin(browser)
    kept = dict(browser.cookies)
    assert (await browser.get(back)).status_code == 303
    assert "verdict_sign_in" not in browser.cookies
    assert code_of(await company.browser().get(back, headers={"cookie": f"verdict_sign_in={kept['verdict_sign_in']}"}))


@pytest.mark.parametrize("cookie", ["", "nonsense", "AQ==", pytest.param("A" * 5000, id="long"), "%00", "é"])
async def test_a_cookie_of_nobodys_making_is_none(company: Company, cookie: str) -> None:
    header = f"verdict_sign_in={cookie}".encode()
    answer = await company.browser().get(f"{BACK}?state=x&code=y", headers={b"cookie": header})
    assert code_of(answer) == "not_begun_here"


async def test_an_attempt_of_long_ago_is_over(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("control_plane.people.single_sign_on.attempts.LIFETIME_SECONDS", 0)
    browser = company.browser()
    started = await browser.get("/api/v1/auth/oidc/start?organization=acme")
    value = started.headers["set-cookie"].partition(";")[0]
    answer = await browser.get(f"{BACK}?state=x&code=y", headers={"cookie": value})
    assert code_of(answer) == "not_begun_here"


@pytest.mark.parametrize(
    "query",
    [
        "code=x&iss={iss}",
        "state={state}&state={state}&code=x&iss={iss}",
        "state={state}&iss={iss}",
        "state={state}&code=x",
        "state={state}&code=x&iss=https://elsewhere.example",
        "state={state}&code=wrong&iss={iss}",
        "state={state}&error=access_denied&iss={iss}",
        "state={state}&error=<script>alert(1)</script>&iss={iss}",
        "state={state}&code=%00%ff&iss={iss}",
    ],
)
async def test_an_answer_that_is_not_right_leads_to_a_page(company: Company, query: str) -> None:
    browser = company.browser()
    back = await company.begin(browser)
    given = {name: quote(values[0]) for name, values in parse_qs(urlsplit(back).query).items()}
    answer = await browser.get(f"{BACK}?{query.format(state=given['state'], iss=given['iss'])}")
    assert code_of(answer) in ("wrong_state", "bad_answer", "wrong_issuer", "refused_by_provider")
    assert "script>alert" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_programs_get_a_problem(company: Company) -> None:
    answer = await company.browser().get("/api/v1/auth/oidc/start?email=x@nowhere.example", headers={"accept": "*/*"})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_provider")


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example"])
async def test_nobody_is_led_elsewhere(company: Company, target: str) -> None:
    asked = {"email": "a@example.com", "return_to": target}
    answer = await company.browser().get("/api/v1/auth/oidc/start", params=asked)
    assert code_of(answer) == "bad_target"


# What goes wrong


async def test_a_provider_that_is_away_is_told(company: Company) -> None:
    await company.change(issuer="http://127.0.0.1:9")
    answer = await company.browser().get("/api/v1/auth/oidc/start?email=x@example.com")
    assert code_of(answer) == "provider_unreachable"


async def test_one_that_is_disabled_or_gone_signs_nobody_in(company: Company) -> None:
    browser = company.browser()
    back = await company.begin(browser)
    await company.change(enabled=False)
    assert code_of(await browser.get(back)) == "no_provider"
    assert code_of(await browser.get("/api/v1/auth/oidc/start?email=x@example.com")) == "no_provider"


async def test_failures_are_in_the_audit_log_once_a_minute_with_their_number(company: Company) -> None:
    company.running.tell(accounts={"ann": {**ANN, "email_verified": False}})
    for _ in range(3):
        await company.sign_in()
    await company.app.state.failures.write()
    [entry] = await company.audited("fail_sign_in")
    assert entry["after"] == {"code": "address_unverified", "detail": "ann@example.com", "attempts": 3}
    assert entry["entity_key"] == company.provider["id"]


async def test_how_somebody_signs_in_is_told_by_the_domain_alone(company: Company) -> None:
    api = company.tenant.api.of("")
    start = "/api/v1/auth/oidc/start"
    ways = await api.ok("GET", "/auth/ways?email=nobody@example.com")
    assert ways == {"password": True, "single_sign_on": start}
    await company.change(enforced=True)
    ways = await api.ok("GET", "/auth/ways?email=nobody@EXAMPLE.com")
    assert ways == {"password": False, "single_sign_on": start}
    assert await api.ok("GET", "/auth/ways?email=x@elsewhere.example") == {"password": True, "single_sign_on": None}


# Enforced


async def test_where_it_is_enforced_no_password_opens(company: Company) -> None:
    owner = await joined(company.tenant.api, company.tenant.organization, "boss@example.com", "owner")
    await joined(company.tenant.api, company.tenant.organization, "ann@example.com", "viewer")
    ann = (await company.members())["ann@example.com"]
    reset = await company.tenant.api.ok("POST", f"{company.path}/members/{ann['id']}/password-reset")
    invitation = await company.tenant.api.ok(
        "POST", f"{company.path}/invitations", {"email": "bob@example.com", "role": "viewer"}
    )
    await company.change(enforced=True)
    api = company.tenant.api.of("")
    refused = await api("POST", "/auth/login", {"email": "Ann@example.com", "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (403, "single_sign_on_required")
    assert refused.json()["sign_in_at"] == "/api/v1/auth/oidc/start?email=ann%40example.com"
    # Who doesn't know the password learns nothing.
    wrong = await api("POST", "/auth/login", {"email": "ann@example.com", "password": "wrong"})
    assert wrong.json()["code"] == "invalid_credentials"
    body = {"secret": reset["link"].partition("=")[2], "password": "another password"}
    assert (await api("POST", "/auth/password-resets/use", body)).json()["code"] == "single_sign_on_required"
    body = {"secret": invitation["link"].partition("=")[2], "password": "another password"}
    assert (await api("POST", "/auth/invitations/accept", body)).json()["code"] == "single_sign_on_required"
    # A broken provider locks nobody out for good.
    await sign_in(api, "boss@example.com", PASSWORD)
    await sign_in(api, *ADMINISTRATOR)
    assert (await owner("GET", "/me")).status_code == 200
    browser, _ = await company.sign_in()
    assert (await me(browser))["email"] == "ann@example.com"


async def test_the_owner_of_another_organization_is_no_exception(company: Company, admin: Api) -> None:
    other = await new_tenant(admin, "other")
    await joined(other.api, other.organization, "ann@example.com", "owner")
    await company.change(enforced=True)
    refused = await other.api.of("")("POST", "/auth/login", {"email": "ann@example.com", "password": PASSWORD})
    assert refused.json()["code"] == "single_sign_on_required"


async def test_a_domain_counts_only_while_it_is_verified(company: Company, admin: Api) -> None:
    """Another organization that names the same domain enforces nothing."""
    other = await new_tenant(admin, "other")
    await other.api.ok("POST", f"/organizations/{other.organization}/email-domains", {"domain": "example.com"})
    body = {"name": "Evil", "issuer": company.running.issuer, "client_id": "x", "client_secret": "x"}
    path = f"/organizations/{other.organization}/identity-providers"
    refused = await other.api("POST", path, {**body, "domains": ["example.com"]})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "domain_not_verified")
    taken = await other.api("POST", f"/organizations/{other.organization}/email-domains/example.com/verify")
    assert taken.json()["code"] == "record_missing"
    vouched = await admin("POST", f"/organizations/{other.organization}/email-domains/example.com/verify")
    assert vouched.json()["code"] == "domain_taken"
    await other.api.ok("DELETE", f"/organizations/{other.organization}/email-domains/example.com")
    refused = await proved(other.api, other.organization, "example.com")
    assert (refused.status_code, refused.json()["code"]) == (409, "domain_taken")
