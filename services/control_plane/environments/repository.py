"""Rows of organizations, projects and environments."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from service_kit.problems import Conflict, NotFound

from control_plane.access import Actor, OrganizationScope, ProjectScope
from control_plane.database import Connection

# Named one by one, so that a migration that adds a column leaves prepared statements valid.
_ORGANIZATION = "id, key, name, revision, created_at"
_PROJECT = "id, organization_id, key, name, description, revision, archived_at, created_at"
_ENVIRONMENT = """id, organization_id, project_id, key, name, salt, hash_user_keys, pii_attributes, exposure_attributes,
revision, version, published_version, published_at, archived_at, created_at, protected, reason_required, position,
color"""


async def list_organizations(tx: Connection, actor: Actor, after: str, limit: int) -> list[asyncpg.Record]:
    """The actor's own, by key."""
    return await tx.fetch(
        f"SELECT {_ORGANIZATION} FROM organizations WHERE id = ANY($1::uuid[]) AND key > $2 ORDER BY key LIMIT $3",
        list(actor.organization_ids),
        after,
        limit,
    )


async def insert_organization(tx: Connection, key: str, name: str) -> asyncpg.Record:
    """The transaction reaches it then. Raises `Conflict` (`key_taken`)."""
    organization_id = uuid4()
    await tx.enter([organization_id])
    return _inserted(
        await tx.fetchrow(
            "INSERT INTO organizations (id, key, name, created_at) VALUES ($1, $2, $3, $4) "
            f"ON CONFLICT DO NOTHING RETURNING {_ORGANIZATION}",
            organization_id,
            key,
            name,
            tx.now,
        ),
        "an organization",
    )


async def find_organization(tx: Connection, scope: OrganizationScope, *, lock: bool = False) -> asyncpg.Record:
    row = await tx.fetchrow(
        f"SELECT {_ORGANIZATION} FROM organizations WHERE id = $1" + _locking(lock), scope.organization_id
    )
    return _found(row)


async def rename_organization(tx: Connection, scope: OrganizationScope, name: str) -> asyncpg.Record:
    row = await tx.fetchrow(
        f"UPDATE organizations SET name = $2, revision = revision + 1 WHERE id = $1 RETURNING {_ORGANIZATION}",
        scope.organization_id,
        name,
    )
    return _found(row)


async def list_projects(
    tx: Connection, scope: OrganizationScope, page: tuple[str, int], *, archived: bool, only: frozenset[UUID] | None
) -> list[asyncpg.Record]:
    """The organization's projects by key, archived ones only when asked for. `page`: after which key, and how many;
    `only`: no others than these, None is all."""
    after, limit = page
    return await tx.fetch(
        f"SELECT {_PROJECT} FROM projects WHERE organization_id = $1 AND key > $2 AND ($4 OR archived_at IS NULL) "
        "AND ($5::uuid[] IS NULL OR id = ANY($5)) ORDER BY key LIMIT $3",
        scope.organization_id,
        after,
        limit,
        archived,
        None if only is None else list(only),
    )


async def insert_project(
    tx: Connection, scope: OrganizationScope, key: str, name: str, description: str
) -> asyncpg.Record:
    """Raises `Conflict` (`key_taken`)."""
    return _inserted(
        await tx.fetchrow(
            "INSERT INTO projects (organization_id, key, name, description, created_at) VALUES ($1, $2, $3, $4, $5) "
            f"ON CONFLICT (organization_id, key) DO NOTHING RETURNING {_PROJECT}",
            scope.organization_id,
            key,
            name,
            description,
            tx.now,
        ),
        "a project",
    )


async def find_project(tx: Connection, scope: ProjectScope, *, lock: bool = False) -> asyncpg.Record:
    row = await tx.fetchrow(
        f"SELECT {_PROJECT} FROM projects WHERE id = $1 AND organization_id = $2" + _locking(lock),
        scope.project_id,
        scope.organization_id,
    )
    return _found(row)


async def update_project(tx: Connection, scope: ProjectScope, changes: dict[str, Any]) -> asyncpg.Record:
    row = await tx.fetchrow(
        "UPDATE projects SET name = COALESCE($3, name), description = COALESCE($4, description), "
        f"revision = revision + 1 WHERE id = $1 AND organization_id = $2 RETURNING {_PROJECT}",
        scope.project_id,
        scope.organization_id,
        changes.get("name"),
        changes.get("description"),
    )
    return _found(row)


