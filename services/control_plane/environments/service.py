"""Writes to organizations, projects and environments; each ends in `changes.record`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
from service_kit.problems import Conflict, Forbidden
from service_kit.versions import check_version

from control_plane.access import Actor, OrganizationScope, ProjectScope, require
from control_plane.access.queries import add_owner
from control_plane.changes import Change, record
from control_plane.database import Connection
from control_plane.environments import repository
from control_plane.environments.queries import environments_of

_ENVIRONMENT_FIELDS = ("key", "name", "hash_user_keys", "pii_attributes")
_PROJECT_FIELDS = ("key", "name", "description")


async def create_organization(tx: Connection, actor: Actor, key: str, name: str) -> asyncpg.Record:
    """For administrators, who become its first owner."""
    if not actor.is_administrator:
        raise Forbidden("only an administrator may create organizations")
    row = await repository.insert_organization(tx, key, name)
    await add_owner(tx, row["id"], actor.id)
    await record(tx, Change(row["id"], None, "organization", key, "create", actor, after={"key": key, "name": name}))
    return row


async def rename_organization(
    tx: Connection, actor: Actor, scope: OrganizationScope, name: str, expected: int
) -> asyncpg.Record:
    before = await repository.find_organization(tx, scope, lock=True)
    check_version(expected, before["revision"])
    row = await repository.rename_organization(tx, scope, name)
    old, new = {"name": before["name"]}, {"name": name}
    await record(tx, Change(scope.organization_id, None, "organization", row["key"], "update", actor, (), old, new))
    return row


async def create_project(
    tx: Connection, actor: Actor, scope: OrganizationScope, given: Mapping[str, str]
) -> asyncpg.Record:
    row = await repository.insert_project(tx, scope, given["key"], given["name"], given["description"])
    after = _fields(row, _PROJECT_FIELDS)
    await record(tx, Change(scope.organization_id, row["id"], "project", row["key"], "create", actor, after=after))
    return row


async def update_project(
    tx: Connection, actor: Actor, scope: ProjectScope, changes: dict[str, Any], expected: int
) -> asyncpg.Record:
    before = await repository.find_project(tx, scope, lock=True)
    check_version(expected, before["revision"])
    row = await repository.update_project(tx, scope, changes)
    await _record_project(tx, actor, "update", before, row)
    return row


async def archive_project(
    tx: Connection, actor: Actor, scope: ProjectScope, expected: int | None, *, archived: bool
) -> asyncpg.Record:
    """Archiving ends what its environments serve; restoring brings it back. Each environment gets a new version."""
    before = await repository.find_project(tx, scope, lock=True)
    check_version(expected, before["revision"])
    _refuse_same(before, archived=archived)
    row = await repository.archive_project(tx, scope, archived=archived)
    ids = [each.id for each in await environments_of(tx, scope.project_id)]
    await _record_project(tx, actor, "archive" if archived else "restore", before, row, ids)
    return row


async def create_environment(
    tx: Connection, actor: Actor, scope: ProjectScope, given: dict[str, Any]
) -> tuple[asyncpg.Record, dict[str, int]]:
    """The new row and the environment's first version."""
    row = await repository.insert_environment(tx, scope, given)
    return row, await _record_environment(tx, actor, "create", None, row)


async def update_environment(
    tx: Connection, actor: Actor, before: asyncpg.Record, changes: dict[str, Any], expected: int
) -> tuple[asyncpg.Record, dict[str, int]]:
    """`before` is the locked row."""
    check_version(expected, before["revision"])
    row = await repository.update_environment(tx, before["id"], changes)
    return row, await _record_environment(tx, actor, "update", before, row)


async def archive_environment(
    tx: Connection, actor: Actor, before: asyncpg.Record, expected: int | None, *, archived: bool
) -> tuple[asyncpg.Record, dict[str, int]]:
    """Archiving takes back everything the environment serves, its SDK keys too."""
    check_version(expected, before["revision"])
    _refuse_same(before, archived=archived)
    row = await repository.archive_environment(tx, before["id"], archived=archived)
    return row, await _record_environment(tx, actor, "archive" if archived else "restore", before, row)


async def record_sdk_key(
    tx: Connection, actor: Actor, environment: asyncpg.Record, action: str, key: asyncpg.Record
) -> dict[str, int]:
    """`key` names the SDK key in the audit log; it never holds the key itself."""
    change = Change(
        environment["organization_id"],
        environment["project_id"],
        "sdk_key",
        str(key["id"]),
        action,
        actor,
        [environment["id"]],
        after={"environment": environment["key"], "kind": key["kind"], "name": key["name"], "hint": key["hint"]},
    )
    versions = await record(tx, change)
    return {environment["key"]: versions[environment["id"]]}


def require_for_archived(actor: Actor, resource: str, scope: ProjectScope, *, archived: bool) -> None:
    require(actor, "archive" if archived else "restore", resource, scope)


def _refuse_same(before: asyncpg.Record, *, archived: bool) -> None:
    if (before["archived_at"] is not None) == archived:
        raise Conflict("it is archived already" if archived else "it is not archived", code="no_change")


def _fields(row: asyncpg.Record, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: row[name] for name in names}
    return {**values, "archived": True} if row["archived_at"] is not None else values


async def _record_project(
    tx: Connection,
    actor: Actor,
    action: str,
    before: asyncpg.Record,
    after: asyncpg.Record,
    environment_ids: list[UUID] | None = None,
) -> None:
    change = Change(
        after["organization_id"],
        after["id"],
        "project",
        after["key"],
        action,
        actor,
        environment_ids or (),
        _fields(before, _PROJECT_FIELDS),
        _fields(after, _PROJECT_FIELDS),
    )
    await record(tx, change)


async def _record_environment(
    tx: Connection, actor: Actor, action: str, before: asyncpg.Record | None, after: asyncpg.Record
) -> dict[str, int]:
    change = Change(
        after["organization_id"],
        after["project_id"],
        "environment",
        after["key"],
        action,
        actor,
        [after["id"]],
        None if before is None else _fields(before, _ENVIRONMENT_FIELDS),
        _fields(after, _ENVIRONMENT_FIELDS),
    )
    versions = await record(tx, change)
    return {after["key"]: versions[after["id"]]}
