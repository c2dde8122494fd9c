"""Who asks analytics: the token's word, corrected by what the control plane has published since."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from actors.environments import EnvironmentNotFound
from actors.published import Member, ServiceToken, access_of
from actors.rights import MissingRight
from analytics.access import Authenticator
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from messages.generated import config_pb2 as pb
from service_kit.actor_limits import ActorLimits, ActorRates
from service_kit.clock import ManualClock
from service_kit.problems import TooManyRequests
from service_kit.setting_values import Secret
from service_kit.token_keys import PublicKeys, SharedSecret, VerificationKey, new_private_key, public_key_of
from service_kit.tokens import Claims, InvalidToken, TokenIssuer, WithdrawnToken
from starlette.requests import Request

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
    return TokenIssuer(SharedSecret(Secret(SECRET)), ManualClock()).issue(
        Claims(PERSON, generation, private=private), 60
    )


def test_what_nobody_published_is_as_it_was_at_the_sign_in(asking: Authenticator) -> None:
    caller = asking.identify(token())
    assert (caller.subject, set(caller.environments), set(caller.organizations)) == (str(PERSON), {"env-1"}, {"org-1"})


def test_a_session_that_ended_ends_here_as_soon_as_it_is_published(catalog: Catalog, asking: Authenticator) -> None:
    members = catalog.entries("env-1").access.members
    members[str(PERSON)] = Member("developer", 2)
    asking.identify(token(2))
    members[str(PERSON)] = Member("developer", 3)
    with pytest.raises(WithdrawnToken) as refused:
        asking.identify(token(2))
    assert (refused.value.status, refused.value.code) == (401, "token_withdrawn")


def test_a_token_may_be_newer_than_what_is_published(catalog: Catalog, asking: Authenticator) -> None:
    catalog.entries("env-1").access.members[str(PERSON)] = Member("viewer", 1)
    assert asking.identify(token(2)).rights == {"env-1": {"results:read", "exposures:read"}}


def test_a_publisher_that_says_nothing_about_sessions_ends_none(catalog: Catalog, asking: Authenticator) -> None:
    catalog.entries("env-1").access.members[str(PERSON)] = Member("viewer")
    assert asking.identify(token(1)).rights == {"env-1": {"results:read", "exposures:read"}}


def test_the_latest_word_of_any_organization_counts(catalog: Catalog, asking: Authenticator) -> None:
    catalog.entries("env-1").access.members[str(PERSON)] = Member("viewer", 2)
    catalog.entries("env-2").access.members[str(PERSON)] = Member("viewer", 3)
    with pytest.raises(WithdrawnToken):
        asking.identify(token(2))


@pytest.mark.parametrize("organizations", [None, ["org-1"], {"org-1": 7}, "org-1"], ids=str)
def test_a_token_need_not_name_organizations(asking: Authenticator, organizations: Any) -> None:
    assert asking.identify(token(organizations=organizations)).rights == {}


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


@pytest.mark.parametrize("secret", [None, Secret(SECRET)], ids=["keys alone", "a secret too"])
def test_a_published_key_verifies_and_a_secret_does_no_more(catalog: Catalog, secret: Secret | None) -> None:
    clock = ManualClock()
    keys, asking = Keys(clock), Authenticator(catalog, clock, secret)
    with pytest.raises(InvalidToken):
        asking.identify(signed(keys))
    catalog.entries("env-2").access.signing_keys["one"] = keys.public
    assert asking.identify(signed(keys)).subject == str(PERSON)
    assert asking.identify(signed(keys, "verdict-analytics")).subject == str(PERSON)
    for refused in (token(), signed(Keys(clock)), signed(keys, "verdict-events")):
        with pytest.raises(InvalidToken):
            asking.identify(refused)


def test_a_key_ends_here_by_the_clock(catalog: Catalog) -> None:
    clock = ManualClock()
    keys, asking = Keys(clock), Authenticator(catalog, clock)
    catalog.entries("env-1").access.signing_keys["one"] = replace(keys.public, expires_at=clock.now() + 5000)
    asking.identify(signed(keys))
    clock.advance(5)
    with pytest.raises(InvalidToken):
        asking.identify(signed(keys))


def test_one_session_ends_here_as_soon_as_it_is_published(catalog: Catalog) -> None:
    clock = ManualClock()
    keys, asking = Keys(clock), Authenticator(catalog, clock)
    catalog.entries("env-1").access.signing_keys["one"] = keys.public
    catalog.entries("env-2").access.members[str(PERSON)] = Member("viewer", 2, ended_sessions=frozenset({UUID(int=6)}))
    asking.identify(signed(keys))
    catalog.entries("env-2").access.members[str(PERSON)] = Member("viewer", 2, ended_sessions=frozenset({SESSION}))
    with pytest.raises(WithdrawnToken):
        asking.identify(signed(keys))


# Rights


READER = frozenset({"results:read"})
MANAGER = frozenset({"results:read", "export:manage"})


def environment(catalog: Catalog, number: str) -> Environment:
    found = catalog.entries(f"env-{number}").environment
    assert found is not None
    return found


def test_rights_hold_where_they_are_published_and_nowhere_else(catalog: Catalog, asking: Authenticator) -> None:
    catalog.entries("env-1").access.members[str(PERSON)] = Member("viewer", 2, rights=READER)
    catalog.entries("env-2").access.members[str(PERSON)] = Member("owner", 2, rights=frozenset())
    found = asking.identify(token(2))
    assert set(found.environments) == {"env-1"}
    found.require("results:read", environment(catalog, "1"))
    with pytest.raises(MissingRight) as refused:
        found.require("data:erase", environment(catalog, "1"))
    assert (refused.value.status, refused.value.code) == (403, "missing_right")
    assert refused.value.members["right"] == "data:erase"
    with pytest.raises(EnvironmentNotFound):
        catalog.environment(found.environments, "shop", "env-2")


@pytest.mark.parametrize("role", ["admin", "administrator", "owner", "editor", "developer", "analyst", "viewer", "x"])
def test_a_publisher_of_before_is_understood_by_its_roles(catalog: Catalog, asking: Authenticator, role: str) -> None:
    catalog.entries("env-1").access.members[str(PERSON)] = Member(role, 2)
    held = asking.identify(token(2)).rights.get("env-1", frozenset())
    assert ("export:manage" in held) == (role in ("admin", "administrator", "owner"))
    assert ("experiment:update" in held) == (role not in ("viewer", "x"))
    assert ("results:read" in held) == (role != "x")


def test_a_service_token_may_what_is_published_of_it(catalog: Catalog) -> None:
    clock = ManualClock()
    asking, secret = Authenticator(catalog, clock), "vt_" + "x" * 43
    digest = hashlib.sha256(secret.encode()).digest()
    for unknown in (secret, "vt_", "vt_é"):
        with pytest.raises(InvalidToken):
            asking.identify(unknown)
    tokens = catalog.entries("env-2").access.service_tokens
    tokens[digest] = ServiceToken("token-1", MANAGER, clock.now() + 1000)
    found = asking.identify(secret)
    assert (found.kind, found.subject, found.rights) == ("token", "token-1", {"env-2": MANAGER})
    found.require("export:manage", environment(catalog, "2"))
    clock.advance(1)
    with pytest.raises(InvalidToken):
        asking.identify(secret)
    tokens[digest] = ServiceToken("token-1", MANAGER)
    assert asking.identify(secret).subject == "token-1"
    del tokens[digest]
    with pytest.raises(InvalidToken):
        asking.identify(secret)


def test_what_is_read_of_a_message_is_what_it_says() -> None:
    wire = pb.Environment(
        right_sets=[pb.RightSet(rights=READER), pb.RightSet(rights=MANAGER)],
        members=[
            pb.Member(user_id=PERSON.bytes, role="x", right_set=2, ended_sessions=[SESSION.bytes, b"short"]),
            pb.Member(user_id=UUID(int=2).bytes, role="viewer", right_set=7),
            pb.Member(user_id=UUID(int=3).bytes, role="viewer"),
        ],
        service_tokens=[
            pb.ServiceToken(id=SESSION.bytes, sha256=b"d" * 32, right_set=1, expires_at=5),
            pb.ServiceToken(id=b"short", sha256=b"e" * 32, right_set=1),
            pb.ServiceToken(id=SESSION.bytes, sha256=b"short", right_set=1),
        ],
    )
    read = access_of(wire)
    before = READER | {"exposures:read"}
    assert [read.members[str(UUID(int=number))].held for number in (1, 2, 3)] == [MANAGER, frozenset(), before]
    assert read.members[str(PERSON)].ended_sessions == {SESSION}
    assert read.service_tokens == {b"d" * 32: ServiceToken(str(SESSION), READER, 5)}


async def test_who_asks_too_much_is_told_which_limit_it_is(catalog: Catalog) -> None:
    clock = ManualClock()
    limits = ActorLimits(ActorRates(reads=1), clock)
    asking = Authenticator(catalog, clock, Secret(SECRET), limits=limits)

    def request() -> Request:
        headers = [(b"authorization", f"Bearer {token()}".encode())]
        return Request({"type": "http", "method": "GET", "client": ("10.0.0.1", 1), "headers": headers})

    for _ in range(10):
        await asking.actor(request())
    with pytest.raises(TooManyRequests, match="reads_per_person"):
        await asking.actor(request())
