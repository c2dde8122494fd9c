"""Writes to organizations, projects and environments; each ends in `changes.recorder`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
from service_kit.problems import Conflict, Forbidden
from service_kit.versions import check_version

from control_plane.access import Actor, OrganizationScope, ProjectScope
from control_plane.access.queries import add_owner
from control_plane.changes import Change, record
from control_plane.database import Connection
from control_plane.environments import repository
from control_plane.environments.queries import environments_of
from control_plane.environments.views import environment_view, organization_view, project_view
from control_plane.quotas import Growth, Quotas
from control_plane.quotas.queries import environment_bytes


async def create_organization(tx: Connection, actor: Actor, key: str, name: str) -> asyncpg.Record:
    """For administrators, who become its first owner."""
    if not actor.is_administrator:
        raise Forbidden("only an administrator may create organizations")
    row = await repository.insert_organization(tx, key, name)
    await add_owner(tx, row["id"], actor.id)
    await _record_organization(tx, actor, "create", None, row)
    return row


async def rename_organization(
    tx: Connection, actor: Actor, scope: OrganizationScope, name: str, expected: int
) -> asyncpg.Record:
    before = await repository.find_organization(tx, scope, lock=True)
    check_version(expected, before["revision"])
    row = await repository.rename_organization(tx, scope, name)
    await _record_organization(tx, actor, "update", before, row)
    return row


async def create_project(
    tx: Connection, actor: Actor, scope: OrganizationScope, given: Mapping[str, str]
) -> asyncpg.Record:
    row = await repository.insert_project(tx, scope, given["key"], given["name"], given["description"])
    await _record_project(tx, actor, "create", None, row)
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
) -> tuple[asyncpg.Record, dict[str, int]]:
    """Archiving ends what its environments serve; restoring brings it back. The new row, and the new version of each
    environment."""
    before = await repository.find_project(tx, scope, lock=True)
    check_version(expected, before["revision"])
    _refuse_same(before, archived=archived)
    row = await repository.archive_project(tx, scope, archived=archived)
    environments = {each.id: each.key for each in await environments_of(tx, scope)}
    action = "archive" if archived else "restore"
    versions = await _record_project(tx, actor, action, before, row, tuple(environments))
    return row, {environments[each]: version for each, version in versions.items()}


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
    row = await repository.update_environment(tx, before, changes)
    return row, await _record_environment(tx, actor, "update", before, row)


async def archive_environment(
    tx: Connection, actor: Actor, before: asyncpg.Record, expected: int | None, *, archived: bool
) -> tuple[asyncpg.Record, dict[str, int]]:
    """Archiving takes back everything the environment serves, its SDK keys too."""
    check_version(expected, before["revision"])
    _refuse_same(before, archived=archived)
    row = await repository.archive_environment(tx, before, archived=archived)
    return row, await _record_environment(tx, actor, "archive" if archived else "restore", before, row)


async def hold_restored(tx: Connection, quotas: Quotas, scope: ProjectScope, *environment_ids: UUID) -> None:
    """After the record: refuses what begins to be published if it is too much; all of the project's environments
    unless some are given. Raises `QuotaExceeded`."""
    ids = environment_ids or [each.id for each in await environments_of(tx, scope)]
    for environment_id in ids:
        growth = Growth(
            organization_id=scope.organization_id,
            project_id=scope.project_id,
            environment_ids=[environment_id],
            bytes=await environment_bytes(tx, scope.organization_id, environment_id),
        )
        await quotas.hold(tx, growth)


def _refuse_same(before: asyncpg.Record, *, archived: bool) -> None:
    if (before["archived_at"] is not None) == archived:
        raise Conflict("it is archived already" if archived else "it is not archived", code="no_change")


async def _record_organization(
    tx: Connection, actor: Actor, action: str, before: asyncpg.Record | None, after: asyncpg.Record
) -> None:
    change = Change(
        organization_id=after["id"],
        project_id=None,
        entity="organization",
        entity_key=after["key"],
        action=action,
        actor=actor,
        before=None if before is None else organization_view(before).audited(),
        after=organization_view(after).audited(),
    )
    await record(tx, change)


async def _record_project(
    tx: Connection,
    actor: Actor,
    action: str,
    before: asyncpg.Record | None,
    after: asyncpg.Record,
    environment_ids: Sequence[UUID] = (),
) -> dict[UUID, int]:
    change = Change(
        organization_id=after["organization_id"],
        project_id=after["id"],
        entity="project",
        entity_key=after["key"],
        action=action,
        actor=actor,
        environment_ids=environment_ids,
        before=None if before is None else project_view(before).audited(),
        after=project_view(after).audited(),
    )
    return await record(tx, change)


async def _record_environment(
    tx: Connection, actor: Actor, action: str, before: asyncpg.Record | None, after: asyncpg.Record
) -> dict[str, int]:
    change = Change(
        organization_id=after["organization_id"],
        project_id=after["project_id"],
        entity="environment",
        entity_key=after["key"],
        action=action,
        actor=actor,
        environment_ids=[after["id"]],
        before=None if before is None else environment_view(before).audited(),
        after=environment_view(after).audited(),
    )
    versions = await record(tx, change)
    return {after["key"]: versions[after["id"]]}
