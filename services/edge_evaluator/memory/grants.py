"""SDK keys: which environment a request speaks of, and what it may see.

Keys are known by their SHA-256 alone. The event stream's address carries a token of its own, made from the
environment's salt and the key's hash, so that every edge knows it and none has to remember it.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from enum import StrEnum

from messages.generated import config_pb2 as pb


class KeyKind(StrEnum):
    SERVER = "server"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Grant:
    """What one SDK key opens. `expires_at` in epoch milliseconds, None for never."""

    environment_id: str
    key_id: str
    kind: KeyKind
    sha256: bytes
    expires_at: int | None
    stream_token: str

    @property
    def is_client(self) -> bool:
        return self.kind is KeyKind.CLIENT

    def valid_at(self, now: int) -> bool:
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the key as it was sent (the exposure is reported under it) and what it opens."""

    sdk_key: bytes
    grant: Grant


_KINDS = {pb.SDK_KEY_KIND_SERVER: KeyKind.SERVER, pb.SDK_KEY_KIND_CLIENT: KeyKind.CLIENT}


def grants_of(environment_id: str, wire: pb.Environment) -> tuple[Grant, ...]:
    """The grants of an environment's keys; keys of an unknown kind or with a malformed hash open nothing."""
    return tuple(
        Grant(
            environment_id,
            key.id,
            _KINDS[key.kind],
            key.sha256,
            key.expires_at or None,
            _stream_token(wire.salt, key.sha256),
        )
        for key in wire.sdk_keys
        if key.kind in _KINDS and len(key.sha256) == hashlib.sha256().digest_size
    )


def _stream_token(salt: str, key_sha256: bytes) -> str:
    mac = hmac.new(salt.encode(), b"event-stream\0" + key_sha256, hashlib.sha256).digest()
    return urlsafe_b64encode(mac).decode().rstrip("=")


def key_hash(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
