"""Who may send: SDK keys, known by their SHA-256 alone, and what an environment wants hidden."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Literal

from messages.pseudonyms import Pseudonyms
from msgspec import Struct
from service_kit.credentials import require_key
from service_kit.problems import Forbidden, Unauthorized

from event_ingestor.privacy import Privacy


class SdkKey(Struct, frozen=True):
    """`expires_at` in milliseconds since the Unix epoch, 0 for never."""

    id: str
    kind: Literal["server", "client"]
    sha256: bytes
    expires_at: int = 0


class EnvironmentKeys(Struct, frozen=True):
    """What the ingestor knows of an environment."""

    environment_id: str
    organization_id: str
    project_id: str
    keys: tuple[SdkKey, ...]
    hash_user_keys: bool = False
    pii_attributes: tuple[str, ...] = ()


class Sender(Struct, frozen=True):
    """One SDK key and the environment that it opens."""

    key: SdkKey
    environment: EnvironmentKeys
    privacy: Privacy

    def require_server_key(self) -> None:
        """Raises Forbidden for a client key."""
        if self.key.kind != "server":
            raise Forbidden("a server key is needed here", code="server_key_required")


class Senders:
    """All senders by the hash of their key."""

    def __init__(self, pii_secret: str) -> None:
        self._secret = pii_secret
        self._environments: dict[str, EnvironmentKeys] = {}
        self._by_hash: dict[bytes, Sender] = {}

    @property
    def environments(self) -> Sequence[EnvironmentKeys]:
        return tuple(self._environments.values())

    def put(self, environment: EnvironmentKeys) -> None:
        """Takes the environment's keys in place of those it had."""
        self.remove(environment.environment_id)
        self._environments[environment.environment_id] = environment
        privacy = Privacy(
            Pseudonyms(self._secret, environment.environment_id),
            hash_user_keys=environment.hash_user_keys,
            attributes=environment.pii_attributes,
        )
        for key in environment.keys:
            self._by_hash[key.sha256] = Sender(key, environment, privacy)

    def remove(self, environment_id: str) -> None:
        """Forgets an environment, if it is known."""
        known = self._environments.pop(environment_id, None)
        for key in known.keys if known else ():
            self._by_hash.pop(key.sha256, None)

    def find(self, headers: Iterable[tuple[bytes, bytes]], now: int) -> Sender:
        """The sender whose key the headers (names in lower case) carry, as `Authorization: Bearer` or `X-API-Key`.

        Raises Unauthorized when there is none, or it is unknown, revoked or past its end.
        """
        sender = self._by_hash.get(hashlib.sha256(require_key(headers)).digest())
        if sender is None or (sender.key.expires_at and now >= sender.key.expires_at):
            raise Unauthorized("the SDK key is unknown, revoked or expired", code="sdk_key_invalid")
        return sender
