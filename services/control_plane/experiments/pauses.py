"""Pauses of an experiment: spans in which it enrols and counts nobody, and everybody is served as before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from service_kit.problems import Conflict

from control_plane.entities.moments import rfc3339
from control_plane.entities.transactions import WriteTransaction
from control_plane.experiments.models import ExperimentRow

PAUSES_MAX = 500


def paused(write: WriteTransaction, row: ExperimentRow) -> ExperimentRow:
    """The row as it counts nobody from now on. Raises `Conflict`: `not_running`, `too_many_pauses`."""
    if row.status != "running":
        raise Conflict(f"only a running experiment is paused, this one is {row.status}", code="not_running")
    if len(row.pauses) >= PAUSES_MAX:
        raise Conflict(f"it was paused {PAUSES_MAX} times, which is the most: stop it", code="too_many_pauses")
    pauses = [*row.pauses, {"started_at": rfc3339(_now(write)), "ended_at": None}]
    return replace(row, status="paused", pauses=pauses, updated_at=write.now)


def resumed(write: WriteTransaction, row: ExperimentRow) -> ExperimentRow:
    """The row as it counts again. Raises `Conflict` (`not_paused`)."""
    if row.status != "paused":
        raise Conflict(f"only a paused experiment is resumed, this one is {row.status}", code="not_paused")
    return replace(row, status="running", pauses=closed(row, _now(write)), updated_at=write.now)


def closed(row: ExperimentRow, now: int) -> list[dict[str, Any]]:
    """The pauses, the last one ended at `now` (epoch milliseconds) if it hadn't."""
    ended = rfc3339(now)
    return [each if each["ended_at"] else {**each, "ended_at": max(ended, each["started_at"])} for each in row.pauses]


def _now(write: WriteTransaction) -> int:
    return round(write.now.timestamp() * 1000)
