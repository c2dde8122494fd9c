"""The keys that sign heads of the audit log: Ed25519, the private part sealed, the public part kept for ever.

A key signs for a quarter of a year; then, or when what it was sealed with is gone, the next one is made. What it signed
stays verifiable.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from service_kit.logs import get_logger
from service_kit.sealing import CannotOpen, Sealer

from control_plane.database import Connection

ALGORITHM = "EdDSA"
TYPE = "verdict-audit-head+jwt"
SIGNS_FOR = timedelta(days=90)
_LOCK = 7_305_811_264_114
_log = get_logger("audit")


class NotSigned(ValueError):
    """A head without a good signature; the text says why."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """By which heads are verified. `raw` has 32 bytes."""

    kid: str
    raw: bytes

    @property
    def x(self) -> str:
        """As a JSON Web Key has it."""
        return _base64url(self.raw)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """By which heads are signed."""

    kid: str
    private: Ed25519PrivateKey

    def signed(self, document: dict[str, object]) -> str:
        """JWS in compact form."""
        return jwt.encode(document, self.private, algorithm=ALGORITHM, headers={"kid": self.kid, "typ": TYPE})


async def public_keys(tx: Connection) -> list[PublicKey]:
    """All there have been, the newest first."""
    rows = await tx.fetch("SELECT kid, public_key FROM audit_signing_keys ORDER BY created_at DESC, kid")
    return [PublicKey(row["kid"], row["public_key"]) for row in rows]


async def signing_key(tx: Connection, sealer: Sealer) -> SigningKey:
    """The one that signs at this moment. One is made where there is none that can; what it replaces signs no more."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    row = await tx.fetchrow(
        "SELECT kid, private_key FROM audit_signing_keys WHERE private_key IS NOT NULL AND created_at > $1 "
        "ORDER BY created_at DESC, kid LIMIT 1",
        tx.now - SIGNS_FOR,
    )
    return (row and _opened(row, sealer)) or await _made(tx, sealer)


def verified(jws: str, keys: Mapping[str, PublicKey]) -> dict[str, object]:
    """What was signed. Raises `NotSigned`."""
    try:
        kid = jwt.get_unverified_header(jws).get("kid", "")
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError, RecursionError):
        raise NotSigned("it is no signed head") from None
    key = keys.get(kid) if isinstance(kid, str) else None
    if key is None:
        raise NotSigned("it is not signed by a key that is known here")
    try:
        complete = jwt.decode_complete(
            jws,
            Ed25519PublicKey.from_public_bytes(key.raw),
            algorithms=[ALGORITHM],
            options={"verify_exp": False, "verify_aud": False, "verify_iss": False, "verify_iat": False},
        )
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError, RecursionError):
        raise NotSigned(f"its signature is not that of the key {kid}") from None
    if complete["header"].get("typ") != TYPE:
        raise NotSigned("what is signed is no head of an audit log")
    document: dict[str, object] = complete["payload"]
    return document


def key_id(raw: bytes) -> str:
    """The thumbprint of a public key, as RFC 7638 and RFC 8037 have it."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}
    return _base64url(hashlib.sha256(msgspec.json.encode(members, order="sorted")).digest())


def _opened(row: asyncpg.Record, sealer: Sealer) -> SigningKey | None:
    try:
        raw = sealer.open(row["private_key"], _context(row["kid"]))
    except CannotOpen as error:
        _log.warning("a key for heads of the audit log can't be opened: the next one is made", reason=str(error))
        return None
    return SigningKey(row["kid"], Ed25519PrivateKey.from_private_bytes(raw))


async def _made(tx: Connection, sealer: Sealer) -> SigningKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    made = SigningKey(key_id(public), private)
    await tx.execute("UPDATE audit_signing_keys SET private_key = NULL WHERE private_key IS NOT NULL")
    await tx.execute(
        "INSERT INTO audit_signing_keys (kid, public_key, private_key, created_at) VALUES ($1, $2, $3, $4)",
        made.kid,
        public,
        sealer.seal(private.private_bytes_raw(), _context(made.kid)),
        tx.now,
    )
    return made


def _context(kid: str) -> str:
    return f"audit-key/{kid}"


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
