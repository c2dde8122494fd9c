"""The protocol with one identity provider: the address that a browser is sent to, and what its answer is worth."""

from __future__ import annotations

import re
import secrets
import warnings
from collections.abc import Mapping
from typing import Any

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError, SecurityWarning
from service_kit.clock import Clock
from service_kit.outbound import OutboundGuard

from control_plane.people.single_sign_on.errors import SignInFailed
from control_plane.people.single_sign_on.issuers import LIMITS, Issuers, Metadata, read_document
from control_plane.people.single_sign_on.models import Attempt, Identity, IdentityProvider

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Only those where the verifier can't sign: neither `none` nor anything by a shared secret."""
_LEEWAY_SECONDS = 60
_ERROR_CODE = re.compile(r"[\w.-]{1,64}", re.ASCII)
_TOKEN_LENGTH_MAX = 64 * 1024


class Protocol:
    """Speaks OpenID Connect, by the authorization code with PKCE."""

    def __init__(self, guard: OutboundGuard, issuers: Issuers, clock: Clock) -> None:
        self._guard = guard
        self._issuers = issuers
        self._clock = clock

    async def begin(
        self, provider: IdentityProvider, *, redirect_uri: str, target: str, hint: str | None
    ) -> tuple[str, Attempt]:
        """Where the browser goes, and what it must come back with. Raises `SignInFailed`."""
        metadata = await self._issuers.metadata(provider.issuer)
        attempt = Attempt(
            provider_id=provider.id,
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            redirect_uri=redirect_uri,
            target=target,
        )
        address: str = prepare_grant_uri(
            metadata.authorization_endpoint,
            client_id=provider.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=" ".join(provider.scopes),
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
            **({"login_hint": hint} if hint else {}),
        )
        return address, attempt

    async def finish(
        self, provider: IdentityProvider, secret: str, attempt: Attempt, answer: Mapping[str, str]
    ) -> Identity:
        """Who the provider says has signed in. Raises `SignInFailed` unless all of it is sure."""
        metadata = await self._issuers.metadata(provider.issuer)
        code = _code_of(answer, metadata)
        tokens = await self._exchange(provider, secret, attempt, metadata, code)
        claims = await self._verified(provider, attempt, metadata, tokens)
        if metadata.userinfo_endpoint and _lacks(claims, provider):
            told = await self._userinfo(metadata.userinfo_endpoint, tokens)
            if told.get("sub") != claims["sub"]:
                raise SignInFailed("bad_token", "userinfo speaks of another subject")
            claims = {**told, **claims}
        return _identity(claims, provider)

    async def _exchange(
        self, provider: IdentityProvider, secret: str, attempt: Attempt, metadata: Metadata, code: str
    ) -> Mapping[str, Any]:
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=attempt.redirect_uri, code_verifier=attempt.verifier
        )
        methods = metadata.token_auth_methods
        posted = methods and "client_secret_basic" not in methods and "client_secret_post" in methods
        method = "client_secret_post" if posted else "client_secret_basic"
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        client_auth = ClientAuth(provider.client_id, secret, auth_method=method)
        address, headers, body = client_auth.prepare("POST", metadata.token_endpoint, headers, body)
        try:
            async with self._guard.client(LIMITS) as client:
                given = await client.post(address, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise SignInFailed("provider_unreachable", f"token endpoint: {error or type(error).__name__}") from error
        if given.status_code in (400, 401, 403):
            raise SignInFailed("bad_answer", f"the token endpoint refused: {_error_in(given)}")
        return read_document(given)

    async def _verified(
        self, provider: IdentityProvider, attempt: Attempt, metadata: Metadata, tokens: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The claims of the ID token, signature and contents checked."""
        token = tokens.get("id_token")
        if not isinstance(token, str) or not isinstance(tokens.get("access_token"), str):
            raise SignInFailed("bad_answer", "the token endpoint gave no ID token, or no access token")
        if len(token) > _TOKEN_LENGTH_MAX:
            raise SignInFailed("bad_token", "the ID token is too long")
        try:
            key_id = jws.extract_compact(token.encode()).headers().get("kid")
            keys = await self._issuers.keys(metadata, key_id if isinstance(key_id, str) else None)
            with warnings.catch_warnings():
                # Providers go on calling it EdDSA.
                warnings.simplefilter("ignore", SecurityWarning)
                decoded = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": metadata.issuer},
                    "aud": {"essential": True, "value": provider.client_id},
                    "sub": {"essential": True},
                },
                {"nonce": attempt.nonce, "client_id": provider.client_id, "access_token": tokens["access_token"]},
            )
            claims.validate(now=self._clock.now() // 1000, leeway=_LEEWAY_SECONDS)
            _check_several_audiences(claims, provider.client_id)
        # What a token holds may be shaped in any way until it is verified.
        except (JoseError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise SignInFailed("bad_token", str(error) or type(error).__name__) from error
        return dict(claims)

    async def _userinfo(self, address: str, tokens: Mapping[str, Any]) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {tokens['access_token']}", "Accept": "application/json"}
        try:
            async with self._guard.client(LIMITS) as client:
                given = await client.get(address, headers=headers)
        except (httpx.HTTPError, ValueError) as error:
            raise SignInFailed("provider_unreachable", f"userinfo: {type(error).__name__}") from error
        if given.status_code in (400, 401, 403):
            raise SignInFailed("bad_answer", f"userinfo answered {given.status_code}")
        return read_document(given)


def check_issuer(answer: Mapping[str, str], metadata: Metadata) -> None:
    """RFC 9207: an answer says who gives it, so that one provider can't be taken for another."""
    given = answer.get("iss")
    if given != metadata.issuer and (given is not None or metadata.names_itself):
        raise SignInFailed("wrong_issuer")


def _code_of(answer: Mapping[str, str], metadata: Metadata) -> str:
    check_issuer(answer, metadata)
    if "error" in answer:
        named = answer["error"]
        raise SignInFailed("refused_by_provider", named if _ERROR_CODE.fullmatch(named) else "")
    code = answer.get("code")
    if not code:
        raise SignInFailed("bad_answer", "it holds no code")
    return code


def _error_in(answer: httpx.Response) -> str:
    try:
        named = answer.json().get("error")
    except (ValueError, AttributeError):
        named = None
    return named if isinstance(named, str) and _ERROR_CODE.fullmatch(named) else str(answer.status_code)


def _check_several_audiences(claims: Mapping[str, Any], client_id: str) -> None:
    """OpenID Connect Core 3.1.3.7: a token for others too says whom it was given to."""
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != client_id:
        raise SignInFailed("bad_token", "azp: the token is for several audiences and was not given to this one")


def _lacks(claims: Mapping[str, Any], provider: IdentityProvider) -> bool:
    wanted = {"email", "email_verified", *((provider.groups_claim,) if provider.groups else ())}
    return not wanted <= claims.keys()


def _identity(claims: Mapping[str, Any], provider: IdentityProvider) -> Identity:
    subject, email, name = claims["sub"], claims.get("email"), claims.get("name")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise SignInFailed("bad_token", "sub is no text of at most 255 characters")
    groups = claims.get(provider.groups_claim)
    listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    return Identity(
        subject=subject,
        email=email if isinstance(email, str) else "",
        email_verified=claims.get("email_verified") is True,
        name=name.strip()[:200] if isinstance(name, str) and name.isprintable() else "",
        groups=frozenset(each for each in listed if isinstance(each, str)) if provider.groups else None,
    )
