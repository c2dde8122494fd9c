"""Where flags are on, and what they serve there in short: enough for a sentence, less than their settings.

Whose change it was and which experiments are under way is told in answers to reads and to writes alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from control_plane.access import Actor
from control_plane.database import Connection
from control_plane.entities.answers import told_moment
from control_plane.flags.models import FlagRow, SettingsRow, default_of, off_variation_of

Switch = dict[str, Any]
Switches = dict[str, Switch]
"""By environment."""
RULES_BYTES_MAX = 16 * 1024
"""Of rules that are longer no more than their number is told."""
SEGMENTS_TOLD_MAX = 20
_CONDITION_TOLD_MAX = 1024
_LAST = (
    "LEFT JOIN LATERAL (SELECT a.actor_kind, a.actor_id, a.actor_name FROM audit_entries a "
    "WHERE a.organization_id = $1 AND a.project_id = f.project_id AND a.act_id IS NULL "
    "AND a.entity = {entity} AND a.entity_key = {key} ORDER BY a.number DESC LIMIT 1) c ON {when}"
)
_SETTINGS_CHANGE = _LAST.format(entity="'flag_settings'", key="f.key || '/' || e.key", when="s.flag_id IS NOT NULL")
_FLAG_CHANGE = _LAST.format(entity="'flag'", key="f.key", when="true")
_UNDER_WAY = "x.flag = f.key AND x.status IN ('running', 'paused', 'scheduled') AND NOT x.archived"
_OF_FLAGS = f"""
SELECT f.id, e.key, e.position, e.created_at AS made_at, s.enabled, s.version, s.updated_at, s.default_serve,
    s.off_variation, CASE WHEN octet_length(s.rules::text) <= {RULES_BYTES_MAX} THEN s.rules END AS rules,
    json_array_length(s.rules) AS rules_count, json_array_length(s.targets) AS targets_count,
    json_array_length(s.prerequisites) AS prerequisites_count, c.actor_kind, c.actor_id, c.actor_name,
    ARRAY(
        SELECT x.key || ' ' || x.status FROM experiments x WHERE x.organization_id = $1 AND x.environment_id = e.id
            AND {_UNDER_WAY} ORDER BY x.key
    ) AS experiments
