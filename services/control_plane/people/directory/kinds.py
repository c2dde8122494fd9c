"""The two kinds of what a directory holds, with one face: how each is shown, found, made, changed and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

import asyncpg
from scim2_models import Group, GroupMember, Meta
from scim2_models.resources.user import GroupMembership

from control_plane.database import Connection
from control_plane.people.directory import groups_repository, groups_service, users_repository, users_service
from control_plane.people.directory.client import Client
from control_plane.people.directory.forms import Form, Person
from control_plane.people.provisioned_members import Host
from control_plane.quotas import Quotas


class Kind(Protocol):
    """`columns`: the attributes that a row is found by without looking at all of them."""

    name: str
    endpoint: str
    model: type[Any]
    columns: Mapping[str, str]

    def form(self, row: asyncpg.Record, client: Client) -> Form:
        """As it is answered."""

    async def found(self, tx: Connection, host: Host, key: UUID, *, lock: bool = False) -> asyncpg.Record:
        """Raises `NotFound`."""

    async def find_by(self, tx: Connection, host: Host, attribute: str, value: str) -> list[asyncpg.Record]:
        """Those whose attribute (of `columns`) is this."""

    async def listed(self, tx: Connection, host: Host, *, offset: int, limit: int | None) -> list[asyncpg.Record]:
        """In the order in which they were made."""

    async def count(self, tx: Connection, host: Host) -> int:
        """All that there are."""

    async def create(self, tx: Connection, quotas: Quotas, host: Host, given: Any) -> asyncpg.Record:
        """The new row."""

    async def change(
        self, tx: Connection, quotas: Quotas, host: Host, row: asyncpg.Record, given: Any
    ) -> asyncpg.Record:
        """The row as it is then."""

    async def delete(self, tx: Connection, host: Host, key: UUID) -> None:
        """Raises `NotFound`."""


def version_of(row: asyncpg.Record) -> str:
    """Weak: the groups of a person are told with them, and are no change of theirs."""
    return f'W/"{row["revision"]}"'


def _meta(kind: Kind, row: asyncpg.Record, client: Client) -> Meta:
    return Meta(
        resource_type=kind.name,
        created=row["created_at"],
        last_modified=row["updated_at"],
        location=f"{client.base}{kind.endpoint}/{row['id']}",
        version=version_of(row),
    )


class People:
    """`/Users`."""

    name, endpoint = "User", "/Users"
    model: type[Any] = Person
    columns: Mapping[str, str] = users_repository.COLUMNS

    def form(self, row: asyncpg.Record, client: Client) -> Form:
        person = Person.model_validate(row["document"])
        person.id, person.meta = str(row["id"]), _meta(self, row, client)
        person.groups = [
            GroupMembership(value=group, ref=f"{client.base}/Groups/{group}", display=name, type="direct")
            for group, name in row["groups"] or ()
        ] or None
        return person

    async def found(self, tx: Connection, host: Host, key: UUID, *, lock: bool = False) -> asyncpg.Record:
        return await users_service.found(tx, host, key, lock=lock)

    async def find_by(self, tx: Connection, host: Host, attribute: str, value: str) -> list[asyncpg.Record]:
        return await users_repository.find_by(tx, host.organization_id, attribute, value)

    async def listed(self, tx: Connection, host: Host, *, offset: int, limit: int | None) -> list[asyncpg.Record]:
        return await users_repository.listed(tx, host.organization_id, offset=offset, limit=limit)

    async def count(self, tx: Connection, host: Host) -> int:
        return await users_repository.count(tx, host.organization_id)

    async def create(self, tx: Connection, quotas: Quotas, host: Host, given: Any) -> asyncpg.Record:
        return await users_service.create(tx, quotas, host, given)

    async def change(
        self, tx: Connection, quotas: Quotas, host: Host, row: asyncpg.Record, given: Any
    ) -> asyncpg.Record:
        return await users_service.change(tx, quotas, host, row, given)

    async def delete(self, tx: Connection, host: Host, key: UUID) -> None:
        await users_service.delete(tx, host, key)


class Groups:
    """`/Groups`."""

    name, endpoint = "Group", "/Groups"
    model: type[Any] = Group
    columns: Mapping[str, str] = groups_repository.COLUMNS

    def form(self, row: asyncpg.Record, client: Client) -> Form:
        group = Group(display_name=row["name"], external_id=row["external_id"])
        group.id, group.meta = str(row["id"]), _meta(self, row, client)
        group.members = [
            GroupMember(value=user, ref=f"{client.base}/Users/{user}", display=display, type="User")
            for user, _, display in row["members"] or ()
        ] or None
        return group

    async def found(self, tx: Connection, host: Host, key: UUID, *, lock: bool = False) -> asyncpg.Record:
        return await groups_service.found(tx, host, key, lock=lock)

    async def find_by(self, tx: Connection, host: Host, attribute: str, value: str) -> list[asyncpg.Record]:
        return await groups_repository.find_by(tx, host.organization_id, attribute, value)

    async def listed(self, tx: Connection, host: Host, *, offset: int, limit: int | None) -> list[asyncpg.Record]:
        return await groups_repository.listed(tx, host.organization_id, offset=offset, limit=limit)

    async def count(self, tx: Connection, host: Host) -> int:
        return await groups_repository.count(tx, host.organization_id)

    async def create(self, tx: Connection, quotas: Quotas, host: Host, given: Any) -> asyncpg.Record:
        return await groups_service.create(tx, quotas, host, given)

    async def change(
        self, tx: Connection, quotas: Quotas, host: Host, row: asyncpg.Record, given: Any
    ) -> asyncpg.Record:
        del quotas
        return await groups_service.change(tx, host, row, given)

    async def delete(self, tx: Connection, host: Host, key: UUID) -> None:
        await groups_service.delete(tx, host, key)
