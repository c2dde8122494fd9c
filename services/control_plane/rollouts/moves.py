"""What becomes of a rollout: each move from one row to the next. Pure.

pending → running ⇄ held, paused → completed, rolled_back, cancelled. A move says what the target is to serve then by
`written`, where it changes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from control_plane.rollouts.models import RolloutRow, RolloutState
from control_plane.rollouts.plans import Progress, steps_of
from control_plane.rollouts.shares import bucket_by_of, may_move, read_serve, share_of, splits, with_share


def progress_of(row: RolloutRow) -> Progress:
    return Progress(steps_of(row.plan), row.position, row.approved)


def started(
    row: RolloutRow, served: dict[str, Any], now: datetime, on_experiments: str | None, *, inherited: bool
) -> RolloutRow:
    """Before its first step. `served`: what the target serves, `inherited`: by the flag's own default."""
    begun = replace(
        row,
        state=RolloutState.RUNNING,
        bucket_by=bucket_by_of(served) if splits(served) else row.bucket_by,
        original=served,
        inherited=inherited,
        written=served,
        share=share_of(served, row.variation),
        on_experiments=on_experiments,
        started_at=now,
    )
    progress = progress_of(begun)
    return replace(begun, due_at=progress.due(now), awaits_approval=progress.awaits_approval)


def is_due(row: RolloutRow, now: datetime) -> bool:
    return (
        row.state is RolloutState.RUNNING and not row.awaits_approval and row.due_at is not None and row.due_at <= now
    )


def advanced(row: RolloutRow, now: datetime) -> RolloutRow:
    """With all the steps that are due, as one; completed when there is none left."""
    progress = progress_of(row)
    if progress.next is None:
        return ended(row, RolloutState.COMPLETED, now)
    assert row.due_at is not None  # noqa: S101 - it runs
    return _at(row, *progress.folded(row.due_at, now, guarded=bool(row.guards)), now)


def skipped(row: RolloutRow, now: datetime) -> RolloutRow:
    """With the next step, whatever it waits for."""
    progress = progress_of(row)
    return ended(row, RolloutState.COMPLETED, now) if progress.next is None else _at(row, progress.taken(), now, now)


def approved(row: RolloutRow) -> RolloutRow:
    return replace(row, approved=row.position + 1, awaits_approval=False)


def rested(row: RolloutRow, state: RolloutState, now: datetime) -> RolloutRow:
    """Held or paused: what is left until its next step is left when it goes on."""
    left = row.remaining_seconds
    if row.due_at is not None:
        left = max(0.0, (row.due_at - now).total_seconds())
    return replace(row, state=state, due_at=None, remaining_seconds=left)


def resumed(row: RolloutRow, now: datetime) -> RolloutRow:
    following = progress_of(row).next
    due_at = now + timedelta(seconds=row.remaining_seconds or 0)
    if following is not None and following.at is not None:
        due_at = following.at
    return replace(row, state=RolloutState.RUNNING, due_at=due_at, remaining_seconds=None)


def taken_over(row: RolloutRow, served: dict[str, Any]) -> RolloutRow:
    """What somebody else made of the target is what the share is laid over, and what is gone back to."""
    assert row.original is not None  # noqa: S101 - it has begun
    before = share_of(row.original, row.variation)
    return replace(
        row,
        original=with_share(served, row.variation, before, row.bucket_by),
        written=with_share(served, row.variation, row.share, row.bucket_by),
        bucket_by=bucket_by_of(served) if splits(served) else row.bucket_by,
    )


def rolled_back(row: RolloutRow, served: dict[str, Any] | None, now: datetime) -> RolloutRow:
    """As before it began. Of what somebody else edited only the share goes back, if it still can; `served` None: the
    target is gone."""
    assert row.original is not None  # noqa: S101 - it has begun
    written = row.written
    if served is not None:
        written = row.original
        if is_edited(row, served) and may_move(served, row.variation):
            before = share_of(row.original, row.variation)
            held = share_of(served, row.variation)
            written = with_share(served, row.variation, before, row.bucket_by) if held > before else served
    back = replace(row, written=written, share=share_of(row.original, row.variation))
    return ended(back, RolloutState.ROLLED_BACK, now)


def ended(row: RolloutRow, state: RolloutState, now: datetime) -> RolloutRow:
    return replace(
        row,
        state=state,
        ended_at=now,
        due_at=None,
        remaining_seconds=None,
        awaits_approval=False,
        stages=_closed(row.stages, now),
    )


def is_edited(row: RolloutRow, served: dict[str, Any]) -> bool:
    """Whether the target serves something else than what the rollout last made of it."""
    return row.written is not None and read_serve(served) != read_serve(row.written)


def _at(row: RolloutRow, progress: Progress, since: datetime, now: datetime) -> RolloutRow:
    share = progress.steps[progress.position].share
    assert row.original is not None  # noqa: S101 - it has begun
    stages = row.stages
    if not stages or stages[-1]["share"] != share:
        begun = {"share": share, "started_at": _milliseconds(now), "ended_at": 0}
        stages = [*_closed(stages, now), begun]
    return replace(
        row,
        position=progress.position,
        share=share,
        stages=stages,
        written=with_share(row.original, row.variation, share, row.bucket_by),
        due_at=progress.due(since),
        awaits_approval=progress.awaits_approval,
    )


def _closed(stages: list[dict[str, int]], now: datetime) -> list[dict[str, int]]:
    return [each if each["ended_at"] else {**each, "ended_at": _milliseconds(now)} for each in stages]


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
