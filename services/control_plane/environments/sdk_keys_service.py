"""SDK keys are made, rotated and revoked; each write ends in `changes.recorder`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
from service_kit.problems import Conflict

from control_plane.access import Actor
from control_plane.changes import Change, record
from control_plane.database import Connection
from control_plane.environments import sdk_keys_repository
from control_plane.environments.schemas import NewSdkKeyView, SdkKeyCreate, SdkKeyView


async def create(tx: Connection, actor: Actor, environment: asyncpg.Record, body: SdkKeyCreate) -> NewSdkKeyView:
    made, key = await sdk_keys_repository.insert(tx, environment, body.kind, body.name, body.expires_at)
    versions = await _record(tx, actor, environment, "create", None, _document(environment, made))
    return NewSdkKeyView(**made, key=key, environment_versions=versions)


async def rotate(
    tx: Connection, actor: Actor, environment: asyncpg.Record, key_id: UUID, overlap_seconds: int
) -> NewSdkKeyView:
    """A key of the same kind and name; the old one is taken until the overlap is over. Raises `Conflict`."""
    old = await sdk_keys_repository.locked(tx, environment, key_id)
    if old["revoked_at"] is not None:
        raise Conflict("a revoked key can't be rotated", code="key_revoked")
    made, key = await sdk_keys_repository.insert(tx, environment, old["kind"], old["name"], None)
    await sdk_keys_repository.expire(tx, environment, key_id, overlap_seconds)
    ending = await sdk_keys_repository.locked(tx, environment, key_id)
    after = {**_document(environment, made), "replaces": _document(environment, ending)}
    versions = await _record(tx, actor, environment, "rotate", _document(environment, old), after)
    return NewSdkKeyView(**made, key=key, environment_versions=versions)


async def revoke(tx: Connection, actor: Actor, environment: asyncpg.Record, key_id: UUID) -> SdkKeyView:
    """The key as it is then; revoking again changes nothing. Raises `NotFound`."""
    old = await sdk_keys_repository.locked(tx, environment, key_id)
    if old["revoked_at"] is not None:
        return SdkKeyView(**old)
    await sdk_keys_repository.revoke(tx, environment, key_id)
    revoked = await sdk_keys_repository.locked(tx, environment, key_id)
    before, after = _document(environment, old), _document(environment, revoked)
    versions = await _record(tx, actor, environment, "revoke", before, after)
    return SdkKeyView(**revoked, environment_versions=versions)


def _document(environment: asyncpg.Record, key: asyncpg.Record) -> dict[str, Any]:
    """As the audit log keeps an SDK key: never the key itself."""
    return {"environment": environment["key"], **SdkKeyView(**key).audited()}


async def _record(
    tx: Connection,
    actor: Actor,
    environment: asyncpg.Record,
    action: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> dict[str, int]:
    change = Change(
        organization_id=environment["organization_id"],
        project_id=environment["project_id"],
        entity="sdk_key",
        entity_key=after["id"],
        action=action,
        actor=actor,
        environment_ids=[environment["id"]],
        before=before,
        after=after,
    )
    versions = await record(tx, change)
    return {environment["key"]: versions[environment["id"]]}
