"""Queries about projects and environments, for other features."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from service_kit.problems import Conflict, NotFound

from control_plane.access import Actor, EnvironmentScope, ProjectScope
from control_plane.database import Connection
from control_plane.environments import sdk_keys_repository

_COLUMNS = """id, organization_id, project_id, key, name, salt, hash_user_keys, pii_attributes, exposure_attributes,
revision, version, published_version, published_at, archived_at, protected, reason_required,
approval_required, position"""
_OPEN = "SELECT * FROM open_project($1, $2, $3::uuid[], $4::uuid[], $5, $6, $7)"


@dataclass(frozen=True, slots=True)
class EnvironmentRow:
    """An environment as it is stored.

    `version` is the config version (everything the environment serves), `revision` that of the row itself."""

    id: UUID
    organization_id: UUID
    project_id: UUID
    key: str
    name: str
    salt: str
    hash_user_keys: bool
    pii_attributes: tuple[str, ...]
    exposure_attributes: tuple[str, ...]
    revision: int
    version: int
    published_version: int
    published_at: datetime | None
    archived: bool
    protected: bool
    """Only whoever has a role in this very environment changes it, and the project's administrators."""
    reason_required: bool
    approval_required: bool
    """Whether people agree on changes of what it serves."""
    position: int

    def scope(self, project_key: str) -> EnvironmentScope:
        """Of rights in it."""
        return EnvironmentScope(
            organization_id=self.organization_id,
            project_id=self.project_id,
            project_key=project_key,
            archived=self.archived,
            environment_id=self.id,
            environment_key=self.key,
            protected=self.protected,
        )

    @property
    def guarded(self) -> bool:
        """Whether a change of what it serves asks for more than the right to make it."""
        return self.protected or self.reason_required or self.approval_required

    def within(self, scope: ProjectScope) -> EnvironmentScope:
        """The scope of this environment of the project."""
        return scope.environment(self.id, self.key, protected=self.protected)


async def resolve_project(tx: Connection, actor: Actor, reference: str) -> ProjectScope:
    """The project with this id, or with this key in an organization of the actor.

    Raises `NotFound` for one that is absent or another tenant's, `Conflict` (`ambiguous_project`) for a key that
    two of the actor's organizations use. Check the right with `require(actor, …, scope)` after it.
    """
    rows = await tx.fetch(
        "SELECT id, organization_id, key, archived_at FROM projects "
        "WHERE (id = $1 OR ($1::uuid IS NULL AND key = $2)) AND organization_id = ANY($3::uuid[]) LIMIT 2",
        _as_uuid(reference),
        reference,
        list(actor.organization_ids),
    )
    if not rows:
        raise NotFound("there is nothing at this address")
    if len(rows) > 1:
        raise _ambiguous()
    row = rows[0]
    return ProjectScope(
        organization_id=row["organization_id"],
        project_id=row["id"],
        project_key=row["key"],
        archived=row["archived_at"] is not None,
    )


@dataclass(frozen=True, slots=True)
class OpenedProject:
    """A project with its environments that aren't archived, in the order in which they were made; and whether it is
    locked, so that no other write of it runs beside this one. `reached`: what leads from the entity that is written to
    experiments that run, as `experiments_reached` has it."""

    scope: ProjectScope
    environments: tuple[EnvironmentRow, ...]
    locked: bool
    reached: Sequence[Sequence[str | None]]


class About(NamedTuple):
    """The entity that is written; its environment's key where it stands in one."""

    kind: str | None = None
    key: str | None = None
    environment: str | None = None


async def open_project(
    tx: Connection, actor: Actor, reference: str, writable: Collection[UUID], about: About = About()
) -> OpenedProject:
    """As `resolve_project`, in one round trip with what a write needs of it. It is locked when it, or its organization,
    is among `writable`: whoever may not write holds nobody up."""
    organizations = list(actor.organization_ids)
    rows = await tx.fetch(_OPEN, _as_uuid(reference), reference, organizations, list(writable), *about)
    if not rows:
        raise NotFound("there is nothing at this address")
    first = rows[0]
    if any(row["project_id"] != first["project_id"] for row in rows):
        raise _ambiguous()
    scope = ProjectScope(
        organization_id=first["organization_id"],
        project_id=first["project_id"],
        project_key=first["project_key"],
        archived=first["project_archived"],
    )
    environments = tuple(environment_of(row) for row in rows if row["id"] is not None)
    return OpenedProject(scope, environments, first["locked"], first["reached"] or ())


async def project_keys(tx: Connection, organization_id: UUID) -> dict[UUID, str]:
    """The key of each of an organization's projects, by its id."""
    rows = await tx.fetch("SELECT id, key FROM projects WHERE organization_id = $1 ORDER BY key", organization_id)
    return dict(tuple(row) for row in rows)


