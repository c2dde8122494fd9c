"""Queries about metrics, for other features."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from messages.aggregations import AGGREGATIONS
from messages.closed_lists import wire_names
from messages.documents import canonical
from messages.generated import config_pb2 as pb

from control_plane.database import Connection
from control_plane.entities.rows import Unreadable, read_each
from control_plane.entities.table import Scope
from control_plane.metrics.models import METRICS, MetricRow

_DIRECTIONS, _CAPS_OF, _PER = (wire_names(each) for each in (pb.Direction, pb.CapsOf, pb.MetricPer))


async def metrics_of_keys(tx: Connection, scope: Scope, keys: Collection[str]) -> dict[str, MetricRow]:
    """By key; a key without a metric is left out."""
    return await METRICS.of_keys(tx, scope, keys)


async def compiled(tx: Connection, environment_id: UUID) -> list[pb.Metric | Unreadable]:
    """The metrics of the environment's project, as they travel."""
    return read_each(await METRICS.of_environment(tx, environment_id), lambda row: row.key, _message)


async def of_keys(tx: Connection, environment_id: UUID, keys: Collection[str]) -> dict[str, pb.Metric | Unreadable]:
    """Those of these keys that there are."""
    rows = await METRICS.of_environment(tx, environment_id, keys)
    return dict(zip((row.key for row in rows), read_each(rows, lambda row: row.key, _message), strict=True))


def _message(row: MetricRow) -> pb.Metric:
    return pb.Metric(
        id=str(row.id),
        key=row.key,
        name=row.name,
        archived=row.archived,
        aggregation=AGGREGATIONS[row.aggregation].wire_name,
        direction=_DIRECTIONS[row.direction],
        event=row.event,
        denominator_event=row.denominator_event or "",
        quantile=row.quantile or 0.0,
        steps=row.steps or (),
        property=row.property or "",
        window_start=row.window_start_seconds or 0,
        window_end=row.window_end_seconds or 0,
        winsorize_at=row.winsorize_at or 0.0,
        winsorize_lower=row.winsorize_lower or 0.0,
        winsorize_of=_CAPS_OF[row.winsorize_of],
        filter=canonical(row.filter) if row.filter else b"",
        covariate_days=row.covariate_days,
        per=_PER[row.per],
    )
