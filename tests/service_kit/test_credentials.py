"""What counts as a request's credential, the same for every service."""

from __future__ import annotations

import pytest
from service_kit.credentials import CredentialsMissing, bearer_in, key_in, require_bearer, require_key

BEARER = [
    ([], None),
    ([(b"authorization", b"")], None),
    ([(b"authorization", b"Bearer")], None),
    ([(b"authorization", b"Bearer   ")], None),
    ([(b"authorization", b"Basic a")], None),
    ([(b"authorization", b"a")], None),
    ([(b"authorization", b"Bearer a")], b"a"),
    ([(b"authorization", b"  bEARER   a  ")], b"a"),
    ([(b"authorization", b"Bearer a b")], b"a b"),
    ([(b"authorization", b"Bearer \xff")], b"\xff"),
    ([(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")], b"a"),
]
KEYS = [
    *BEARER,
    ([(b"x-api-key", b"")], None),
    ([(b"x-api-key", b"  ")], None),
    ([(b"x-api-key", b" k ")], b"k"),
    ([(b"x-api-key", b"k"), (b"x-api-key", b"l")], b"k"),
    ([(b"x-api-key", b"k"), (b"authorization", b"Bearer a")], b"a"),
    ([(b"authorization", b"Bearer a"), (b"x-api-key", b"k")], b"a"),
    ([(b"x-api-key", b"k"), (b"authorization", b"Basic a")], None),
    ([(b"authorization", b"Basic a"), (b"x-api-key", b"k")], None),
]


@pytest.mark.parametrize(("headers", "expected"), BEARER)
def test_a_bearer(headers: list[tuple[bytes, bytes]], expected: bytes | None) -> None:
    assert bearer_in(headers) == expected


def test_a_bearer_never_comes_from_the_header_of_keys() -> None:
    assert bearer_in([(b"x-api-key", b"k")]) is None


@pytest.mark.parametrize(("headers", "expected"), KEYS)
def test_a_key(headers: list[tuple[bytes, bytes]], expected: bytes | None) -> None:
    assert key_in(headers) == expected


@pytest.mark.parametrize("require", [require_bearer, require_key])
def test_without_one_there_is_one_answer(require: object) -> None:
    assert callable(require)
    with pytest.raises(CredentialsMissing) as missing:
        require([])
    assert (missing.value.status, missing.value.code) == (401, "credentials_missing")
    assert missing.value.headers["WWW-Authenticate"] == "Bearer"
