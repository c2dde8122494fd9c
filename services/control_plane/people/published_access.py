"""Who may ask other services about an environment: its people and programs with what they may there, and what access
tokens are verified by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from service_kit.token_keys import VerificationKey

from control_plane.access import repository
from control_plane.access.policy import Grant, Policy, RoleDefinition, allows
from control_plane.access.rights import Right
from control_plane.access.scopes import EnvironmentScope
from control_plane.database import Connection
from control_plane.people import sessions_repository, signing_keys_repository
from control_plane.people.signing_keys import verification_key

ASKED_ELSEWHERE = (
    Right.RESULTS_READ,
    Right.EXPOSURES_READ,
    Right.EXPERIMENT_UPDATE,
    Right.EXPORT_MANAGE,
    Right.DATA_ERASE,
)
"""The rights that are asked outside of the control plane."""
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PublishedMember:
    """`ended_sessions`: of which somebody may still hold an access token."""

    user_id: UUID
    role: str
    session_generation: int
    rights: frozenset[str]
    ended_sessions: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class PublishedProgram:
    """A service token that may anything of what is asked elsewhere."""

    id: UUID
    sha256: bytes
    expires_at: datetime | None
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class PublishedAccess:
    """Of one environment."""

    members: Sequence[PublishedMember] = ()
    programs: Sequence[PublishedProgram] = ()
    signing_keys: Sequence[VerificationKey] = ()


async def published_access(tx: Connection, scope: EnvironmentScope) -> PublishedAccess:
    """As it is at the moment of the transaction."""
    organization_id = scope.organization_id
    made = await repository.list_made_roles(tx, organization_id)
    decisions = _Decisions(scope, made)
    ended = await sessions_repository.ended_with_tokens(tx, organization_id)
    people: dict[UUID, PublishedMember] = {}
    for row in await repository.list_people(tx, organization_id):
        rights = decisions.rights(repository.grants_of(row))
        user_id = row["user_id"]
        people[user_id] = PublishedMember(
            user_id, row["role"] or "", row["session_generation"], rights, ended.get(user_id, ())
        )
    programs = []
    for row in await repository.list_programs(tx, organization_id):
        maker = people.get(row["created_by"])
        grants = repository.grants_of(row)
        if row["role_key"]:
            grants |= {Grant(row["role_key"], organization_id, row["project_id"], row["environment_id"])}
        rights = decisions.rights(grants) & (maker.rights if maker else _NOTHING)
        if row["rights"] is not None:
            rights &= frozenset(row["rights"])
        if rights:
            programs.append(PublishedProgram(row["id"], row["sha256"], row["expires_at"], rights))
    keys = [verification_key(each) for each in await signing_keys_repository.list_verifying(tx)]
    return PublishedAccess(list(people.values()), programs, keys)


@dataclass(slots=True)
class _Decisions:
    """What grants give at one place: decided once for all who have the same."""

    scope: EnvironmentScope
    made: frozenset[RoleDefinition]
    known: dict[frozenset[Grant], frozenset[str]] = field(default_factory=dict)

    def rights(self, grants: frozenset[Grant]) -> frozenset[str]:
        here = frozenset(
            each
            for each in grants
            if each.project_id in (None, self.scope.project_id)
            and each.environment_id in (None, self.scope.environment_id)
        )
        found = self.known.get(here)
        if found is None:
            policy = Policy(here, self.made)
            given = (right for right in ASKED_ELSEWHERE if allows(policy, right, self.scope))
            found = self.known[here] = frozenset(right.value for right in given)
        return found
