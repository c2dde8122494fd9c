"""Touched entities: what was written in an environment between two of its versions, as the audit log tells it.

Every write takes the environment's next version and leaves its audit entry with it in one transaction, so the entries
of the versions in between name all that was written. What they don't name for certain is read whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from control_plane.database import Connection
from control_plane.entities.transactions import STOPPED_MAX

_LOOK_BACK = 2_000
# The entries of experiments that a write has stopped beside what it did stand right behind its own; marks that it left
# have its moment.
_ENTRIES = """
SELECT o.version, o.organization_id, o.audit_number, a.entity, a.entity_key, EXISTS (
    SELECT FROM experiments WHERE environment_id = $1 AND flag = split_part(a.entity_key, '/', 1)
) AS experimented, ARRAY (
    SELECT b.entity_key FROM audit_entries b
    WHERE b.organization_id = o.organization_id AND b.number BETWEEN o.audit_number + 1 AND o.audit_number + $4
        AND b.entity = 'experiment' AND (b.environment_versions ->> o.environment_id::text)::bigint = o.version
) AS stopped, ARRAY (
    SELECT x.key FROM disturbances d JOIN experiments x ON x.id = d.experiment_id
    WHERE d.environment_id = o.environment_id AND d.at = o.created_at
) AS marked
FROM outbox o JOIN audit_entries a ON a.organization_id = o.organization_id AND a.number = o.audit_number
WHERE o.environment_id = $1 AND o.version > $2 AND o.version <= $3 ORDER BY o.version
"""
_FIRST_TOGETHER = """
SELECT min(number) FROM audit_entries
WHERE organization_id = $1 AND number BETWEEN $2 AND $3 AND (environment_versions ->> $4)::bigint = $5
"""
_TOGETHER = """
SELECT DISTINCT entity, entity_key FROM audit_entries WHERE organization_id = $1 AND number >= $2 AND number < $3
"""
_TOGETHER_BY = frozenset({"bulk_change", "change_request", "rollout"})
"""What other writes are made together by. A rollout also changes alone."""
_KINDS = {
    "flag": "flag",
    "flag_settings": "flag",
    "config": "config",
    "config_settings": "config",
    "segment": "segment",
    "experiment": "experiment",
    "disturbance": "experiment",
    "metric": "metric",
    "holdout": "holdout",
    "override": "flag",
    "rollout": "rollout",
}
# Keys of layers stand in experiments alone, which have entries of their own.
_SHOWN_NOWHERE = frozenset({"incident", "layer", "persona", "rollout_template", "saved_view"})
_OF_THE_ENVIRONMENT = frozenset(
    {
        "binding",
        "directory_user",
        "email_domain",
        "environment",
        "group",
        "identity_provider",
        "invitation",
        "member",
        "organization",
        "project",
        "project_role",
        "provisioning_token",
        "role",
        "sdk_key",
        "signing_key",
        "token",
        "user",
    }
)


@dataclass(frozen=True, slots=True)
class Touched:
    """Keys of what was written. `environment`: its own entry may be another one; `experimented`: there may be
    experiments on the flags."""

    environment: bool = False
    experimented: bool = False
    flags: frozenset[str] = frozenset()
    configs: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    experiments: frozenset[str] = frozenset()
    metrics: frozenset[str] = frozenset()
    holdouts: frozenset[str] = frozenset()
    rollouts: frozenset[str] = frozenset()


async def touched_between(tx: Connection, environment_id: UUID, since: int, version: int) -> Touched | None:
    """What the versions after `since` up to `version` wrote; None where that can't be told for certain."""
    if version <= since:
        return Touched() if version == since else None
    rows = await tx.fetch(_ENTRIES, environment_id, since, version, STOPPED_MAX)
    if [row["version"] for row in rows] != list(range(since + 1, version + 1)):
        return None
    named: set[tuple[str, str]] = set()
    experimented = False
    for row in rows:
        if row["entity"] not in _TOGETHER_BY:
            named.add((row["entity"], row["entity_key"]))
            named |= {("experiment", each) for each in (*row["stopped"], *row["marked"])}
            experimented = experimented or row["experimented"]
            continue
        experimented = True
        number, organization_id = row["audit_number"], row["organization_id"]
        first = await tx.fetchval(
            _FIRST_TOGETHER, organization_id, number - _LOOK_BACK, number - 1, str(environment_id), row["version"]
        )
        if first is None and row["entity"] in _KINDS:
            first = number
        if first is None or first <= number - _LOOK_BACK:
            return None
        together = await tx.fetch(_TOGETHER, organization_id, first, number)
        named |= {(each["entity"], each["entity_key"]) for each in together}
        if row["entity"] in _KINDS:
            named.add((row["entity"], row["entity_key"]))
    return touched_of(named, experimented=experimented)


def touched_of(named: Iterable[tuple[str, str]], *, experimented: bool) -> Touched | None:
    """What writes touch, by the entities and keys of their audit entries; None where that can't be told."""
    keys: dict[str, set[str]] = {kind: set() for kind in _KINDS.values()}
    environment = False
    for entity, key in named:
        if entity in _KINDS:
            # Settings are named `flag/environment`, overrides `flag/environment/unit`, rollouts `rollout/environment`.
            keys[_KINDS[entity]].add(key.partition("/")[0])
        elif entity in _OF_THE_ENVIRONMENT:
            environment = True
        elif entity not in _SHOWN_NOWHERE:
            return None
    return Touched(
        environment=environment,
        experimented=experimented,
        flags=frozenset(keys["flag"]),
        configs=frozenset(keys["config"]),
        segments=frozenset(keys["segment"]),
        experiments=frozenset(keys["experiment"]),
        metrics=frozenset(keys["metric"]),
        holdouts=frozenset(keys["holdout"]),
        rollouts=frozenset(keys["rollout"]),
    )
