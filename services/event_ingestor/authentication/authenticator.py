"""Authentication of a request: whose SDK key it carries, the environment, what that wants hidden, who else may ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from actors.published import EnvironmentAccess, Published, PublishedAccess
from messages.pseudonyms import Pseudonyms
from messages.sdk_keys import KeyRing, SdkKey
from service_kit.credentials import Headers, key_in, require_key
from service_kit.problems import Forbidden, Unauthorized, Unavailable

from event_ingestor.admission.privacy import Privacy

NOBODY = EnvironmentAccess()


@dataclass(frozen=True, slots=True)
class EnvironmentKeys:
    """What the ingestor knows of an environment."""

    environment_id: str
    organization_id: str
    project_id: str
    keys: tuple[SdkKey, ...]
    hash_user_keys: bool = False
    pii_attributes: tuple[str, ...] = ()
    key: str = ""
    project_key: str = ""

    @property
    def id(self) -> str:
        return self.environment_id


@dataclass(frozen=True, slots=True)
class Caller:
    """One SDK key and the environment that it opens."""

    key: SdkKey
    environment: EnvironmentKeys
    privacy: Privacy

    def require_client_key(self) -> None:
        """Raises Forbidden for a server key, which has no place in an address: those are logged everywhere."""
        if not self.key.is_client:
            raise Forbidden(
                "client_key: this is a server key; send it as Authorization, and rotate it, as addresses are logged",
                code="client_key_required",
            )

    def require_server_key(self) -> None:
        """Raises Forbidden for a client key."""
        if self.key.is_client:
            raise Forbidden("a server key is needed here", code="server_key_required")


class Authenticator:
    """Knows the keys of every environment it was told of. `complete` becomes true once it was told of all: from then on
    an unknown key is a wrong key."""

    def __init__(self, pii_secret: str) -> None:
        self.complete = False
        self._secret = pii_secret
        self._ring = KeyRing()
        self._environments: dict[str, tuple[EnvironmentKeys, Privacy]] = {}
        self._access: dict[str, EnvironmentAccess] = {}
        self.access = PublishedAccess(self._published)

    @property
    def environments(self) -> Sequence[EnvironmentKeys]:
        return tuple(environment for environment, _ in self._environments.values())

    @property
    def ready(self) -> bool:
        return self.complete or bool(self._environments)

    def put(self, environment: EnvironmentKeys, access: EnvironmentAccess = NOBODY) -> None:
        """Takes the environment's keys, and who may ask about it, in place of those it had."""
        privacy = Privacy(
            Pseudonyms(self._secret, environment.environment_id),
            hash_user_keys=environment.hash_user_keys,
            attributes=environment.pii_attributes,
        )
        self._environments[environment.environment_id] = environment, privacy
        self._ring.put(environment.environment_id, environment.keys)
        self._access[environment.environment_id] = access

    def remove(self, environment_id: str) -> None:
        """Forgets an environment, if it is known."""
        self._environments.pop(environment_id, None)
        self._access.pop(environment_id, None)
        self._ring.put(environment_id, ())

    def caller(self, headers: Headers, now: int, client_key: str | None = None) -> Caller:
        """Who sends a request with these headers, or with `client_key` in its address when they hold no key. Raises
        Unauthorized when no key is there, or it is unknown, revoked or past its end; Forbidden for a server key in the
        address; Unavailable for an unknown one while not all are known."""
        in_address = client_key is not None and key_in(headers) is None
        key = self._ring.find(client_key.encode() if client_key and in_address else require_key(headers), now)
        if key is None and not self.complete:
            raise Unavailable("the SDK keys have not been read yet", code="keys_unknown")
        if key is None:
            raise Unauthorized("the SDK key is unknown, revoked or expired", code="sdk_key_invalid")
        environment, privacy = self._environments[key.environment_id]
        caller = Caller(key, environment, privacy)
        if in_address:
            caller.require_client_key()
        return caller

    def _published(self) -> Iterator[Published]:
        for environment_id, (environment, _) in self._environments.items():
            yield Published(environment_id, environment.organization_id, self._access[environment_id])
