"""Queries about rollouts, for other features."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from messages.closed_lists import wire_names
from messages.generated import config_pb2 as pb

from control_plane.database import Connection
from control_plane.entities.rows import Unreadable, read_each
from control_plane.entities.table import Scope
from control_plane.rollouts import repository
from control_plane.rollouts.models import BEGUN, ENDED, RolloutRow, RolloutState

__all__ = [
    "BEGUN",
    "RolloutRow",
    "RolloutState",
    "compiled",
    "rollout_of_id",
    "rollout_of_key",
    "under_way_on",
    "undisturbed_since",
]

_STATES, _ACTIONS, _BUILT_IN, _MARGIN_KINDS = (
    wire_names(each) for each in (pb.RolloutState, pb.GuardAction, pb.BuiltInGuard, pb.MarginKind)
)


async def compiled(
    tx: Connection, environment_id: UUID, keys: Collection[str] | None = None
) -> dict[str, pb.GuardedRollout | Unreadable]:
    """The environment's rollouts as they travel, by key: those that have not ended, and those of the last day. `keys`:
    none but these."""
    rows = await repository.published(tx, environment_id, keys)
    return dict(zip((each.key for each in rows), read_each(rows, lambda row: row.key, _message), strict=True))


async def rollout_of_id(tx: Connection, rollout_id: UUID) -> RolloutRow | None:
    """In a transaction that reaches its tenant."""
    return await repository.find_by_id(tx, rollout_id)


async def rollout_of_key(tx: Connection, organization_id: UUID, environment_id: UUID, key: str) -> RolloutRow | None:
    return await repository.find(tx, organization_id, environment_id, key)


async def undisturbed_since(tx: Connection, row: RolloutRow, revision: int) -> bool:
    """Whether nothing has become of the rollout since that revision but steps that were due."""
    return revision <= row.revision and await repository.only_advanced_since(tx, row, revision)


class UnderWay(NamedTuple):
    key: str
    environment: str


async def under_way_on(tx: Connection, scope: Scope, flag: str) -> list[UnderWay]:
    """The rollouts of this flag that have not ended, in every environment."""
    records = await tx.fetch(
        "SELECT r.key, e.key AS environment FROM rollouts r JOIN environments e ON e.id = r.environment_id "
        "WHERE r.organization_id = $1 AND r.project_id = $2 AND r.flag = $3 AND r.state <> ALL($4::text[]) "
        "ORDER BY r.key, e.key",
        scope.organization_id,
        scope.project_id,
        flag,
        sorted(ENDED),
    )
    return [UnderWay(**record) for record in records]


def _message(row: RolloutRow) -> pb.GuardedRollout:
    return pb.GuardedRollout(
        id=str(row.id),
        flag=row.flag,
        rule=row.rule or "",
        variation=row.variation,
        state=_STATES[row.state],
        revision=row.revision,
        stages=[
            pb.RolloutStage(share=each["share"], started_at=each["started_at"], ended_at=each["ended_at"])
            for each in row.stages
        ],
        guards=[_guard(each) for each in row.guards],
        alpha=row.alpha,
        bucket_by=row.bucket_by or "",
    )


def _guard(guard: Mapping[str, Any]) -> pb.RolloutGuard:
    kind = guard["margin_kind"]
    return pb.RolloutGuard(
        id=guard["id"],
        metric=guard["metric"],
        built_in=_BUILT_IN[guard["built_in"]] if guard["built_in"] else None,
        margin=guard["margin"] or 0,
        margin_kind=_MARGIN_KINDS[kind] if kind else None,
        action=_ACTIONS[guard["action"]],
        window_seconds=guard["window_seconds"] or 0,
        silence_seconds=guard["silence_seconds"] or 0,
    )
