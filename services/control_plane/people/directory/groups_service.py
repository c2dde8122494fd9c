"""Groups of a directory: they are the organization's groups, so what is bound to them holds for whom it puts there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
from scim2_models import Group, InvalidValueException, UniquenessException
from service_kit.problems import NotFound

from control_plane.changes import Audited, record
from control_plane.database import Connection
from control_plane.people.directory import groups_repository, users_repository
from control_plane.people.provisioned_members import Host
from control_plane.quotas import Quota, Quotas

MEMBERS_MAX = 10_000
_LENGTH_MAX = 200


async def create(tx: Connection, quotas: Quotas, host: Host, group: Group) -> asyncpg.Record:
    """Raises `UniquenessException`, `InvalidValueException`, `QuotaExceeded`."""
    name, external_id = _named(group)
    await quotas.claim(tx, Quota.DIRECTORY_GROUPS, host.organization_id, host.organization_id)
    if await groups_repository.is_taken(tx, host.organization_id, name):
        raise _taken()
    group_id = await groups_repository.insert(tx, host.organization_id, name, external_id)
    await groups_repository.set_members(tx, host.organization_id, group_id, await _members(tx, host, group))
    made = await found(tx, host, group_id)
    await record(tx, _AUDITED.change(host.organization_id, host.actor, "create", None, made))
    return made


async def change(tx: Connection, host: Host, row: asyncpg.Record, group: Group) -> asyncpg.Record:
    """The row (locked) with the name and the members that it has now. Raises `UniquenessException`,
    `InvalidValueException`."""
    name, external_id = _named(group)
    if await groups_repository.is_taken(tx, host.organization_id, name, apart_from=row["id"]):
        raise _taken()
    members = await _members(tx, host, group)
    before = {UUID(each): display for each, _, display in row["members"] or ()}
    if (name, external_id, members) == (row["name"], row["external_id"], before):
        return row
    await groups_repository.update(tx, host.organization_id, row["id"], name, external_id)
    if members != before:
        await groups_repository.set_members(tx, host.organization_id, row["id"], members)
    changed = await found(tx, host, row["id"])
    await record(tx, _AUDITED.change(host.organization_id, host.actor, "update", row, changed))
    return changed


async def delete(tx: Connection, host: Host, group_id: UUID) -> None:
    """Takes along what is bound to it. Raises `NotFound`."""
    row = await found(tx, host, group_id, lock=True)
    await groups_repository.delete(tx, host.organization_id, group_id)
    await record(tx, _AUDITED.change(host.organization_id, host.actor, "delete", row, None))


async def found(tx: Connection, host: Host, group_id: UUID, *, lock: bool = False) -> asyncpg.Record:
    """Raises `NotFound`."""
    row = await groups_repository.find(tx, host.organization_id, group_id, lock=lock)
    if row is None:
        raise NotFound("the directory has no group with this id")
    return row


def _named(group: Group) -> tuple[str, str | None]:
    name = (group.display_name or "").strip()
    if not 0 < len(name) <= _LENGTH_MAX:
        raise InvalidValueException(detail=f"displayName must have 1 to {_LENGTH_MAX} characters")
    if group.external_id is not None and not 0 < len(group.external_id) <= _LENGTH_MAX:
        raise InvalidValueException(detail=f"externalId must have 1 to {_LENGTH_MAX} characters")
    return name, group.external_id


async def _members(tx: Connection, host: Host, group: Group) -> dict[UUID, str | None]:
    given = group.members or []
    if len(given) > MEMBERS_MAX:
        raise InvalidValueException(detail=f"a group has at most {MEMBERS_MAX} members")
    wanted: dict[UUID, str | None] = {}
    for member in given:
        try:
            wanted[UUID(member.value or "")] = (member.display or "")[:_LENGTH_MAX] or None
        except ValueError:
            raise InvalidValueException(detail=f"members: {member.value!r} is nobody's id") from None
    known = await users_repository.accounts(tx, host.organization_id, list(wanted))
    if missing := sorted(str(each) for each in wanted.keys() - known.keys()):
        raise InvalidValueException(detail=f"members: the directory has nobody with the id {missing[0]}")
    return wanted


def _taken() -> UniquenessException:
    return UniquenessException(detail="another group of the directory has this displayName")


def _audited(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "key": row["key"],
        "name": row["name"],
        "external_id": row["external_id"],
        "provisioned": True,
        "version": row["revision"],
        "members": [user_name for _, user_name, _ in row["members"] or ()],
    }


_AUDITED = Audited[asyncpg.Record](entity="group", key=lambda row: str(row["key"]), shown=_audited, everywhere=True)
