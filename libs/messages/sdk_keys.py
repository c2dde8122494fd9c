"""SDK keys as they stand on CONFIG: known by their SHA-256 alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

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

    def put(self, environment_id: str, keys: Iterable[SdkKey]) -> None:
        """From now on the environment has these keys and no others."""
        for key in self._environments.pop(environment_id, ()):
            self._by_sha256.pop(key.sha256, None)
        known = tuple(keys)
        if known:
            self._environments[environment_id] = known
            self._by_sha256.update((key.sha256, key) for key in known)

    def find(self, presented: bytes, now: int) -> SdkKey | None:
        """The key as a request carries it, at `now` (epoch milliseconds). None for an unknown, revoked or expired
        one."""
        return self.find_hash(key_hash(presented), now)

    def find_hash(self, sha256: bytes, now: int) -> SdkKey | None:
        """The same for a key that was found before."""
        key = self._by_sha256.get(sha256)
        return key if key is not None and key.valid_at(now) else None
