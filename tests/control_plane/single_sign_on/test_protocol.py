"""What a certified provider says is believed; what it never says, or what somebody else does, is not."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from control_plane.people.single_sign_on.errors import SignInFailed
from control_plane.people.single_sign_on.issuers import Issuers
from control_plane.people.single_sign_on.models import Attempt, Identity, IdentityProvider
from control_plane.people.single_sign_on.protocol import Protocol
from service_kit.clock import ManualClock, SystemClock
from service_kit.outbound import OutboundGuard

from tests.control_plane.single_sign_on.conftest import ANN, BACK
from tests.identity_provider.running_provider import CLIENT_ID, CLIENT_SECRET, Browser, RunningProvider


class Stand:
    """One identity provider and what speaks with it."""

    def __init__(self, running: RunningProvider) -> None:
        self.running = running
        self.guard = OutboundGuard(["127.0.0.1"])
        self.clock = SystemClock()
        self.issuers = Issuers(self.guard, self.clock)
        self.protocol = Protocol(self.guard, self.issuers, self.clock)
        self.browser = Browser(httpx.AsyncClient(timeout=30))
        self.provider = IdentityProvider(
            id=uuid4(),
            organization_id=uuid4(),
            name="Provider",
            issuer=running.issuer,
            client_id=CLIENT_ID,
            sealed_secret=b"",
            scopes=("openid", "email", "profile", "groups"),
            domains=frozenset({"example.com"}),
            groups_claim="groups",
            groups={"staff": uuid4()},
            default_role="viewer",
            takes_in=True,
            enforced=False,
        )

    async def answer(self, login: str = "ann") -> tuple[Attempt, dict[str, str]]:
        """An attempt, and what the provider sends the browser back with."""
        address, attempt = await self.protocol.begin(self.provider, redirect_uri=BACK, target="/", hint=None)
        ended = await self.browser.sign_in(address, login, back=BACK)
        return attempt, {name: values[0] for name, values in parse_qs(urlsplit(ended).query).items()}

    async def sign_in(self, login: str = "ann") -> Identity:
        attempt, answer = await self.answer(login)
        return await self.protocol.finish(self.provider, CLIENT_SECRET, attempt, answer)

    async def refusal(self, attempt: Attempt, answer: dict[str, str]) -> SignInFailed:
        with pytest.raises(SignInFailed) as refused:
            await self.protocol.finish(self.provider, CLIENT_SECRET, attempt, answer)
        return refused.value


@pytest.fixture
async def stand(node_provider: RunningProvider) -> AsyncIterator[Stand]:
    node_provider.reset(BACK)
    node_provider.tell(accounts={"ann": ANN})
    stand = Stand(node_provider)
    yield stand
    await stand.browser.client.aclose()


async def test_somebody_signs_in_and_is_who_the_provider_says(stand: Stand) -> None:
    assert await stand.sign_in() == Identity(
        subject="ann",
        email="ann@example.com",
        email_verified=True,
        name="Ann",
        groups=frozenset({"staff", "engineers"}),
    )


async def test_the_browser_is_sent_with_all_that_binds_the_answer(stand: Stand) -> None:
    address, attempt = await stand.protocol.begin(
        stand.provider, redirect_uri=BACK, target="/flags", hint="ann@example.com"
    )
    asked = parse_qs(urlsplit(address).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["login_hint"] == ["ann@example.com"]
    assert (asked["state"], asked["nonce"]) == ([attempt.state], [attempt.nonce])
    assert attempt.verifier not in address


async def test_claims_may_stand_in_the_id_token_itself(stand: Stand) -> None:
    stand.running.tell(more={"conformIdTokenClaims": False}, requests={})
    assert (await stand.sign_in()).email == "ann@example.com"
    assert "/me" not in stand.running.tell()["requests"]


async def test_a_client_that_posts_its_secret(stand: Stand) -> None:
    stand.running.reset(BACK, token_endpoint_auth_method="client_secret_post")
    stand.running.tell(accounts={"ann": ANN}, more={"clientAuthMethods": ["client_secret_post"]})
    assert (await stand.sign_in()).subject == "ann"


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
async def test_keys_are_rotated_without_a_restart(stand: Stand, alg: str) -> None:
    assert (await stand.sign_in()).subject == "ann"
    stand.running.reset(BACK, id_token_signed_response_alg=alg)
    stand.running.tell(
        accounts={"ann": ANN}, rotate=alg, more={"enabledJWA": {"idTokenSigningAlgValues": [alg]}}, requests={}
    )
    # Whoever sends tokens with unknown keys makes us ask no more often than every few seconds.
    stand.issuers._known[stand.provider.issuer].keys_asked_at -= 11
    assert (await stand.sign_in()).subject == "ann"
    assert stand.running.tell()["requests"]["/jwks"] == 1


async def test_unknown_keys_make_us_ask_once(stand: Stand) -> None:
    await stand.sign_in()
    stand.running.tell(tamper={"header": {"kid": "unknown"}}, requests={})
    for _ in range(3):
        attempt, answer = await stand.answer()
        assert (await stand.refusal(attempt, answer)).code == "bad_token"
    assert stand.running.tell()["requests"].get("/jwks", 0) <= 1


NOW = int(time.time())
LIES: list[tuple[str, dict[str, Any]]] = [
    ("another issuer", {"claims": {"iss": "https://elsewhere.example"}}),
    ("another audience", {"claims": {"aud": "somebody-else"}}),
    ("no audience", {"claims": {"aud": None}}),
    ("several audiences, given to nobody", {"claims": {"aud": [CLIENT_ID, "other"]}}),
    ("several audiences, given to another", {"claims": {"aud": [CLIENT_ID, "other"], "azp": "other"}}),
    ("given to another", {"claims": {"azp": "other"}}),
    ("out of time", {"claims": {"exp": NOW - 3600}}),
    ("without an end", {"claims": {"exp": None}}),
    ("from the future", {"claims": {"iat": NOW + 3600}}),
    ("another nonce", {"claims": {"nonce": "another"}}),
    ("no nonce", {"claims": {"nonce": None}}),
    ("another access token", {"body": {"access_token": "another"}}),
    ("the hash of another access token", {"claims": {"at_hash": "LDktKdoQak3Pk0cnXxCltA"}}),
    ("no subject", {"claims": {"sub": None}}),
    ("another subject than userinfo", {"claims": {"sub": "eve"}}),
    ("a subject that is no text", {"claims": {"sub": 7}}),
    ("another's key", {"signature": "foreign"}),
    ("no signature", {"header": {"alg": "none"}}),
    ("a signature by the client's secret", {"header": {"alg": "HS256"}}),
    ("an unknown critical header", {"header": {"crit": ["b64x"], "b64x": True}}),
    ("no token", {"body": {"id_token": "nonsense"}}),
    ("a number for a token", {"body": {"id_token": 7}}),
]


@pytest.mark.parametrize("tamper", [pytest.param(lie, id=name) for name, lie in LIES])
async def test_a_token_that_is_not_right_in_every_respect_signs_nobody_in(stand: Stand, tamper: dict[str, Any]) -> None:
    stand.running.tell(tamper=tamper)
    attempt, answer = await stand.answer()
    assert (await stand.refusal(attempt, answer)).code in ("bad_token", "bad_answer")


async def test_an_answer_is_only_good_with_the_attempt_that_asked_for_it(stand: Stand) -> None:
    """The code is another browser's: its verifier is not known here."""
    attempt, answer = await stand.answer()
    other = replace(attempt, verifier="x" * 64)
    assert "invalid_grant" in str(await stand.refusal(other, answer))


