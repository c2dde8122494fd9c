"""SDK keys as they stand on CONFIG: known by their SHA-256 alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from messages.generated import config_pb2 as pb


class KeyKind(StrEnum):
    """Who may know a key: servers alone, or clients too."""

    SERVER = "server"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class SdkKey:
    """A key of one environment. `expires_at` in epoch milliseconds, 0 for never."""

    environment_id: str
    id: str
    kind: KeyKind
    sha256: bytes
    expires_at: int = 0

    @property
    def is_client(self) -> bool:
        return self.kind is KeyKind.CLIENT

    def valid_at(self, now: int) -> bool:
        return not self.expires_at or now < self.expires_at


class KeyFault(StrEnum):
    """Why a key opens nothing. One that is gone for long is unknown."""

    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"


class RefusedKey(NamedTuple):
    """What is known of a key that opens nothing. `kind` None: it is unknown."""

    fault: KeyFault
    kind: KeyKind | None = None

    @property
    def told(self) -> str:
        """A sentence for whoever presents it."""
        if self.fault is KeyFault.REVOKED:
            return f"the {self.kind} key was revoked"
        if self.fault is KeyFault.EXPIRED:
            return f"the {self.kind} key has expired"
        return "the SDK key is unknown: it is of no environment here, or was revoked some time ago"


_REVOKED_REMEMBERED_MAX = 1000
_KINDS_TO_WIRE = {KeyKind.SERVER: pb.SDK_KEY_KIND_SERVER, KeyKind.CLIENT: pb.SDK_KEY_KIND_CLIENT}
_KINDS = {wire: kind for kind, wire in _KINDS_TO_WIRE.items()}


def key_hash(presented: bytes) -> bytes:
    """What is known of a key."""
    return hashlib.sha256(presented).digest()


def sdk_key_to_wire(key: SdkKey) -> pb.SdkKey:
    return pb.SdkKey(id=key.id, kind=_KINDS_TO_WIRE[key.kind], sha256=key.sha256, expires_at=key.expires_at)


def sdk_keys_of(environment_id: str, wire: pb.Environment) -> tuple[SdkKey, ...]:
    """The keys in an environment's message; those of an unknown kind or with a malformed hash open nothing."""
    return tuple(
        SdkKey(environment_id, key.id, _KINDS[key.kind], key.sha256, key.expires_at)
        for key in wire.sdk_keys
        if key.kind in _KINDS and len(key.sha256) == hashlib.sha256().digest_size
    )


class KeyRing:
    """The keys of any number of environments."""

    def __init__(self) -> None:
        self._by_sha256: dict[bytes, SdkKey] = {}
        self._environments: dict[str, tuple[SdkKey, ...]] = {}
        self._revoked: dict[bytes, KeyKind] = {}

    def put(self, environment_id: str, keys: Iterable[SdkKey]) -> None:
        """From now on the environment has these keys and no others."""
        before = self._environments.pop(environment_id, ())
        for key in before:
            self._by_sha256.pop(key.sha256, None)
        known = tuple(keys)
        self._remember(before, {key.sha256 for key in known})
        if known:
            self._environments[environment_id] = known
            self._by_sha256.update((key.sha256, key) for key in known)

    def _remember(self, before: Iterable[SdkKey], kept: Set[bytes]) -> None:
        for sha256 in kept:
            self._revoked.pop(sha256, None)
        self._revoked.update((key.sha256, key.kind) for key in before if key.sha256 not in kept)
        for sha256 in list(self._revoked)[:-_REVOKED_REMEMBERED_MAX]:
            del self._revoked[sha256]

    def refused(self, sha256: bytes) -> RefusedKey:
        """Why a key that was not found opens nothing; only the keys that were revoked last are known as such."""
        key = self._by_sha256.get(sha256)
        if key is not None:
            return RefusedKey(KeyFault.EXPIRED, key.kind)
        kind = self._revoked.get(sha256)
        return RefusedKey(KeyFault.UNKNOWN) if kind is None else RefusedKey(KeyFault.REVOKED, kind)

    def find(self, presented: bytes, now: int) -> SdkKey | None:
        """The key as a request carries it, at `now` (epoch milliseconds). None for an unknown, revoked or expired
        one."""
        return self.find_hash(key_hash(presented), now)

    def find_hash(self, sha256: bytes, now: int) -> SdkKey | None:
        """The same for a key that was found before."""
        key = self._by_sha256.get(sha256)
        return key if key is not None and key.valid_at(now) else None