async def archive_project(tx: Connection, scope: ProjectScope, *, archived: bool) -> asyncpg.Record:
    row = await tx.fetchrow(
        "UPDATE projects SET archived_at = $3, revision = revision + 1 "
        f"WHERE id = $1 AND organization_id = $2 RETURNING {_PROJECT}",
        scope.project_id,
        scope.organization_id,
        tx.now if archived else None,
    )
    return _found(row)


async def list_environments(
    tx: Connection, scope: ProjectScope, after: tuple[int, str], limit: int, *, archived: bool
) -> list[asyncpg.Record]:
    """The project's environments in their order, behind a position and key; archived ones only when asked for."""
    return await tx.fetch(
        f"SELECT {_ENVIRONMENT} FROM environments WHERE organization_id = $6 AND project_id = $1 "
        "AND (position, key) > ($2, $3) AND ($5 OR archived_at IS NULL) ORDER BY position, key LIMIT $4",
        scope.project_id,
        *after,
        limit,
        archived,
        scope.organization_id,
    )


async def insert_environment(tx: Connection, scope: ProjectScope, given: dict[str, Any]) -> asyncpg.Record:
    """With a random salt of its own. Raises `Conflict` (`key_taken`)."""
    return _inserted(
        await tx.fetchrow(
            "INSERT INTO environments "
            "(organization_id, project_id, key, name, salt, hash_user_keys, pii_attributes, exposure_attributes, "
            "created_at, protected, reason_required, position, color) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
            "$11, COALESCE($12, (SELECT COALESCE(max(position), 0) + 1 FROM environments "
            "WHERE organization_id = $1 AND project_id = $2)), $13) "
            f"ON CONFLICT (project_id, key) DO NOTHING RETURNING {_ENVIRONMENT}",
            scope.organization_id,
            scope.project_id,
            given["key"],
            given["name"],
            secrets.token_hex(16),
            given["hash_user_keys"],
            given["pii_attributes"],
            given["exposure_attributes"],
            tx.now,
            given["protected"],
            given["reason_required"],
            given["position"],
            given["color"],
        ),
        "an environment",
    )


async def find_environment(tx: Connection, scope: ProjectScope, key: str, *, lock: bool = False) -> asyncpg.Record:
    """Raises `NotFound`."""
    row = await tx.fetchrow(
        f"SELECT {_ENVIRONMENT} FROM environments WHERE organization_id = $1 AND project_id = $2 AND key = $3"
        + _locking(lock),
        scope.organization_id,
        scope.project_id,
        key,
    )
    return _found(row)


async def update_environment(tx: Connection, before: asyncpg.Record, changes: dict[str, Any]) -> asyncpg.Record:
    row = await tx.fetchrow(
        "UPDATE environments SET name = COALESCE($2, name), hash_user_keys = COALESCE($3, hash_user_keys), "
        "pii_attributes = COALESCE($4, pii_attributes), "
        "exposure_attributes = COALESCE($5, exposure_attributes), protected = COALESCE($6, protected), "
        "reason_required = COALESCE($7, reason_required), position = COALESCE($8, position), "
        "color = COALESCE($9, color), revision = revision + 1 "
        f"WHERE id = $1 AND organization_id = $10 RETURNING {_ENVIRONMENT}",
        before["id"],
        changes.get("name"),
        changes.get("hash_user_keys"),
        changes.get("pii_attributes"),
        changes.get("exposure_attributes"),
        changes.get("protected"),
        changes.get("reason_required"),
        changes.get("position"),
        changes.get("color"),
        before["organization_id"],
    )
    return _found(row)


async def archive_environment(tx: Connection, before: asyncpg.Record, *, archived: bool) -> asyncpg.Record:
    row = await tx.fetchrow(
        "UPDATE environments SET archived_at = $2, revision = revision + 1 "
        f"WHERE id = $1 AND organization_id = $3 RETURNING {_ENVIRONMENT}",
        before["id"],
        tx.now if archived else None,
        before["organization_id"],
    )
    return _found(row)


def _locking(lock: bool) -> str:
    return " FOR UPDATE" if lock else ""


def _inserted(row: asyncpg.Record | None, what: str) -> asyncpg.Record:
    if row is None:
        raise Conflict(f"{what} of this key exists already", code="key_taken")
    return row


def _found(row: asyncpg.Record | None) -> asyncpg.Record:
    if row is None:
        raise NotFound("there is nothing at this address")
    return row
