"""The credential of a request: `Authorization: Bearer …`, and for keys `X-API-Key` as well.

An `Authorization` decides where there is one: with another scheme, or with nothing behind it, the request has no
credential, whatever else it carries. Of headers that are sent twice the first counts.
"""

from __future__ import annotations

from collections.abc import Iterable

from service_kit.problems import Unauthorized

Headers = Iterable[tuple[bytes, bytes]]
"""As ASGI has them: names in lower case."""


class CredentialsMissing(Unauthorized):
    """The same answer in every service to a request that doesn't say who sends it."""

    default_code = "credentials_missing"


def bearer_in(headers: Headers) -> bytes | None:
    """What follows `Bearer`; None when there is no such thing."""
    return next((_bearer(value) for name, value in headers if name == b"authorization"), None)


def key_in(headers: Headers) -> bytes | None:
    """The key of `Authorization: Bearer` or `X-API-Key`; None when there is neither."""
    api_key: bytes | None = None
    for name, value in headers:
        if name == b"authorization":
            return key_of(value, None)
        if name == b"x-api-key" and api_key is None:
            api_key = value
    return key_of(None, api_key)


def key_of(authorization: bytes | None, api_key: bytes | None) -> bytes | None:
    """The same for a reader with a scanner of its own, from the values of the two headers."""
    if authorization is not None:
        return _bearer(authorization)
    return (api_key or b"").strip() or None


def require_bearer(headers: Headers) -> str:
    """The bearer token. Raises `CredentialsMissing`."""
    found = bearer_in(headers)
    if found is None:
        raise CredentialsMissing("send an access token: Authorization: Bearer …")
    return found.decode("latin-1")


def require_key(headers: Headers) -> bytes:
    """The key. Raises `CredentialsMissing`."""
    found = key_in(headers)
    if found is None:
        raise CredentialsMissing("send a key: Authorization: Bearer …, or X-API-Key")
    return found


def _bearer(value: bytes) -> bytes | None:
    scheme, _, credential = value.strip().partition(b" ")
    return credential.strip() or None if scheme.lower() == b"bearer" else None
