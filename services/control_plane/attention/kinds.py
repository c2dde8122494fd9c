"""What asks for somebody's attention, the most pressing first, and where it is read.

Each is a SELECT of key, name, environment, since, count and detail. `$1` organization, `$2` project, `$3` an
environment's key or null, `$4` now, `$5` how many of each, `$6` and `$7` the ids of environments whose flags and whose
SDK keys may be read, `$8` now in epoch milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from control_plane.access import Right

SOON_DAYS = 14


class Kind(StrEnum):
    """Why something is on the list."""

    INCIDENT_OPEN = "incident_open"
    ROLLOUT_HELD = "rollout_held"
    CHANGE_REQUEST_WAITING = "change_request_waiting"
    CHANGE_REQUEST_FAILED = "change_request_failed"
    EXPERIMENT_SCHEDULE_FAILED = "experiment_schedule_failed"
    ROLLOUT_AWAITS_APPROVAL = "rollout_awaits_approval"
    EXPERIMENT_PAST_END = "experiment_past_end"
    WEBHOOK_PAUSED = "webhook_paused"
    SDK_KEY_EXPIRES = "sdk_key_expires"
    TOKEN_EXPIRES = "token_expires"  # noqa: S105 - the name of a kind
    TOKEN_UNUSED = "token_unused"  # noqa: S105 - the name of a kind
    FLAGS_OVERDUE = "flags_overdue"


@dataclass(frozen=True, slots=True)
class Source:
    right: Right
    select: str
    in_organization: bool = False


_ENVIRONMENT = "AND ($3::text IS NULL OR e.key = $3)"
_ROLLOUTS = f"""
SELECT r.key, r.name, e.key AS environment, r.updated_at AS since, 1 AS count,
    json_build_object('flag', r.flag, 'variation', r.variation, 'share', r.share, 'cause', r.cause) AS detail
FROM rollouts r JOIN environments e ON e.id = r.environment_id
WHERE r.organization_id = $1 AND r.project_id = $2 AND r.environment_id = ANY($6::uuid[]) {_ENVIRONMENT}
"""  # noqa: S608 - parts of our own
_TOKENS = """
SELECT t.id::text AS key, t.name, NULL::text AS environment, {since} AS since, 1 AS count,
    json_build_object('last_used_at', t.last_used_at, 'expires_at', t.expires_at, 'created_at', t.created_at) AS detail
FROM api_tokens t
WHERE t.organization_id = $1 AND t.revoked_at IS NULL AND (t.project_id IS NULL OR t.project_id = $2) AND {when}
"""

SOURCES: dict[Kind, Source] = {
    Kind.INCIDENT_OPEN: Source(
        Right.FLAG_READ,
        f"""
SELECT i.id::text AS key, i.rollout AS name, e.key AS environment, i.opened_at AS since, 1 AS count,
    json_build_object('rollout', i.rollout, 'flag', i.flag, 'variation', i.variation, 'guard', i.guard,
        'action', i.action, 'done', i.done, 'share', i.share) AS detail
FROM incidents i JOIN environments e ON e.id = i.environment_id
WHERE i.organization_id = $1 AND i.project_id = $2 AND i.environment_id = ANY($6::uuid[]) AND i.recovered_at IS NULL
    AND EXISTS (SELECT FROM rollouts r WHERE r.id = i.rollout_id
        AND (r.ended_at IS NULL OR r.ended_at > $4 - interval '7 days'))
    {_ENVIRONMENT}
""",  # noqa: S608 - parts of our own
    ),
    Kind.ROLLOUT_HELD: Source(Right.FLAG_READ, f"{_ROLLOUTS} AND r.state = 'held'"),
    Kind.ROLLOUT_AWAITS_APPROVAL: Source(
        Right.FLAG_READ, f"{_ROLLOUTS} AND r.state = 'running' AND r.awaits_approval AND r.due_at <= $4"
    ),
    Kind.EXPERIMENT_SCHEDULE_FAILED: Source(
        Right.EXPERIMENT_READ,
        """
