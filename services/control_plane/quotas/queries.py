"""How much is used of each quota. What projects hold is counted by the database itself, with each row."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import asyncpg

from control_plane.database import Connection, Statement
from control_plane.quotas.limits import TERMS, Holder, Quota
from control_plane.quotas.models import Growth

ENTITY_KINDS: Mapping[Quota, str] = {
    Quota.FLAGS: "flag",
    Quota.CONFIGS: "config",
    Quota.SEGMENTS: "segment",
    Quota.METRICS: "metric",
    Quota.EXPERIMENTS: "experiment",
    Quota.LAYERS: "layer",
    Quota.HOLDOUTS: "holdout",
}
_LOCK: Mapping[Holder, str] = {
    Holder.ORGANIZATION: "SELECT FROM organizations WHERE id = $1 FOR NO KEY UPDATE",
    Holder.PROJECT: "SELECT FROM projects WHERE organization_id = $1 AND id = $2 FOR UPDATE",
    Holder.ENVIRONMENT: "SELECT FROM environments WHERE organization_id = $1 AND id = $2 FOR UPDATE",
}
_ACTIVE = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)"
_ROWS: Mapping[Quota, str] = {
    Quota.PROJECTS: "SELECT count(*) FROM projects WHERE organization_id = $1 AND $2::timestamptz IS NOT NULL",
    # Whoever is invited has a place.
    Quota.MEMBERS: "SELECT (SELECT count(*) FROM memberships WHERE organization_id = $1) + (SELECT count(*) "
    "FROM invitations WHERE organization_id = $1 AND ended_at IS NULL AND expires_at > $2)",
    Quota.TOKENS: f"SELECT count(*) FROM api_tokens WHERE organization_id = $1 AND {_ACTIVE}",  # noqa: S608
    Quota.ROLES: "SELECT count(*) FROM roles WHERE organization_id = $1 AND $2::timestamptz IS NOT NULL",
    Quota.GROUPS: "SELECT count(*) FROM groups WHERE organization_id = $1 AND NOT provisioned "
    "AND $2::timestamptz IS NOT NULL",
    Quota.BINDINGS: "SELECT count(*) FROM bindings WHERE organization_id = $1 AND $2::timestamptz IS NOT NULL",
    Quota.WEBHOOKS: "SELECT count(*) FROM webhooks WHERE organization_id = $1 AND $2::timestamptz IS NOT NULL",
    Quota.ENVIRONMENTS: "SELECT count(*) FROM environments WHERE organization_id = $1 AND project_id = $3 "
    "AND $2::timestamptz IS NOT NULL",
    Quota.CHANGE_REQUESTS: "SELECT count(*) FROM change_requests WHERE organization_id = $1 AND project_id = $3 "
    "AND state IN ('open', 'scheduled') AND $2::timestamptz IS NOT NULL",
    Quota.SDK_KEYS: "SELECT count(*) FROM sdk_keys WHERE organization_id = $1 AND environment_id = $3 "  # noqa: S608
    f"AND {_ACTIVE}",
    Quota.IDENTITY_PROVIDERS: "SELECT count(*) FROM identity_providers WHERE organization_id = $1 "
    "AND $2::timestamptz IS NOT NULL",
    Quota.EMAIL_DOMAINS: "SELECT count(*) FROM email_domains WHERE organization_id = $1 "
    "AND $2::timestamptz IS NOT NULL",
    Quota.PROVISIONING_TOKENS: f"SELECT count(*) FROM provisioning_tokens WHERE organization_id = $1 AND {_ACTIVE}",  # noqa: S608
    Quota.DIRECTORY_USERS: "SELECT count(*) FROM directory_users WHERE organization_id = $1 "
    "AND $2::timestamptz IS NOT NULL",
    Quota.DIRECTORY_GROUPS: "SELECT count(*) FROM groups WHERE organization_id = $1 AND provisioned "
    "AND $2::timestamptz IS NOT NULL",
}
_OVERRIDES = """
(SELECT jsonb_object_agg(quota, maximum) FROM quota_overrides WHERE organization_id = $1) AS overrides
"""
_OBSTACLES = f"""
SELECT {_OVERRIDES.strip()},
    (SELECT COALESCE(sum(used), 0) FROM usage_counts WHERE organization_id = $1 AND project_id = $4
        AND kind = $5) AS entities,
    GREATEST(
        (SELECT COALESCE(sum(bytes), 0) FROM usage_counts WHERE organization_id = $1 AND project_id = $4
            AND environment_id IS NULL),
        (SELECT max(bytes) FROM environment_sizes WHERE organization_id = $1 AND environment_id = ANY($2::uuid[]))
    ) AS environment_bytes,
    (SELECT COALESCE(sum(bytes), 0) FROM environment_sizes WHERE organization_id = $1) AS organization_bytes,
    unpublished_growth() + $3 * cardinality($2::uuid[]) AS unpublished,
    (SELECT bytes FROM config_streams WHERE name = 'CONFIG') AS stream_bytes,
    (SELECT bytes_max FROM config_streams WHERE name = 'CONFIG') AS stream_bytes_max
