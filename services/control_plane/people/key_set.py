"""The public keys of access tokens as a JSON Web Key Set (RFC 7517, RFC 8037), for whoever verifies them elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Literal

from fastapi import APIRouter, Response
from service_kit.requests import new_router
from service_kit.schemas import Output
from service_kit.token_keys import VerificationKey

PATH = "/.well-known/jwks.json"
_SECONDS_KEPT = 300


class KeyView(Output):
    """One Ed25519 key."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    alg: Literal["EdDSA"] = "EdDSA"
    use: Literal["sig"] = "sig"
    kid: str
    x: str


class KeySetView(Output):
    keys: list[KeyView]


def build_router(published: Callable[[], Sequence[VerificationKey]]) -> APIRouter:
    router = new_router("access")

    @router.get(PATH)
    async def list_signing_keys(response: Response) -> KeySetView:
        """The keys that access tokens are verified by. Empty where a shared secret signs them. A new key stands here
        five minutes before it signs."""
        response.headers["Cache-Control"] = f"public, max-age={_SECONDS_KEPT}"
        return KeySetView(keys=[KeyView(kid=each.key_id, x=_text(each.public_key)) for each in published()])

    return router


def _text(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()