SELECT x.key, x.name, x.environment, x.updated_at AS since, 1 AS count,
    json_build_object('flag', x.flag, 'status', x.status, 'failure', x.schedule_failure) AS detail
FROM experiments x
WHERE x.organization_id = $1 AND x.project_id = $2 AND NOT x.archived AND x.schedule_failure IS NOT NULL
    AND x.status <> 'stopped' AND ($3::text IS NULL OR x.environment = $3)
""",
    ),
    Kind.EXPERIMENT_PAST_END: Source(
        Right.EXPERIMENT_READ,
        """
SELECT x.key, x.name, x.environment, to_timestamp((x.plan->>'planned_end')::bigint / 1000.0) AS since, 1 AS count,
    json_build_object('flag', x.flag, 'status', x.status, 'planned_end', (x.plan->>'planned_end')::bigint) AS detail
FROM experiments x
WHERE x.organization_id = $1 AND x.project_id = $2 AND x.status IN ('running', 'paused')
    AND (x.plan->>'planned_end')::bigint < $8 AND ($3::text IS NULL OR x.environment = $3)
""",
    ),
    Kind.WEBHOOK_PAUSED: Source(
        Right.WEBHOOK_READ,
        """
SELECT w.id::text AS key, COALESCE(NULLIF(w.description, ''), w.url) AS name, NULL::text AS environment,
    w.paused_at AS since, 1 AS count, json_build_object('because', w.paused_because, 'url', w.url) AS detail
FROM webhooks w WHERE w.organization_id = $1 AND w.paused_because IN ('failing', 'gone')
""",
        in_organization=True,
    ),
    Kind.SDK_KEY_EXPIRES: Source(
        Right.SDK_KEY_READ,
        f"""
SELECT k.id::text AS key, k.name, e.key AS environment, k.expires_at AS since, 1 AS count,
    json_build_object('kind', k.kind, 'hint', k.hint, 'expires_at', k.expires_at) AS detail
FROM sdk_keys k JOIN environments e ON e.id = k.environment_id
WHERE k.organization_id = $1 AND k.environment_id = ANY($7::uuid[]) AND k.revoked_at IS NULL
    AND k.expires_at BETWEEN $4 AND $4 + interval '{SOON_DAYS} days' {_ENVIRONMENT}
""",  # noqa: S608 - parts of our own
    ),
    Kind.TOKEN_EXPIRES: Source(
        Right.TOKEN_READ,
        _TOKENS.format(since="t.expires_at", when=f"t.expires_at BETWEEN $4 AND $4 + interval '{SOON_DAYS} days'"),
        in_organization=True,
    ),
    Kind.TOKEN_UNUSED: Source(
        Right.TOKEN_READ,
        _TOKENS.format(
            since="COALESCE(t.last_used_at, t.created_at)",
            when="(t.expires_at IS NULL OR t.expires_at > $4) "
            "AND COALESCE(t.last_used_at, t.created_at) < $4 - interval '90 days'",
        ),
        in_organization=True,
    ),
    Kind.FLAGS_OVERDUE: Source(
        Right.FLAG_READ,
        """
SELECT (array_agg(f.key ORDER BY f.expected_end, f.key))[1] AS key,
    (array_agg(f.name ORDER BY f.expected_end, f.key))[1] AS name, NULL::text AS environment,
    min(f.expected_end)::timestamp AT TIME ZONE 'UTC' AS since, count(*)::integer AS count,
    json_build_object('keys', (array_agg(f.key ORDER BY f.expected_end, f.key))[1:5]) AS detail
FROM flags f
WHERE f.organization_id = $1 AND f.project_id = $2 AND NOT f.archived
    AND f.expected_end < ($4::timestamptz AT TIME ZONE 'UTC')::date
HAVING count(*) > 0
""",
    ),
}
"""Change requests are asked for by their own queries."""
