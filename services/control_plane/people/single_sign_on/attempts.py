"""A sign-in that has begun, kept by the browser that began it: sealed in a cookie, good for ten minutes.

Nothing is stored here for somebody whom nobody knows yet.
"""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

import msgspec
from fastapi import Request, Response
from service_kit.clock import Clock
from service_kit.sealing import CannotOpen, Sealer

from control_plane.people.browsers import Browsers
from control_plane.people.single_sign_on.errors import SignInFailed
from control_plane.people.single_sign_on.models import Attempt

LIFETIME_SECONDS = 600
_CONTEXT = "single-sign-on"
_NAME = "verdict_sign_in"
_COOKIE_LENGTH_MAX = 4096


class _Document(msgspec.Struct):
    provider: UUID
    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    target: str
    expires_at: int


class Attempts:
    """Gives a browser its attempt, and takes it back."""

    def __init__(self, sealer: Sealer, browsers: Browsers, clock: Clock) -> None:
        self._sealer = sealer
        self._browsers = browsers
        self._clock = clock

    def give(self, request: Request, response: Response, attempt: Attempt) -> None:
        """Sent back by this browser alone, also when it comes from the provider's site: so `Lax`."""
        document = _Document(
            provider=attempt.provider_id,
            state=attempt.state,
            nonce=attempt.nonce,
            verifier=attempt.verifier,
            redirect_uri=attempt.redirect_uri,
            target=attempt.target,
            expires_at=self._clock.now() // 1000 + LIFETIME_SECONDS,
        )
        sealed = self._sealer.seal(msgspec.json.encode(document), _CONTEXT)
        value = base64.urlsafe_b64encode(sealed).decode()
        response.set_cookie(
            self._name(request),
            value,
            max_age=LIFETIME_SECONDS,
            path="/",
            secure=self._browsers.is_secure(request),
            httponly=True,
            samesite="lax",
        )

    def take(self, request: Request) -> Attempt:
        """Raises `SignInFailed` when this browser has none, or one of too long ago."""
        value = request.cookies.get(self._name(request), "")
        try:
            if len(value) > _COOKIE_LENGTH_MAX:
                raise ValueError("too long")
            opened = self._sealer.open(base64.b64decode(value, altchars=b"-_", validate=True), _CONTEXT)
            document = msgspec.json.decode(opened, type=_Document)
        except (binascii.Error, ValueError, CannotOpen, msgspec.MsgspecError):
            raise SignInFailed("not_begun_here") from None
        if document.expires_at <= self._clock.now() // 1000:
            raise SignInFailed("not_begun_here")
        return Attempt(
            provider_id=document.provider,
            state=document.state,
            nonce=document.nonce,
            verifier=document.verifier,
            redirect_uri=document.redirect_uri,
            target=document.target,
        )

    def end(self, request: Request, response: Response) -> None:
        """However it ended: an attempt is one answer's."""
        response.delete_cookie(
            self._name(request), path="/", secure=self._browsers.is_secure(request), httponly=True, samesite="lax"
        )

    def _name(self, request: Request) -> str:
        """Over TLS with the prefix, by which browsers let no other host and no plain connection set it."""
        return f"__Host-{_NAME}" if self._browsers.is_secure(request) else _NAME
