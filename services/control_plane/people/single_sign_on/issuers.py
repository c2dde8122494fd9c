"""What identity providers say of themselves: their addresses and keys, kept for a while, asked again when a key is new.

Everything is reached through the guard: an issuer is an address that a person typed, and so are all it names.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from service_kit.clock import Clock
from service_kit.json_text import decode_json
from service_kit.outbound import AnswerLimits, OutboundGuard
from service_kit.problems import BadRequest, InvalidInput

from control_plane.people.single_sign_on.errors import SignInFailed

LIMITS = AnswerLimits(seconds=8.0, bytes=512 * 1024)
_KEPT_SECONDS = 3600.0
_FAILURE_KEPT_SECONDS = 5.0
_KEYS_ASKED_EVERY_SECONDS = 10.0
_ISSUERS_KEPT_MAX = 1000


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an issuer's discovery document says, as far as it is used. `names_itself`: its answers hold `iss`."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    token_auth_methods: tuple[str, ...]
    names_itself: bool


@dataclass(slots=True)
class _Known:
    """What is known of one issuer. `lock`: it is asked by one at a time."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    metadata: Metadata | None = None
    asked_at: float = 0.0
    failure: SignInFailed | None = None
    keys: KeySet | None = None
    keys_asked_at: float = 0.0


class Issuers:
    """Asks issuers by their discovery documents."""

    def __init__(self, guard: OutboundGuard, clock: Clock) -> None:
        self._guard = guard
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def forget(self, issuer: str) -> None:
        """Asks anew the next time: somebody has just changed how it is used."""
        self._known.pop(issuer, None)

    async def metadata(self, issuer: str) -> Metadata:
        """Raises `SignInFailed` when it can't be reached, or says what can't be used."""
        known = self._of(issuer)
        async with known.lock:
            age = self._clock.monotonic() - known.asked_at
            if known.failure is not None and age < _FAILURE_KEPT_SECONDS:
                raise known.failure
            if known.metadata is None or age >= _KEPT_SECONDS:
                known.asked_at = self._clock.monotonic()
                try:
                    document = await self._document(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                    known.metadata, known.failure, known.keys = _metadata(issuer, document), None, None
                except SignInFailed as error:
                    known.failure = error
                    raise
            return known.metadata

    async def keys(self, metadata: Metadata, key_id: str | None) -> KeySet:
        """The issuer's keys; asked again when there is none of this id, yet not more often than every few seconds."""
        known = self._of(metadata.issuer)
        async with known.lock:
            age = self._clock.monotonic() - known.keys_asked_at
            missing = known.keys is None or not _has(known.keys, key_id)
            if known.keys is None or age >= _KEPT_SECONDS or (missing and age >= _KEYS_ASKED_EVERY_SECONDS):
                known.keys = _keys(await self._document(metadata.jwks_uri))
                known.keys_asked_at = self._clock.monotonic()
            return known.keys

    def _of(self, issuer: str) -> _Known:
        known = self._known.setdefault(issuer, _Known())
        self._known.move_to_end(issuer)
        while len(self._known) > _ISSUERS_KEPT_MAX:
            self._known.popitem(last=False)
        return known

    async def _document(self, address: str) -> Mapping[str, Any]:
        try:
            async with self._guard.client(LIMITS) as client:
                answer = await client.get(address, headers={"Accept": "application/json"})
        except httpx.HTTPError as error:
            raise SignInFailed("provider_unreachable", f"{address}: {error or type(error).__name__}") from error
        return read_document(answer)


def read_document(answer: httpx.Response) -> Mapping[str, Any]:
    """The JSON object of an answer. Raises `SignInFailed`."""
    address = answer.request.url.copy_with(query=None)
    if answer.status_code != 200:
        raise SignInFailed("provider_unreachable", f"{address} answered {answer.status_code}")
    try:
        document = decode_json(answer.content)
    except (BadRequest, InvalidInput):
        document = None
    if not isinstance(document, dict):
        raise SignInFailed("provider_unreachable", f"{address} answered no JSON object")
    return document


def _metadata(issuer: str, document: Mapping[str, Any]) -> Metadata:
    if document.get("issuer") != issuer:
        raise SignInFailed("provider_unreachable", "its discovery document is another issuer's")
    schemes = ("https", urlsplit(issuer).scheme)
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
        value = document.get(name)
        if value is None and name == "userinfo_endpoint":
            continue
        if not isinstance(value, str) or urlsplit(value).scheme not in schemes or not urlsplit(value).hostname:
            raise SignInFailed("provider_unreachable", f"its discovery document has no usable {name}")
    methods = document.get("token_endpoint_auth_methods_supported")
    return Metadata(
        issuer=issuer,
        authorization_endpoint=document["authorization_endpoint"],
        token_endpoint=document["token_endpoint"],
        jwks_uri=document["jwks_uri"],
        userinfo_endpoint=document.get("userinfo_endpoint"),
        token_auth_methods=tuple(str(each) for each in methods) if isinstance(methods, list) else (),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _keys(document: Mapping[str, Any]) -> KeySet:
    keys = document.get("keys")
    if not isinstance(keys, list):
        raise SignInFailed("provider_unreachable", "its key set has no keys")
    # Those that a verifier has a use for: a key set may hold kinds that nobody here knows.
    usable = [each for each in keys if isinstance(each, dict) and each.get("kty") in ("RSA", "EC", "OKP")]
    signing = [each for each in usable if each.get("use", "sig") == "sig" and "d" not in each]
    try:
        return KeySet.import_key_set({"keys": signing[:100]})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise SignInFailed("provider_unreachable", f"its key set can't be read: {type(error).__name__}") from error


def _has(keys: KeySet, key_id: str | None) -> bool:
    return key_id is None or any(key.kid == key_id for key in keys)
