"""People of a directory: what it says of them is kept, and their membership follows it once their account is sure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from pydantic import TypeAdapter, ValidationError
from scim2_models import InvalidValueException, UniquenessException
from service_kit.problems import NotFound, TooLarge

from control_plane.changes import Audited, record
from control_plane.database import Connection
from control_plane.people import accounts_repository, email_domains, provisioned_members
from control_plane.people.directory import groups_repository, users_repository
from control_plane.people.directory.forms import DOCUMENT_BYTES_MAX, Person, stored
from control_plane.people.provisioned_members import Host
from control_plane.people.schemas import Email
from control_plane.quotas import Quota, Quotas

_ADDRESS: TypeAdapter[str] = TypeAdapter(Email)
_NAME_LENGTH_MAX = 200


async def create(tx: Connection, quotas: Quotas, host: Host, person: Person) -> asyncpg.Record:
    """Raises `UniquenessException`, `QuotaExceeded`."""
    document = _checked(person)
    await quotas.claim(tx, Quota.DIRECTORY_USERS, host.organization_id, host.organization_id)
    user_id = await users_repository.insert(tx, host.organization_id, document)
    if user_id is None:
        raise _taken()
    await _settle(tx, quotas, host, await found(tx, host, user_id))
    made = await found(tx, host, user_id)
    await record(tx, _AUDITED.change(host.organization_id, host.actor, "create", None, made))
    return made


async def change(tx: Connection, quotas: Quotas, host: Host, row: asyncpg.Record, person: Person) -> asyncpg.Record:
    """The row (locked) with what is said of the person now. Raises `UniquenessException`, `Conflict`."""
    document = _checked(person)
    if await users_repository.is_taken(tx, host.organization_id, document["userName"], apart_from=row["id"]):
        raise _taken()
    if document != row["document"]:
        await users_repository.update(tx, host.organization_id, row["id"], document)
    await _settle(tx, quotas, host, await found(tx, host, row["id"]))
    changed = await found(tx, host, row["id"])
    if changed["revision"] != row["revision"] or changed["user_id"] != row["user_id"]:
        await record(tx, _AUDITED.change(host.organization_id, host.actor, "update", row, changed))
    return changed


async def delete(tx: Connection, host: Host, user_id: UUID) -> None:
    """Ends the membership as well; the account stays. Raises `NotFound`, `Conflict` (`last_owner`)."""
    row = await found(tx, host, user_id, lock=True)
    if row["user_id"] is not None:
        await provisioned_members.take_out(tx, host, row["user_id"])
    await users_repository.delete(tx, host.organization_id, user_id)
    await record(tx, _AUDITED.change(host.organization_id, host.actor, "delete", row, None))


async def found(tx: Connection, host: Host, user_id: UUID, *, lock: bool = False) -> asyncpg.Record:
    """Raises `NotFound`."""
    row = await users_repository.find(tx, host.organization_id, user_id, lock=lock)
    if row is None:
        raise NotFound("the directory has nobody with this id")
    return row


def address_of(document: Mapping[str, Any]) -> str | None:
    """By which an account is found: the user name if it is an address, else the primary one, else the first."""
    emails = document.get("emails") or []
    ordered = sorted(emails, key=lambda each: not each.get("primary", False))
    for candidate in (document["userName"], *(each.get("value") for each in ordered)):
        try:
            return _ADDRESS.validate_python(candidate)
        except ValidationError:
            continue
    return None


async def _settle(tx: Connection, quotas: Quotas, host: Host, row: asyncpg.Record) -> None:
    """What is said of the person becomes so, as far as it is the organization's to say."""
    account_id = row["user_id"] or await _linked(tx, quotas, host, row)
    if account_id is None:
        return
    if row["active"]:
        await provisioned_members.reactivate(tx, host, account_id)
    else:
        await provisioned_members.deactivate(tx, host, account_id)


async def _linked(tx: Connection, quotas: Quotas, host: Host, row: asyncpg.Record) -> UUID | None:
    """The account of somebody who had none: a member's, or that of an address which the organization speaks for."""
    email = address_of(row["document"])
    if email is None:
        return None
    account_id = await accounts_repository.member_with(tx, host.organization_id, email)
    if account_id is None:
        if not row["active"] or not await email_domains.speaks_for(tx, host.organization_id, email):
            return None
        account_id = await provisioned_members.take_in(tx, quotas, host, email, _name_of(row["document"]))
    if account_id is None or not await users_repository.link(tx, host.organization_id, row["id"], account_id):
        return None
    await groups_repository.join(tx, host.organization_id, row["id"], account_id)
    return account_id


def _checked(person: Person) -> dict[str, Any]:
    """What is kept of it. Raises `InvalidValueException`, `TooLarge`."""
    document = stored(person)
    if len(msgspec.json.encode(document)) > DOCUMENT_BYTES_MAX:
        raise TooLarge(f"a person of the directory takes at most {DOCUMENT_BYTES_MAX} bytes")
    for name in ("userName", "externalId"):
        value = document.get(name)
        if value is not None and not 0 < len(value) <= 255:
            raise InvalidValueException(detail=f"{name} must have 1 to 255 characters")
    return document


def _name_of(document: Mapping[str, Any]) -> str:
    name = document.get("name") or {}
    parts = " ".join(each for each in (name.get("givenName"), name.get("familyName")) if each)
    return str(document.get("displayName") or name.get("formatted") or parts)[:_NAME_LENGTH_MAX].strip()


def _taken() -> UniquenessException:
    return UniquenessException(detail="somebody else of the directory has this userName")


def _audited(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "account": None if row["user_id"] is None else str(row["user_id"]),
        "version": row["revision"],
        **row["document"],
    }


_AUDITED = Audited[asyncpg.Record](entity="directory_user", key=lambda row: str(row["user_name"]), shown=_audited)
