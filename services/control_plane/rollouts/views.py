"""From rows to what is answered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from bucketing.document.serves import percent

from control_plane.rollouts.models import BEGUN, RolloutRow, RolloutState, TemplateRow, TransitionRow
from control_plane.rollouts.plans import Progress, steps_of
from control_plane.rollouts.schemas import CauseView, RolloutView, StageView, TemplateView, TransitionView

Waiting = Literal["approval", "guards"]


def rollout_view(row: RolloutRow, environment: str, waiting_for: Waiting | None = None) -> RolloutView:
    """`waiting_for`: why its step is not taken, though it is due."""
    steps = steps_of(row.plan)
    following = Progress(steps, row.position, row.approved).next
    open_ended = row.state is RolloutState.PENDING or row.state in BEGUN
    return RolloutView(
        id=str(row.id),
        key=row.key,
        name=row.name,
        description=row.description,
        environment=environment,
        flag=row.flag,
        rule=row.rule,
        variation=row.variation,
        bucket_by=row.bucket_by,
        plan=row.plan,
        guards=row.guards,
        alpha=row.alpha,
        on_experiments=row.on_experiments,
        state=row.state,
        share=percent(row.share),
        step=row.position + 1,
        steps=len(steps),
        next_share=None if following is None or not open_ended else percent(following.share),
        due_at=row.due_at,
        remaining_seconds=row.remaining_seconds,
        waiting_for=waiting_for,
        stages=[
            StageView(
                share=percent(each["share"]),
                started_at=_moment(each["started_at"]),
                ended_at=_moment(each["ended_at"]) if each["ended_at"] else None,
            )
            for each in row.stages
        ],
        original=row.original,
        cause=CauseView(**row.cause),
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        version=row.revision,
    )


def waiting_for(row: RolloutRow, now: datetime, *, quiet: bool) -> Waiting | None:
    """`quiet`: no guard keeps the next step back."""
    if row.state is not RolloutState.RUNNING or row.due_at is None or row.due_at > now:
        return None
    return "approval" if row.awaits_approval else None if quiet else "guards"


def transition_view(row: TransitionRow) -> TransitionView:
    return TransitionView(
        version=row.revision,
        at=row.at,
        action=row.action,
        state=row.state,
        step=row.position + 1,
        share=percent(row.share),
        by=row.by_name,
        cause=CauseView(**row.cause),
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def template_view(row: TemplateRow) -> TemplateView:
    return TemplateView(
        key=row.key,
        name=row.name,
        description=row.description,
        plan=row.plan,
        guards=row.guards,
        alpha=row.alpha,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
