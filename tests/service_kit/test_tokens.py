"""Access tokens: what is issued is taken until its end, and nothing else is, whatever it looks like."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from service_kit.clock import ManualClock
from service_kit.problems import Unauthorized
from service_kit.setting_values import Secret
from service_kit.token_keys import PublicKeys, SharedSecret, VerificationKey, new_private_key, public_key_of
from service_kit.tokens import AccessTokens, Claims, ExpiredToken, InvalidToken, TokenIssuer, UnknownKey, audience_of

SECRET = "a secret of the tests, long enough for every algorithm that a forger might choose"
SUBJECT = UUID(int=7)
CLAIMS = Claims(SUBJECT, 3, UUID(int=9), {"organizations": {"org-1": "owner"}})
NOW = ManualClock().now() // 1000
ODD_SESSIONS: list[Any] = ["x", 7, [], {}, "", True]
ODD_NUMBERS: list[Any] = [float("inf"), float("nan"), -1, 1.5, 10**400, 2**41, "", "1999999999", True, [], {}]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def tokens(clock: ManualClock) -> AccessTokens:
    return AccessTokens(SharedSecret(Secret(SECRET)), clock)


@pytest.fixture
def issuer(clock: ManualClock) -> TokenIssuer:
    return TokenIssuer(SharedSecret(Secret(SECRET)), clock)


def signed(
    changes: dict[str, Any] | None = None, *, secret: str = SECRET, algorithm: str = "HS256", typ: str = "at+jwt"
) -> str:
    """A token of this minute; None leaves a claim out."""
    claims = {"sub": str(SUBJECT), "generation": 1, "aud": "verdict", "iss": "verdict-control-plane"}
    claims = {**claims, "iat": NOW, "exp": NOW + 60, **(changes or {})}
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(given, secret, algorithm, headers={"typ": typ})


def headed(header: bytes) -> str:
    """A token with this header, and no signature that fits."""
    payload = base64.urlsafe_b64encode(b"{}").rstrip(b"=")
    return b".".join((base64.urlsafe_b64encode(header).rstrip(b"="), payload, b"AAAA")).decode()


def test_what_is_issued_is_verified_until_its_end(
    issuer: TokenIssuer, tokens: AccessTokens, clock: ManualClock
) -> None:
    token = issuer.issue(CLAIMS, 60)
    assert tokens.verify(token) == CLAIMS
    clock.advance(59)
    assert tokens.verify(token) == CLAIMS
    clock.advance(1)
    with pytest.raises(ExpiredToken):
        tokens.verify(token)


def test_what_the_services_agree_on_never_replaces_a_registered_claim(
    issuer: TokenIssuer, tokens: AccessTokens
) -> None:
    token = issuer.issue(Claims(SUBJECT, 3, private={"sub": str(UUID(int=8)), "exp": 2**39}), 60)
    assert tokens.verify(token) == Claims(SUBJECT, 3)


def test_a_token_from_before_they_were_typed_is_taken(tokens: AccessTokens) -> None:
    assert tokens.verify(signed(typ="JWT")) == Claims(SUBJECT, 1)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="empty"),
        pytest.param("rubbish", id="one part"),
        pytest.param("é.ü.ß", id="not ASCII"),
        pytest.param("....", id="dots"),
        pytest.param(signed(secret="another secret of more than 32 bytes!"), id="another secret"),
        pytest.param(signed(secret="", algorithm="none"), id="no algorithm"),
        pytest.param(signed(algorithm="HS512"), id="another algorithm"),
        pytest.param(signed(typ="invitation+jwt"), id="another kind of token"),
        pytest.param(signed({"aud": "other"}), id="another audience"),
        pytest.param(signed({"iss": "other"}), id="another issuer"),
        pytest.param(signed({"sub": "nobody"}), id="a subject that is no id"),
        *(pytest.param(signed({"sid": odd}), id=f"a session {odd!r}") for odd in ODD_SESSIONS),
        pytest.param(signed({"aud": "verdict-events"}), id="for one other service"),
        *(
            pytest.param(signed({name: None}), id=f"no {name}")
            for name in ("aud", "iss", "sub", "generation", "iat", "exp")
        ),
        *(
            pytest.param(signed({name: odd}), id=f"{name} {odd!r}"[:40])
            for name in ("exp", "iat", "generation")
            for odd in ODD_NUMBERS
        ),
        pytest.param(headed(b"[" * 20_000), id="a header nested deep"),
        pytest.param(headed(b"[]"), id="a header that is a list"),
        pytest.param(headed(b'{"alg": ["HS256"]}'), id="an algorithm that is a list"),
        pytest.param(headed(b'{"alg": {}, "typ": 1}'), id="an algorithm that is an object"),
        pytest.param(headed(b'{"alg": "HS256", "typ": []}'), id="a type that is a list"),
        pytest.param(headed(b'{"alg": "HS256", "kid": 7}'), id="a key id that is a number"),
        pytest.param(headed(b'{"alg": "HS256", "crit": ["x"]}'), id="an extension"),
        pytest.param(headed(b"\xff\xfe"), id="a header that is no text"),
    ],
)
def test_everything_else_is_refused(tokens: AccessTokens, token: str) -> None:
    with pytest.raises(InvalidToken) as refused:
        tokens.verify(token)
    assert isinstance(refused.value, Unauthorized)
    assert (refused.value.status, refused.value.code) == (401, "invalid_token")


@pytest.mark.parametrize("body", ["[]", '"text"', "null", "[" * 100_000, "{"], ids=lambda body: body[:8])
def test_a_payload_that_is_no_object_is_refused(tokens: AccessTokens, body: str) -> None:
    token = jwt.api_jws.encode(body.encode(), SECRET, "HS256", headers={"typ": "at+jwt"})
    with pytest.raises(InvalidToken):
        tokens.verify(token)


@pytest.mark.parametrize("odd", [7, [], {}, None, ["at+jwt"]])
def test_a_signed_type_of_another_form_is_refused(tokens: AccessTokens, odd: Any) -> None:
    payload = jwt.decode(signed(), options={"verify_signature": False})
    token = jwt.api_jws.encode(json.dumps(payload).encode(), SECRET, "HS256", headers={"typ": odd})
    with pytest.raises(InvalidToken):
        tokens.verify(token)


# Keys of which the public part is published


def key_pair(name: str, expires_at: int = 0) -> tuple[Ed25519PrivateKey, VerificationKey]:
    raw = new_private_key()
    return Ed25519PrivateKey.from_private_bytes(raw), VerificationKey(name, public_key_of(raw), expires_at)


class Ring(PublicKeys):
    """Signs with one key, and verifies by several."""

    def __init__(self, clock: ManualClock, *pairs: tuple[Ed25519PrivateKey, VerificationKey]) -> None:
        known = {public.key_id: public for _, public in pairs}
        super().__init__(known.get, clock)
        self._private, self._public = pairs[0]

    def signing_key(self) -> tuple[str, Ed25519PrivateKey]:
        return self._public.key_id, self._private


def test_a_public_key_verifies_what_its_private_part_has_signed(clock: ManualClock) -> None:
    ring = Ring(clock, key_pair("one"))
    token = TokenIssuer(ring, clock).issue(CLAIMS, 60)
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "kid": "one", "typ": "at+jwt"}
    assert AccessTokens(ring, clock).verify(token) == CLAIMS


def test_a_key_that_is_not_known_or_over_verifies_nothing(clock: ManualClock) -> None:
    private, public = key_pair("one", clock.now() + 1000)
    token = TokenIssuer(Ring(clock, (private, public)), clock).issue(CLAIMS, 60)
    assert AccessTokens(Ring(clock, (private, public)), clock).verify(token) == CLAIMS
    for others in ([key_pair("two")], [key_pair("one")]):
        with pytest.raises(InvalidToken):
            AccessTokens(Ring(clock, *others), clock).verify(token)
    clock.advance(1)
    with pytest.raises(UnknownKey):
        AccessTokens(Ring(clock, (private, public)), clock).verify(token)


@pytest.mark.parametrize("named", [{"kid": "one"}, {"kid": "two"}, {}, {"kid": 7}], ids=str)
def test_a_public_key_is_no_secret_to_sign_with(clock: ManualClock, named: dict[str, Any]) -> None:
    _, public = pair = key_pair("one")
    pem = Ed25519PublicKey.from_public_bytes(public.public_key).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    payload = json.dumps(jwt.decode(signed(), options={"verify_signature": False})).encode()
    for secret in (public.public_key, pem, base64.urlsafe_b64encode(public.public_key)):
        token = hmac_signed({"alg": "HS256", "typ": "at+jwt", **named}, payload, secret)
        with pytest.raises(InvalidToken):
            AccessTokens(Ring(clock, pair), clock).verify(token)
    unsigned = hmac_signed({"alg": "none", "typ": "at+jwt", **named}, payload, b"")
    with pytest.raises(InvalidToken):
        AccessTokens(Ring(clock, pair), clock).verify(unsigned.rpartition(".")[0] + ".")


def test_where_keys_sign_a_secret_does_not_and_the_other_way_round(clock: ManualClock, tokens: AccessTokens) -> None:
    ring = Ring(clock, key_pair("one"))
    with pytest.raises(InvalidToken):
        AccessTokens(ring, clock).verify(signed())
    with pytest.raises(InvalidToken):
        tokens.verify(TokenIssuer(ring, clock).issue(CLAIMS, 60))


def test_a_token_for_one_service_is_for_no_other(clock: ManualClock) -> None:
    ring = Ring(clock, key_pair("one"))
    token = TokenIssuer(ring, clock).issue(CLAIMS, 60, audience=audience_of("analytics"))
    assert AccessTokens(ring, clock, service="analytics").verify(token) == CLAIMS
    for other in ("", "events"):
        with pytest.raises(InvalidToken):
            AccessTokens(ring, clock, service=other).verify(token)


def hmac_signed(header: dict[str, Any], payload: bytes, secret: bytes) -> str:
    """As a library that takes any key for a secret would."""
    parts = [base64.urlsafe_b64encode(each).rstrip(b"=") for each in (json.dumps(header).encode(), payload)]
    digest = hmac.new(secret, b".".join(parts), "sha256").digest()
    return b".".join((*parts, base64.urlsafe_b64encode(digest).rstrip(b"="))).decode()


def test_what_was_verified_is_remembered_only_as_long_as_its_key(clock: ManualClock) -> None:
    private = new_private_key()
    known = {"a": VerificationKey("a", public_key_of(private))}
    tokens = AccessTokens(PublicKeys(known.get, clock), clock)
    claims = {"sub": str(SUBJECT), "generation": 1, "aud": "verdict", "iss": "verdict-control-plane"}
    token = jwt.encode(
        {**claims, "iat": NOW, "exp": NOW + 60},
        Ed25519PrivateKey.from_private_bytes(private),
        "EdDSA",
        headers={"typ": "at+jwt", "kid": "a"},
    )
    assert tokens.verify(token) is tokens.verify(token)
    known["a"] = VerificationKey("a", public_key_of(new_private_key()))
    with pytest.raises(InvalidToken):
        tokens.verify(token)
    del known["a"]
    with pytest.raises(UnknownKey):
        tokens.verify(token)


def test_few_of_many_tokens_are_remembered(issuer: TokenIssuer, tokens: AccessTokens) -> None:
    for number in range(2100):
        tokens.verify(issuer.issue(Claims(UUID(int=number), 1), 60))
    assert len(tokens._verified) <= 2048
