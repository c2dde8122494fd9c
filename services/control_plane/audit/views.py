"""From rows of the audit log to what is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from control_plane.audit.schemas import ActorView, AuditEntryView, AuditVerdictView
from control_plane.changes.patches import in_words, json_patch
from control_plane.changes.sentences import Deed, summary_of
from control_plane.changes.verification import Verification

_BYTES_COMPARED_AT_ONCE_MAX = 64 * 1024
_CHANGES_MAX = 100

Keys = Mapping[UUID, str]


async def entry_views(rows: Sequence[asyncpg.Record], projects: Keys, environments: Keys) -> list[AuditEntryView]:
    """Each row as it is answered; large ones are compared in a thread, so that others have their turn."""
    large = sum(len(row["before"] or "") + len(row["after"] or "") for row in rows) > _BYTES_COMPARED_AT_ONCE_MAX
    if large:
        return await asyncio.to_thread(_views, rows, projects, environments)
    return _views(rows, projects, environments)


def verdict_view(found: Verification) -> AuditVerdictView:
    return AuditVerdictView(
        intact=found.first_bad is None,
        entries=found.entries,
        first_bad=found.first_bad,
        last_bad=found.last_bad,
        reason=found.reason,
    )


def _views(rows: Sequence[asyncpg.Record], projects: Keys, environments: Keys) -> list[AuditEntryView]:
    return [_view(row, projects, environments) for row in rows]


def _view(row: asyncpg.Record, projects: Keys, environments: Keys) -> AuditEntryView:
    before, after = _document(row["before"]), _document(row["after"])
    deed = Deed(
        actor_kind=row["actor_kind"],
        actor_name=row["actor_name"],
        behalf=row["behalf_name"],
        entity=row["entity"],
        entity_key=row["entity_key"],
        action=row["action"],
        before=before,
        after=after,
    )
    versions = {UUID(each): version for each, version in row["environment_versions"].items()}
    return AuditEntryView(
        number=row["number"],
        at=row["at"],
        summary=summary_of(deed),
        actor=ActorView(kind=row["actor_kind"], id=row["actor_id"], name=row["actor_name"]),
        on_behalf_of=_behalf(row),
        right=row["used_right"],
        reason=row["reason"],
        project_id=row["project_id"],
        project=projects.get(row["project_id"]),
        environments=sorted(environments[each] for each in versions if each in environments),
        environment_versions=versions,
        entity=row["entity"],
        entity_key=row["entity_key"],
        action=row["action"],
        address=row["address"],
        request_id=row["request_id"],
        changes=in_words(before, after)[:_CHANGES_MAX],
        patch=json_patch(before, after),
        before=before,
        after=after,
        previous_hash=row["previous_hash"].hex(),
        hash=row["hash"].hex(),
    )


def _behalf(row: asyncpg.Record) -> ActorView | None:
    if row["behalf_id"] is None:
        return None
    return ActorView(kind=row["behalf_kind"], id=row["behalf_id"], name=row["behalf_name"])


def _document(text: str | None) -> dict[str, Any] | None:
    return None if text is None else msgspec.json.decode(text, type=dict[str, Any])
