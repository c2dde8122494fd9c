"""Records a change: the environments' next versions, the audit entry, the outbox rows, a word to the relay."""

from __future__ import annotations

from uuid import UUID

from service_kit.logs import current_request_id
from service_kit.origins import current_address

from control_plane.changes.hash_chain import ALL_COLUMNS, GENESIS, canonical_json, entry_hash
from control_plane.changes.models import Change, Origin
from control_plane.database import Connection

CHANNEL = "environment_changed"

_NEXT_VERSIONS = """
WITH locked AS (
    SELECT id FROM environments
    WHERE (id = ANY($1::uuid[]) OR $3) AND organization_id = $2
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE environments SET version = version + 1 FROM locked WHERE environments.id = locked.id
RETURNING environments.id, environments.version
"""
_ENSURE_HEAD = """
INSERT INTO audit_heads (organization_id, number, hash) VALUES ($1, 0, $2) ON CONFLICT (organization_id) DO NOTHING
"""
_APPEND = f"""
INSERT INTO audit_entries ({", ".join(ALL_COLUMNS)}, previous_hash, hash)
VALUES ({", ".join(f"${index + 1}" for index in range(len(ALL_COLUMNS) + 2))})
"""  # noqa: S608 - column names of our own
_OUTBOX = """
INSERT INTO outbox (environment_id, version, organization_id, audit_number, created_at)
SELECT environment_id, version, $3, $4, $5 FROM unnest($1::uuid[], $2::bigint[]) AS given (environment_id, version)
"""


async def record(tx: Connection, change: Change) -> dict[UUID, int]:
    """Ends a domain write. Answers the version that each environment of the change has now.

    Call it once per write, after the write's own rows, in the write's transaction. Versions have no gaps: the row
    of the environment stays locked until the commit. Locks are taken in one order (environments by id, then the
    organization's head), so two changes never wait for each other.
    Raises `LookupError` for an environment that isn't the organization's.
    """
    wanted = sorted(set(change.environment_ids))
    versions: dict[UUID, int] = {}
    if wanted or change.everywhere:
        rows = await tx.fetch(_NEXT_VERSIONS, wanted, change.organization_id, change.everywhere)
        versions = {row["id"]: row["version"] for row in sorted(rows, key=lambda row: row["id"])}
    if not versions.keys() >= set(wanted):
        raise LookupError("a change names an environment that its organization does not have")
    number = await _append(tx, change, versions)
    if versions:
        await tx.execute(_OUTBOX, list(versions), list(versions.values()), change.organization_id, number, tx.now)
        await tx.execute("SELECT pg_notify($1, '')", CHANNEL)
    return versions


async def _append(tx: Connection, change: Change, versions: dict[UUID, int]) -> int:
    head = await tx.fetchrow(
        "SELECT number, hash FROM audit_heads WHERE organization_id = $1 FOR UPDATE", change.organization_id
    )
    if head is None:
        await tx.execute(_ENSURE_HEAD, change.organization_id, GENESIS)
        head = await tx.fetchrow(
            "SELECT number, hash FROM audit_heads WHERE organization_id = $1 FOR UPDATE", change.organization_id
        )
        assert head is not None  # noqa: S101 - inserted in the statement before
    number = head["number"] + 1
    origin = change.origin or _present_origin()
    entry = {
        "organization_id": change.organization_id,
        "number": number,
        "at": origin.at or tx.now,
        "actor_kind": change.actor.kind,
        "actor_id": str(change.actor.id),
        "actor_name": change.actor.name,
        "project_id": change.project_id,
        "environment_versions": {str(each): version for each, version in versions.items()},
        "entity": change.entity,
        "entity_key": change.entity_key,
        "action": change.action,
        "before": None if change.before is None else canonical_json(change.before),
        "after": None if change.after is None else canonical_json(change.after),
        "address": origin.address,
        "request_id": origin.request_id,
        "act_id": origin.act_id,
    }
    digest = entry_hash(entry, head["hash"])
    await tx.execute(_APPEND, *(entry[name] for name in ALL_COLUMNS), head["hash"], digest)
    await tx.execute(
        "UPDATE audit_heads SET number = $2, hash = $3 WHERE organization_id = $1",
        change.organization_id,
        number,
        digest,
    )
    return int(number)


def _present_origin() -> Origin:
    return Origin(address=current_address() or None, request_id=current_request_id() or None)