async def environment_keys(tx: Connection, organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    """The keys of those environments that are the organization's."""
    if not ids:
        return {}
    rows = await tx.fetch(
        "SELECT id, key FROM environments WHERE organization_id = $1 AND id = ANY($2::uuid[])",
        organization_id,
        list(ids),
    )
    return dict(tuple(row) for row in rows)


async def find_environment(
    tx: Connection, organization_id: UUID, project_id: UUID | None, reference: str
) -> tuple[UUID, UUID] | None:
    """An environment's own id and its project's, by its id, or by its key in that project."""
    row = await tx.fetchrow(
        "SELECT id, project_id FROM environments WHERE organization_id = $1 AND ($2::uuid IS NULL OR project_id = $2) "
        "AND (id = $3 OR ($2::uuid IS NOT NULL AND key = $4)) ORDER BY id = $3 DESC LIMIT 1",
        organization_id,
        project_id,
        _as_uuid(reference),
        reference,
    )
    return None if row is None else (row["id"], row["project_id"])


def refuse_archived_environment(*, archived: bool) -> None:
    """Raises `Conflict` (`environment_archived`)."""
    if archived:
        raise Conflict("the environment is archived: restore it first", code="environment_archived")


async def environments_of(tx: Connection, scope: ProjectScope) -> list[EnvironmentRow]:
    """The project's environments that aren't archived, in the order in which they were made."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM environments WHERE organization_id = $1 AND project_id = $2 AND archived_at IS NULL "
        "ORDER BY position, created_at, key",
        scope.organization_id,
        scope.project_id,
    )
    return [environment_of(row) for row in rows]


async def environment_by_key(tx: Connection, scope: ProjectScope, key: str) -> EnvironmentRow:
    """Raises `NotFound` when the project has no such environment."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM environments WHERE organization_id = $1 AND project_id = $2 AND key = $3",
        scope.organization_id,
        scope.project_id,
        key,
    )
    if row is None:
        raise NotFound("there is nothing at this address")
    return environment_of(row)


async def environment_for_publishing(
    tx: Connection, environment_id: UUID, organization_id: UUID | None = None
) -> tuple[EnvironmentRow, str] | None:
    """The environment and its project's key; an environment of an archived project counts as archived. None: of
    any organization, as whoever publishes reads it."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS}, p.project_key, p.project_archived FROM environments, LATERAL ("
        "SELECT key AS project_key, archived_at IS NOT NULL AS project_archived FROM projects WHERE id = project_id"
        ") AS p WHERE id = $1 AND ($2::uuid IS NULL OR organization_id = $2)",
        environment_id,
        organization_id,
    )
    if row is None:
        return None
    found = environment_of(row)
    return replace(found, archived=found.archived or row["project_archived"]), row["project_key"]


async def keys_of(tx: Connection, organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    """The keys of the organization's projects and environments among these ids."""
    rows = await tx.fetch(
        "SELECT id, key FROM projects WHERE organization_id = $1 AND id = ANY($2::uuid[]) "
        "UNION ALL SELECT id, key FROM environments WHERE organization_id = $1 AND id = ANY($2::uuid[])",
        organization_id,
        list(ids),
    )
    return {row["id"]: row["key"] for row in rows}


async def keys_in(tx: Connection, organization_id: UUID) -> tuple[frozenset[str], frozenset[str]]:
    """The keys of all projects of the organization, and those of their environments."""
    projects = await tx.fetch("SELECT key FROM projects WHERE organization_id = $1", organization_id)
    environments = await tx.fetch("SELECT DISTINCT key FROM environments WHERE organization_id = $1", organization_id)
    return frozenset(row["key"] for row in projects), frozenset(row["key"] for row in environments)


async def published_sdk_keys(tx: Connection, environment: EnvironmentRow) -> list[asyncpg.Record]:
    """The keys that the edge should take: id, kind, sha256, expires_at."""
    return await sdk_keys_repository.published(tx, environment.organization_id, environment.id)


def environment_scope(scope: ProjectScope, row: asyncpg.Record) -> EnvironmentScope:
    """The scope of the environment of `row`."""
    return scope.environment(row["id"], row["key"], protected=row["protected"])


def environment_of(row: asyncpg.Record) -> EnvironmentRow:
    others = ("archived", "pii_attributes", "exposure_attributes")
    return EnvironmentRow(
        **{name: row[name] for name in EnvironmentRow.__slots__ if name not in others},
        pii_attributes=tuple(row["pii_attributes"]),
        exposure_attributes=tuple(row["exposure_attributes"]),
        archived=row["archived_at"] is not None,
    )


def _ambiguous() -> Conflict:
    return Conflict("two of your organizations have a project of this key: use its id", code="ambiguous_project")


def _as_uuid(reference: str) -> UUID | None:
    try:
        return UUID(reference)
    except ValueError:
        return None
