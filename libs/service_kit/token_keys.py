"""Keys that access tokens are signed with and verified by.

| form | signed with | verified by |
|---|---|---|
| `SharedSecret` | a secret (HS256) | whoever has it, who could sign as well: for one machine |
| `PublicKeys` | Ed25519 keys that one service has (EdDSA) | what it publishes of them, by which nobody can sign |

A set of keys has one algorithm. So what a token says of its own algorithm decides nothing: a public key is never taken
for a secret.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from service_kit.clock import Clock
from service_kit.settings import LongSecret

PUBLIC_KEY_BYTES = 32


class VerificationKeys(Protocol):
    """What verifies a signature."""

    @property
    def algorithm(self) -> str:
        """The one that these keys sign by."""

    def verification_key(self, key_id: str | None) -> Any | None:
        """The key that a token names; None when there is none of this name."""


class SigningKeys(VerificationKeys, Protocol):
    """What signs."""

    def signing_key(self) -> tuple[str | None, Any]:
        """The name of the present key, which the token carries, and the key."""


class SharedSecret:
    """One secret, without a name. What a token says of a key's name is not looked at."""

    algorithm = "HS256"

    def __init__(self, secret: LongSecret) -> None:
        self._secret = secret.get_secret_value()

    def verification_key(self, key_id: str | None) -> str | None:  # noqa: ARG002 - the port's
        return self._secret

    def signing_key(self) -> tuple[str | None, str]:
        return None, self._secret


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A key as it is published. `expires_at`: epoch milliseconds from which nothing is verified by it, 0: none."""

    key_id: str
    public_key: bytes
    expires_at: int = 0


class PublicKeys:
    """Published Ed25519 keys. `find` answers the key of a name; one whose time is over verifies nothing."""

    algorithm = "EdDSA"

    def __init__(self, find: Callable[[str], VerificationKey | None], clock: Clock) -> None:
        self._find = find
        self._clock = clock

    def verification_key(self, key_id: str | None) -> Ed25519PublicKey | None:
        found = self._find(key_id) if key_id else None
        if found is None or (found.expires_at and found.expires_at <= self._clock.now()):
            return None
        return _key_of(found.public_key)


@lru_cache(maxsize=64)
def _key_of(public_key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public_key)


def new_private_key() -> bytes:
    """32 random bytes that are an Ed25519 key."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def public_key_of(private_key: bytes) -> bytes:
    public = Ed25519PrivateKey.from_private_bytes(private_key).public_key()
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)