"""  # noqa: S608 - a statement of our own
_HOLD = f"""
WITH noted AS (
    UPDATE outbox SET growth = outbox.growth + $3 FROM environments
    WHERE environments.organization_id = $1 AND environments.id = ANY($2::uuid[])
        AND outbox.environment_id = environments.id AND outbox.version = environments.version
)
{_OBSTACLES}
"""  # noqa: S608 - a statement of our own


async def overrides_of(tx: Connection, organization_id: UUID) -> dict[Quota, int]:
    """The limits that an operator has set for the organization."""
    return read_overrides(await tx.fetchval(f"SELECT {_OVERRIDES}", organization_id))


def read_overrides(stored: Mapping[str, int] | None) -> dict[Quota, int]:
    return {Quota(name): maximum for name, maximum in (stored or {}).items() if name in list(Quota)}


async def rows_of(tx: Connection, quota: Quota, organization_id: UUID, holder_id: UUID, *, lock: bool = False) -> int:
    """How many rows the holder has; with `lock` nobody else claims one until the end of the transaction."""
    holder = TERMS[quota].holder
    inside = () if holder == Holder.ORGANIZATION else (holder_id,)
    if lock:
        await tx.execute(_LOCK[holder], organization_id, *inside)
    return int(await tx.fetchval(_ROWS[quota], organization_id, tx.now, *inside))


def obstacles(growth: Growth) -> Statement:
    """All that may stand against it, for a statement that notes itself what waits to be published."""
    kind = None if growth.quota is None else ENTITY_KINDS[growth.quota]
    environments = list(growth.environment_ids)
    return Statement(_OBSTACLES, (growth.organization_id, environments, growth.bytes, growth.project_id, kind))


async def hold(tx: Connection, growth: Growth) -> asyncpg.Record:
    """Notes what waits to be published, and reads all that may stand against it, in one round trip."""
    row = await tx.fetchrow(_HOLD, *obstacles(growth).values)
    assert row is not None  # noqa: S101 - a select without a table has one row
    return row


async def entities_of(tx: Connection, organization_id: UUID, project_id: UUID) -> dict[str, int]:
    """Numbers of entities by kind."""
    rows = await tx.fetch(
        "SELECT kind, sum(used)::bigint AS used FROM usage_counts WHERE organization_id = $1 AND project_id = $2 "
        "GROUP BY kind",
        organization_id,
        project_id,
    )
    return {row["kind"]: row["used"] for row in rows}


async def environments_of(tx: Connection, organization_id: UUID, project_id: UUID) -> list[asyncpg.Record]:
    """Key, bytes and SDK keys in force of each environment that isn't archived."""
    return await tx.fetch(
        "SELECT key, bytes, (SELECT count(*) FROM sdk_keys "  # noqa: S608 - a condition of our own
        f"WHERE sdk_keys.environment_id = environment_sizes.environment_id AND {_ACTIVE}) AS sdk_keys "
        "FROM environment_sizes WHERE organization_id = $1 AND project_id = $3 ORDER BY key",
        organization_id,
        tx.now,
        project_id,
    )


async def organization_bytes(tx: Connection, organization_id: UUID) -> int:
    """Over all environments that aren't archived."""
    return int(
        await tx.fetchval(
            "SELECT COALESCE(sum(bytes), 0) FROM environment_sizes WHERE organization_id = $1", organization_id
        )
    )


async def environment_bytes(tx: Connection, organization_id: UUID, environment_id: UUID) -> int:
    """What the environment holds, with what it shares with its project; 0 for an archived one."""
    return int(
        await tx.fetchval(
            "SELECT COALESCE(sum(bytes), 0) FROM environment_sizes WHERE organization_id = $1 AND environment_id = $2",
            organization_id,
            environment_id,
        )
    )