async def test_a_code_is_used_once(stand: Stand) -> None:
    attempt, answer = await stand.answer()
    await stand.protocol.finish(stand.provider, CLIENT_SECRET, attempt, answer)
    assert "invalid_grant" in str(await stand.refusal(attempt, answer))


@pytest.mark.parametrize("iss", [None, "https://elsewhere.example", ""])
async def test_an_answer_says_whose_it_is(stand: Stand, iss: str | None) -> None:
    attempt, answer = await stand.answer()
    del answer["iss"]
    mixed = answer if iss is None else {**answer, "iss": iss}
    assert (await stand.refusal(attempt, mixed)).code == "wrong_issuer"
    # An error of somebody else is not believed either.
    assert (await stand.refusal(attempt, {"error": "access_denied", **({"iss": iss} if iss else {})})).code == (
        "wrong_issuer"
    )


async def test_a_provider_that_never_names_itself_is_believed_without(stand: Stand) -> None:
    stand.running.tell(hidden=["authorization_response_iss_parameter_supported"])
    attempt, answer = await stand.answer()
    del answer["iss"]
    assert (await stand.protocol.finish(stand.provider, CLIENT_SECRET, attempt, answer)).subject == "ann"


async def test_what_the_provider_refuses_is_told_by_its_code(stand: Stand) -> None:
    attempt, _ = await stand.answer()
    answer = {"error": "access_denied", "error_description": "<script>", "iss": stand.provider.issuer}
    refusal = await stand.refusal(attempt, answer)
    assert (refusal.code, refusal.detail) == ("refused_by_provider", "access_denied")
    assert (await stand.refusal(attempt, {**answer, "error": "<b>"})).detail == ""


async def test_a_wrong_client_secret_is_told(stand: Stand) -> None:
    attempt, answer = await stand.answer()
    with pytest.raises(SignInFailed, match="invalid_client"):
        await stand.protocol.finish(stand.provider, "wrong", attempt, answer)


# Discovery


@pytest.mark.parametrize("hidden", ["token_endpoint", "jwks_uri", "authorization_endpoint", "issuer"])
async def test_an_incomplete_discovery_document_is_no_use(stand: Stand, hidden: str) -> None:
    stand.running.tell(hidden=[hidden])
    with pytest.raises(SignInFailed, match="discovery document"):
        await stand.issuers.metadata(stand.provider.issuer)


async def test_what_an_issuer_says_is_asked_once_for_many_and_again_after_a_while(stand: Stand) -> None:
    clock = ManualClock()
    issuers = Issuers(stand.guard, clock)
    path = "/.well-known/openid-configuration"
    for _ in range(5):
        await issuers.metadata(stand.provider.issuer)
    assert stand.running.tell()["requests"][path] == 1
    clock.advance(3601)
    await issuers.metadata(stand.provider.issuer)
    assert stand.running.tell()["requests"][path] == 2


async def test_an_issuer_inside_is_not_asked(stand: Stand) -> None:
    closed = Issuers(OutboundGuard(), SystemClock())
    with pytest.raises(SignInFailed, match="provider_unreachable") as refused:
        await closed.metadata(stand.provider.issuer)
    assert "no public address" in refused.value.detail
    assert stand.running.tell()["requests"] == {}


async def test_a_name_for_another_issuer_is_not_taken(stand: Stand) -> None:
    """The same server under another name: what it says of itself is not what was configured."""
    with pytest.raises(SignInFailed, match="another issuer"):
        await stand.issuers.metadata(stand.provider.issuer + "/")
