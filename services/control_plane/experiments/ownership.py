"""Who owns which slot of a layer in one environment, and who has owned one before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from bucketing.document.serves import percent
from bucketing.flagset import BUCKET_COUNT

from control_plane.access import Actor, ProjectScope, Right, require
from control_plane.database import Connection, Record
from control_plane.entities.moments import rfc3339
from control_plane.entities.transactions import ProjectTransactions
from control_plane.environments.queries import environment_by_key
from control_plane.experiments.slots import free_slot, free_slots
from control_plane.holdouts.queries import holdouts_of_keys
from control_plane.layers.queries import find_layer

PAST_MAX = 1000
"""Of those who have owned a slot: the last ones."""
_RIGHTS = (Right.LAYER_READ, Right.EXPERIMENT_READ, Right.HOLDOUT_READ)

_PRESENT = """
SELECT key, name, flag, status, bucket_by, layer_share, traffic, slot_start, slot_end, phase,
    coalesce(phase_started_at, start_at) AS started_at, holdouts, schedule ->> 'start_at' AS scheduled_at
FROM experiments
WHERE organization_id = $1 AND environment_id = $2 AND layer = $3 AND mode = 'assigns' AND NOT archived
    AND status IN ('running', 'paused', 'scheduled')
ORDER BY slot_start, key
"""
_PAST = """
WITH past AS (
    SELECT key, name, flag, status, archived, bucket_by, traffic, slot_start, slot_end, phase,
        coalesce(phase_started_at, start_at) AS started_at, stop_at AS ended_at
    FROM experiments
    WHERE organization_id = $1 AND environment_id = $2 AND layer = $3 AND status = 'stopped' AND slot_end IS NOT NULL
    UNION ALL
    SELECT x.key, x.name, x.flag, x.status, x.archived, p ->> 'bucket_by', round((p ->> 'traffic')::numeric * 100),
        (p -> 'layer' ->> 'start')::integer, (p -> 'layer' ->> 'end')::integer, (p ->> 'phase')::integer,
        (extract(epoch FROM (p ->> 'started_at')::timestamptz) * 1000)::bigint,
        (extract(epoch FROM (p ->> 'ended_at')::timestamptz) * 1000)::bigint
    FROM experiments x CROSS JOIN json_array_elements(x.ended_phases) AS p
    WHERE x.organization_id = $1 AND x.environment_id = $2 AND p -> 'layer' ->> 'key' = $3
        AND p -> 'layer' ->> 'end' IS NOT NULL
)
SELECT *, count(*) OVER () AS total FROM past ORDER BY ended_at DESC, key, phase DESC LIMIT $4
"""


class LayerOwnership:
    """Tells of the slots of layers."""

    def __init__(self, transactions: ProjectTransactions) -> None:
        self._transactions = transactions

    async def slots(self, actor: Actor, project: str, layer: str, environment: str) -> Mapping[str, Any]:
        """Raises `NotFound` and `MissingRight`."""
        async with self._transactions.read(actor, project, _RIGHTS[0]) as read:
            found = await environment_by_key(read.tx, read.scope, environment)
            for right in _RIGHTS:
                require(actor, right, found.within(read.scope))
            await find_layer(read, layer)
            at = (read.scope.organization_id, found.id, layer)
            present = await read.tx.fetch(_PRESENT, *at)
            owners = [each for each in present if each["slot_end"] is not None]
            waiting = [each for each in present if each["slot_end"] is None]
            past = await read.tx.fetch(_PAST, *at, PAST_MAX)
            taken = [(each["slot_start"], each["slot_end"]) for each in owners]
            return {
                "layer": layer,
                "environment": environment,
                "buckets": BUCKET_COUNT,
                "owners": [_owner(each) for each in owners],
                "free": [_slot(*each) for each in free_slots(taken)],
                "waiting": [_waiting(each, owners) for each in waiting],
                "holdouts": await _holdouts(read.tx, read.scope, present),
                "past": [_past(each, owners) for each in past],
                "past_total": past[0]["total"] if past else 0,
            }


def _slot(start: int, end: int) -> dict[str, Any]:
    return {
        "start": start,
        "end": end,
        "start_percent": float(percent(start)),
        "end_percent": float(percent(end)),
        "share": float(percent(end - start)),
    }


def _experiment(row: Record) -> dict[str, Any]:
    return {
        "experiment": row["key"],
        **{name: row[name] for name in ("name", "flag", "status", "bucket_by")},
        "traffic": float(percent(int(row["traffic"]))),
    }


def _owner(row: Record) -> dict[str, Any]:
    return {
        **_experiment(row),
        "slot": _slot(row["slot_start"], row["slot_end"]),
        "phase": row["phase"],
        "started_at": rfc3339(row["started_at"]),
        "holdouts": row["holdouts"],
    }


def _waiting(row: Record, owners: Sequence[Record]) -> dict[str, Any]:
    taken = [(each["slot_start"], each["slot_end"]) for each in owners]
    # One layer divides one kind of unit.
    alike = all(each["bucket_by"] == row["bucket_by"] for each in owners)
    slot = free_slot(taken, row["layer_share"]) if alike else None
    return {
        **_experiment(row),
        "share": float(percent(row["layer_share"])),
        "start_at": row["scheduled_at"],
        "slot_now": None if slot is None else _slot(*slot),
        "holdouts": row["holdouts"],
    }


def _past(row: Record, owners: Sequence[Record]) -> dict[str, Any]:
    start, end = row["slot_start"], row["slot_end"]
    since = [each["key"] for each in owners if each["slot_start"] < end and start < each["slot_end"]]
    return {
        **_experiment(row),
        "archived": row["archived"],
        "slot": _slot(start, end),
        "phase": row["phase"],
        "started_at": rfc3339(row["started_at"]),
        "ended_at": rfc3339(row["ended_at"]),
        "free": not since,
        "owned_by": since,
    }


async def _holdouts(tx: Connection, scope: ProjectScope, present: Sequence[Record]) -> list[dict[str, Any]]:
    """Those that the layer's experiments name, in the order of the keys."""
    named: defaultdict[str, list[str]] = defaultdict(list)
    for each in present:
        for key in each["holdouts"]:
            named[key].append(each["key"])
    rows = await holdouts_of_keys(tx, scope, named)
    return [
        {
            "holdout": key,
            "name": rows[key].name,
            "share": float(percent(rows[key].share)),
            "buckets": rows[key].share,
            "experiments": sorted(named[key]),
        }
        for key in sorted(rows)
    ]