FROM flags f
JOIN environments e ON e.project_id = f.project_id AND e.organization_id = f.organization_id
LEFT JOIN flag_settings s ON s.environment_id = e.id AND s.flag_id = f.id
{_SETTINGS_CHANGE}
WHERE f.organization_id = $1 AND f.id = ANY($2::uuid[]) AND e.archived_at IS NULL
UNION ALL
SELECT f.id, NULL, -1, f.created_at, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    c.actor_kind, c.actor_id, c.actor_name, NULL
FROM flags f {_FLAG_CHANGE}
WHERE f.organization_id = $1 AND f.id = ANY($2::uuid[])
ORDER BY position, made_at, key
"""  # noqa: S608 - column names of our own


AROUND = f"""
(SELECT jsonb_object_agg(e.key, jsonb_build_object(
    'changed_by', CASE WHEN c.actor_kind IS NOT NULL
        THEN jsonb_build_object('kind', c.actor_kind, 'id', c.actor_id, 'name', c.actor_name) END,
    'experiments', COALESCE((
        SELECT jsonb_agg(jsonb_build_object('key', x.key, 'status', x.status) ORDER BY x.key)
        FROM experiments x WHERE x.organization_id = $1 AND x.environment_id = e.id AND {_UNDER_WAY}
    ), '[]'::jsonb)))
FROM environments e LEFT JOIN flag_settings s ON s.environment_id = e.id AND s.flag_id = f.id
{_SETTINGS_CHANGE}
WHERE e.organization_id = f.organization_id AND e.project_id = f.project_id AND e.archived_at IS NULL)
"""  # noqa: S608 - parts of our own
"""What is around one flag `f` in each environment, as `around_of` reads it; `$1` is the organization."""


class Known(NamedTuple):
    """What is told of a flag beside its own row. `changed_by`: who changed the flag itself last."""

    switches: Switches
    changed_by: Mapping[str, str] | None = None


async def known_of(tx: Connection, flags: Sequence[FlagRow]) -> dict[UUID, Known]:
    """For each flag, each environment of its project that isn't archived."""
    by_id = {each.id: each for each in flags}
    records = await tx.fetch_beside(by_id, _OF_FLAGS, flags[0].organization_id, list(by_id))
    switches: dict[UUID, Switches] = {each: {} for each in by_id}
    changed: dict[UUID, Mapping[str, str] | None] = {}
    for record in records:
        if record["key"] is None:
            changed[record["id"]] = _who(record)
        else:
            switches[record["id"]][record["key"]] = _read(by_id[record["id"]], record)
    return {each: Known(switches[each], changed.get(each)) for each in by_id}


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a flag in an environment: who changed its settings there last, its experiments under way."""

    changed_by: Mapping[str, str] | None = None
    experiments: Sequence[Mapping[str, str]] = ()

    def without(self, stopped: Collection[str]) -> Around:
        return replace(self, experiments=[each for each in self.experiments if each["key"] not in stopped])


def around_of(told: Mapping[str, Any]) -> dict[str, Around]:
    """By environment; `told` is what `AROUND` finds."""
    return {key: Around(each["changed_by"], each["experiments"]) for key, each in told.items()}


def switch_of(flag: FlagRow, settings: SettingsRow | None, around: Around) -> Switch:
    """As a write knows it."""
    counts = None
    if settings is not None:
        counts = _Counts(len(settings.rules), len(settings.targets), len(settings.prerequisites))
    enabled = settings is not None and settings.enabled
    default, off = default_of(flag, settings), off_variation_of(flag, settings)
    rules = [] if settings is None else settings.rules
    return {
        "enabled": enabled,
        "version": 1 if settings is None else settings.version,
        "serves": _serves(on=enabled and not flag.archived, default=default, off=off, rules=rules, counts=counts),
        "changed_at": None if settings is None else told_moment(settings.updated_at),
        "changed_by": around.changed_by,
        "experiments": list(around.experiments),
    }


def who_of(actor: Actor) -> dict[str, str]:
    """As the entry of their write will tell."""
    return {"kind": actor.kind, "id": str(actor.id), "name": actor.name}


class _Counts(NamedTuple):
    rules: int = 0
    targets: int = 0
    prerequisites: int = 0


def _read(flag: FlagRow, record: asyncpg.Record) -> Switch:
    enabled = bool(record["enabled"])
    counts = _Counts(record["rules_count"] or 0, record["targets_count"] or 0, record["prerequisites_count"] or 0)
    own, off = record["default_serve"], record["off_variation"]
    moment = record["updated_at"]
    return {
        "enabled": enabled,
        "version": record["version"] or 1,
        "serves": _serves(
            on=enabled and not flag.archived,
            default=flag.default_serve if own is None else own,
            off=flag.off_variation if off is None else off,
            rules=record["rules"] or [],
            counts=counts,
        ),
        "changed_at": None if moment is None else told_moment(moment),
        "changed_by": _who(record),
        "experiments": [dict(zip(("key", "status"), each.split(" "), strict=True)) for each in record["experiments"]],
    }


def _who(record: asyncpg.Record) -> dict[str, str] | None:
    if record["actor_kind"] is None:
        return None
    return {"kind": record["actor_kind"], "id": record["actor_id"], "name": record["actor_name"]}


def _serves(
    *,
    on: bool,
    default: Mapping[str, Any],
    off: str,
    rules: Sequence[Mapping[str, Any]],
    counts: _Counts | None,
) -> dict[str, Any]:
    counts = counts or _Counts()
    shares = _shares(default) if on else [{"variation": off, "weight": 100.0}]
    kind = "off" if not on else "rules" if counts.rules else "one" if len(shares) == 1 else "split"
    segments = dict.fromkeys(key for rule in rules for key in _segments(rule.get("if")))
    return {
        "kind": kind,
        "shares": shares,
        "rules": counts.rules,
        "targets": counts.targets,
        "prerequisites": counts.prerequisites,
        "segments": list(segments)[:SEGMENTS_TOLD_MAX],
        "rule": _rule(rules[0]) if len(rules) == counts.rules == 1 else None,
    }


def _rule(rule: Mapping[str, Any]) -> dict[str, Any] | None:
    condition = rule.get("if")
    if len(repr(condition)) > _CONDITION_TOLD_MAX:
        return None
    return {"if": condition, "shares": _shares(rule["then"])}


def _shares(serve: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "variation" in serve:
        return [{"variation": serve["variation"], "weight": 100.0}]
    return [{"variation": each["key"], "weight": float(each["weight"])} for each in serve["rollout"]["variations"]]


def _segments(condition: Any) -> Iterator[str]:
    """At any depth, in their order."""
    waiting: list[Any] = [condition]
    while waiting:
        each = waiting.pop()
        if not isinstance(each, Mapping):
            continue
        if isinstance(named := each.get("segment"), str):
            yield named
        further: Collection[Any] = [each["not"]] if "not" in each else each.get("and") or each.get("or") or ()
        waiting.extend(reversed(list(further)))
