"""Whose key opens what, and until when."""

from __future__ import annotations

import hashlib

import pytest
from event_ingestor.authentication.authenticator import Authenticator, EnvironmentKeys
from messages.sdk_keys import KeyKind, SdkKey
from service_kit.problems import Forbidden, Unauthorized, Unavailable

NOW = 1_000_000


def key(environment_id: str, text: str, kind: KeyKind = KeyKind.SERVER, expires_at: int = 0) -> SdkKey:
    return SdkKey(environment_id, f"id-{text}", kind, hashlib.sha256(text.encode()).digest(), expires_at)


def environment(environment_id: str, *keys: SdkKey) -> EnvironmentKeys:
    return EnvironmentKeys(environment_id, "org", "project", keys)


CLIENT = key("e1", "client", KeyKind.CLIENT)


@pytest.fixture
def authenticator() -> Authenticator:
    made = Authenticator("a secret of the tests")
    made.put(environment("e1", key("e1", "server"), CLIENT, key("e1", "ending", expires_at=NOW)))
    made.put(environment("e2", key("e2", "other")))
    made.complete = True
    return made


@pytest.mark.parametrize(
    ("header", "environment_id", "key_id"),
    [
        ((b"authorization", b"Bearer server"), "e1", "id-server"),
        ((b"authorization", b"bearer  client "), "e1", "id-client"),
        ((b"x-api-key", b"client"), "e1", "id-client"),
        ((b"x-api-key", b" other "), "e2", "id-other"),
    ],
)
def test_a_key_opens_its_environment(
    authenticator: Authenticator, header: tuple[bytes, bytes], environment_id: str, key_id: str
) -> None:
    caller = authenticator.caller([(b"host", b"x"), header], NOW)
    assert (caller.environment.environment_id, caller.key.id) == (environment_id, key_id)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ([], "credentials_missing"),
        ([(b"authorization", b"")], "credentials_missing"),
        ([(b"authorization", b"Bearer ")], "credentials_missing"),
        ([(b"authorization", b"Basic server")], "credentials_missing"),
        ([(b"x-api-key", b"")], "credentials_missing"),
        ([(b"authorization", b"Bearer Server")], "sdk_key_invalid"),
        ([(b"authorization", b"Bearer \xff\xfe")], "sdk_key_invalid"),
        ([(b"x-api-key", b"ending")], "sdk_key_invalid"),
        ([(b"x-api-key", hashlib.sha256(b"server").hexdigest().encode())], "sdk_key_invalid"),
    ],
    ids=[
        "no header",
        "empty authorization",
        "bearer without a key",
        "another scheme",
        "empty key",
        "another case",
        "no text",
        "expired key",
        "digest of a key",
    ],
)
def test_anything_else_opens_nothing(
    authenticator: Authenticator, headers: list[tuple[bytes, bytes]], code: str
) -> None:
    with pytest.raises(Unauthorized) as refused:
        authenticator.caller(headers, NOW)
    assert refused.value.code == code


def test_an_unknown_key_may_be_good_while_not_all_are_known(authenticator: Authenticator) -> None:
    authenticator.complete = False
    assert authenticator.caller([(b"x-api-key", b"server")], NOW).key.id == "id-server"
    for unknown in (b"new", b"ending"):
        with pytest.raises(Unavailable) as refused:
            authenticator.caller([(b"x-api-key", unknown)], NOW)
        assert refused.value.code == "keys_unknown"


def test_a_key_is_good_until_its_end(authenticator: Authenticator) -> None:
    assert authenticator.caller([(b"x-api-key", b"ending")], NOW - 1).key.id == "id-ending"


def test_new_keys_take_the_place_of_the_old_ones(authenticator: Authenticator) -> None:
    authenticator.put(environment("e1", key("e1", "fresh"), CLIENT))
    for text in (b"fresh", b"client", b"other"):
        authenticator.caller([(b"x-api-key", text)], NOW)
    with pytest.raises(Unauthorized):
        authenticator.caller([(b"x-api-key", b"server")], NOW)
    authenticator.remove("e1")
    authenticator.remove("unknown")
    with pytest.raises(Unauthorized):
        authenticator.caller([(b"x-api-key", b"fresh")], NOW)


def test_some_things_need_a_server_key(authenticator: Authenticator) -> None:
    authenticator.caller([(b"x-api-key", b"server")], NOW).require_server_key()
    with pytest.raises(Forbidden):
        authenticator.caller([(b"x-api-key", b"client")], NOW).require_server_key()
