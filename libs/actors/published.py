"""People, programs and keys as they stand on CONFIG with each environment: who they are, and what they may there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from messages.generated import config_pb2 as pb
from service_kit.token_keys import PUBLIC_KEY_BYTES, VerificationKey

from actors.roles_before import rights_before

_ID_BYTES, _DIGEST_BYTES = 16, 32


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of an organization. Tokens of an earlier `session_generation` were withdrawn (0: not said), and those of
    `ended_sessions`."""

    role: str
    session_generation: int = 0
    ended_sessions: frozenset[UUID] = frozenset()
    rights: frozenset[str] | None = None
    """None: the publisher did not say; then by the role."""

    @property
    def held(self) -> frozenset[str]:
        """What they may in the environment, of the rights that are asked outside of the control plane."""
        return rights_before(self.role) if self.rights is None else self.rights


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """A program's. `expires_at` in epoch milliseconds, 0 for never."""

    id: str
    rights: frozenset[str]
    expires_at: int = 0


@dataclass(frozen=True, slots=True)
class EnvironmentAccess:
    """Of one environment: members by user id, empty when the publisher did not say; tokens by SHA-256; keys that access
    tokens are verified by, by name."""

    members: dict[str, Member] = field(default_factory=dict)
    service_tokens: dict[bytes, ServiceToken] = field(default_factory=dict)
    signing_keys: dict[str, VerificationKey] = field(default_factory=dict)


def access_of(wire: pb.Environment) -> EnvironmentAccess:
    """What of an environment's message is read. An id, a hash or a key of another length opens nothing."""
    sets = {number: frozenset(each.rights) for number, each in enumerate(wire.right_sets, 1)}
    nothing = frozenset[str]()
    return EnvironmentAccess(
        {
            str(UUID(bytes=each.user_id)): Member(
                each.role,
                each.session_generation,
                frozenset(UUID(bytes=ended) for ended in each.ended_sessions if len(ended) == _ID_BYTES),
                sets.get(each.right_set, nothing) if each.right_set else None,
            )
            for each in wire.members
            if len(each.user_id) == _ID_BYTES
        },
        {
            each.sha256: ServiceToken(str(UUID(bytes=each.id)), sets.get(each.right_set, nothing), each.expires_at)
            for each in wire.service_tokens
            if len(each.id) == _ID_BYTES and len(each.sha256) == _DIGEST_BYTES
        },
        {
            each.id: VerificationKey(each.id, each.public_key, each.expires_at)
            for each in wire.signing_keys
            if len(each.public_key) == PUBLIC_KEY_BYTES
        },
    )


class Published(NamedTuple):
    """An environment that is published, and who may ask about it."""

    environment_id: str
    organization_id: str
    access: EnvironmentAccess


class PublishedAccess:
    """Of all environments; `environments` are those that are known at the moment of a question."""

    def __init__(self, environments: Callable[[], Iterable[Published]]) -> None:
        self._environments = environments

    def rights_of(self, subject: str, at_sign_in: Mapping[str, str]) -> dict[str, frozenset[str]]:
        """What a person may in each environment, as published; where a publisher did not say who belongs to it, by
        their role in its organization at the sign-in. Environments without any right are left out."""
        found = {}
        for environment_id, organization_id, access in self._environments():
            if access.members:
                member = access.members.get(subject)
                rights = frozenset[str]() if member is None else member.held
            else:
                rights = rights_before(at_sign_in.get(organization_id, ""))
            if rights:
                found[environment_id] = rights
        return found

    def program_of(self, token: str, now: int) -> tuple[str, dict[str, frozenset[str]]] | None:
        """The id of a service token and what it may in each environment where it may anything; None when nothing is
        known of it."""
        digest = hashlib.sha256(token.encode()).digest()
        found = {
            each.environment_id: each.access.service_tokens[digest]
            for each in self._environments()
            if digest in each.access.service_tokens
        }
        valid = {name: each for name, each in found.items() if not each.expires_at or now < each.expires_at}
        if not valid:
            return None
        return next(iter(valid.values())).id, {name: each.rights for name, each in valid.items() if each.rights}

    def by_organization(self, rights: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        """Rights by environment as what somebody may anywhere in each organization."""
        found: dict[str, frozenset[str]] = {}
        for environment_id, organization_id, _ in self._environments():
            if environment_id in rights:
                found[organization_id] = found.get(organization_id, frozenset()) | rights[environment_id]
        return found

    def session_generation_of(self, subject: str) -> int:
        """The latest that was published of a person's sessions; 0 of somebody of whom nothing was."""
        return max((each.session_generation for each in self._memberships(subject)), default=0)

    def has_ended(self, subject: str, session_id: UUID) -> bool:
        """Whether it was published that this session of a person has ended."""
        return any(session_id in each.ended_sessions for each in self._memberships(subject))

    def signing_key(self, key_id: str) -> VerificationKey | None:
        """The key of access tokens that was published under this name."""
        found = (each.access.signing_keys.get(key_id) for each in self._environments())
        return next((each for each in found if each is not None), None)

    @property
    def publishes_keys(self) -> bool:
        """Whether access tokens are signed with keys; else with a shared secret, or nobody has said."""
        return any(each.access.signing_keys for each in self._environments())

    def _memberships(self, subject: str) -> Iterable[Member]:
        found = (each.access.members.get(subject) for each in self._environments())
        return (each for each in found if each is not None)
