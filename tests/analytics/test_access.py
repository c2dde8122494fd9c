"""Who asks analytics: the token's word, corrected by what the control plane has published since."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from analytics.access import Authenticator
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Member
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from service_kit.clock import ManualClock
from service_kit.token_keys import PublicKeys, SharedSecret, VerificationKey, new_private_key, public_key_of
from service_kit.tokens import Claims, InvalidToken, TokenIssuer, WithdrawnToken

from tests.analytics.people import PERSON, SECRET, authenticator


@pytest.fixture
def catalog() -> Catalog:
    """Two organizations with an environment each, and nobody published."""
    catalog = Catalog()
    for number in ("1", "2"):
        entries = catalog.entries(f"env-{number}")
        entries.environment = Environment(f"env-{number}", "production", "p", "shop", f"org-{number}", "salt", False)
    return catalog


@pytest.fixture
def asking(catalog: Catalog) -> Authenticator:
    return authenticator(catalog, ManualClock())


def token(generation: int = 2, **private: Any) -> str:
    private = private or {"organizations": {"org-1": "developer"}}
    return TokenIssuer(SharedSecret(SecretStr(SECRET)), ManualClock()).issue(
        Claims(PERSON, generation, private=private), 60
    )


def test_what_nobody_published_is_as_it_was_at_the_sign_in(asking: Authenticator) -> None:
    caller = asking.identify(token())
    assert (caller.subject, caller.organizations) == (str(PERSON), {"org-1": "developer"})


def test_a_session_that_ended_ends_here_as_soon_as_it_is_published(catalog: Catalog, asking: Authenticator) -> None:
    members = catalog.entries("env-1").members
    members[str(PERSON)] = Member("developer", 2)
    asking.identify(token(2))
    members[str(PERSON)] = Member("developer", 3)
    with pytest.raises(WithdrawnToken) as refused:
        asking.identify(token(2))
    assert (refused.value.status, refused.value.code) == (401, "token_withdrawn")


def test_a_token_may_be_newer_than_what_is_published(catalog: Catalog, asking: Authenticator) -> None:
    catalog.entries("env-1").members[str(PERSON)] = Member("viewer", 1)
    assert asking.identify(token(2)).organizations == {"org-1": "viewer"}


def test_a_publisher_that_says_nothing_about_sessions_ends_none(catalog: Catalog, asking: Authenticator) -> None:
    catalog.entries("env-1").members[str(PERSON)] = Member("viewer")
    assert asking.identify(token(1)).organizations == {"org-1": "viewer"}


def test_the_latest_word_of_any_organization_counts(catalog: Catalog, asking: Authenticator) -> None:
    catalog.entries("env-1").members[str(PERSON)] = Member("viewer", 2)
    catalog.entries("env-2").members[str(PERSON)] = Member("viewer", 3)
    with pytest.raises(WithdrawnToken):
        asking.identify(token(2))


@pytest.mark.parametrize("organizations", [None, ["org-1"], {"org-1": 7}, "org-1"])
def test_a_token_without_organizations_is_not_valid(asking: Authenticator, organizations: Any) -> None:
    with pytest.raises(InvalidToken):
        asking.identify(token(organizations=organizations))


SESSION = UUID(int=5)


class Keys(PublicKeys):
    """What the control plane signs with."""

    def __init__(self, clock: ManualClock) -> None:
        raw = new_private_key()
        self.private = Ed25519PrivateKey.from_private_bytes(raw)
        self.public = VerificationKey("one", public_key_of(raw))
        super().__init__({"one": self.public}.get, clock)

    def signing_key(self) -> tuple[str, Ed25519PrivateKey]:
        return "one", self.private


def signed(keys: Keys, audience: str = "verdict") -> str:
    claims = Claims(PERSON, 2, SESSION, {"organizations": {"org-1": "editor"}})
    return TokenIssuer(keys, ManualClock()).issue(claims, 60, audience=audience)


@pytest.mark.parametrize("secret", [None, SecretStr(SECRET)], ids=["keys alone", "a secret too"])
def test_a_published_key_verifies_and_a_secret_does_no_more(catalog: Catalog, secret: SecretStr | None) -> None:
    clock = ManualClock()
    keys, asking = Keys(clock), Authenticator(catalog, clock, secret)
    with pytest.raises(InvalidToken):
        asking.identify(signed(keys))
    catalog.entries("env-2").signing_keys["one"] = keys.public
    assert asking.identify(signed(keys)).subject == str(PERSON)
    assert asking.identify(signed(keys, "verdict-analytics")).subject == str(PERSON)
    for refused in (token(), signed(Keys(clock)), signed(keys, "verdict-events")):
        with pytest.raises(InvalidToken):
            asking.identify(refused)


def test_a_key_ends_here_by_the_clock(catalog: Catalog) -> None:
    clock = ManualClock()
    keys, asking = Keys(clock), Authenticator(catalog, clock)
    catalog.entries("env-1").signing_keys["one"] = replace(keys.public, expires_at=clock.now() + 5000)
    asking.identify(signed(keys))
    clock.advance(5)
    with pytest.raises(InvalidToken):
        asking.identify(signed(keys))


def test_one_session_ends_here_as_soon_as_it_is_published(catalog: Catalog) -> None:
    clock = ManualClock()
    keys, asking = Keys(clock), Authenticator(catalog, clock)
    catalog.entries("env-1").signing_keys["one"] = keys.public
    catalog.entries("env-2").members[str(PERSON)] = Member("viewer", 2, ended_sessions=frozenset({UUID(int=6)}))
    asking.identify(signed(keys))
    catalog.entries("env-2").members[str(PERSON)] = Member("viewer", 2, ended_sessions=frozenset({SESSION}))
    with pytest.raises(WithdrawnToken):
        asking.identify(signed(keys))
