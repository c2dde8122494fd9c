"""Queries about change requests, for other features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from control_plane.access import Actor, ProjectScope
from control_plane.database import Connection
from control_plane.entities.due import FindActor
from control_plane.reviews import repository
from control_plane.reviews.approvals import Approvals
from control_plane.reviews.models import RequestRow, State
from control_plane.reviews.records import readable as readable_nouns
from control_plane.reviews.repository import RequestFilter

__all__ = ["StandingRequest", "readable_nouns", "standing_requests"]


@dataclass(frozen=True, slots=True)
class StandingRequest:
    """One that is open. `failure`: why what was scheduled was not done."""

    number: int
    title: str
    author: Mapping[str, Any]
    environments: tuple[str, ...]
    since: datetime
    failure: Mapping[str, Any] | None


async def standing_requests(
    tx: Connection, scope: ProjectScope, actor: Actor, find_actor: FindActor, environment: str | None, limit: int
) -> tuple[list[StandingRequest], list[StandingRequest]]:
    """Those that wait for somebody's review, and open ones whose application failed when it was due: of what is changed
    in an environment, or anywhere."""
    readable = readable_nouns(actor, scope)
    reviewable = await Approvals(tx, scope, find_actor).reviewable(actor)
    waits = RequestFilter(readable=readable, environment=environment, waits_for=actor.id, reviewable=reviewable)
    waiting = await repository.page(tx, scope, None, limit, waits)
    failed = await repository.failed(tx, scope, limit, readable, environment)
    return [_standing(each) for each in waiting], [_standing(each) for each in failed]


def _standing(row: RequestRow) -> StandingRequest:
    return StandingRequest(
        number=row.number,
        title=row.title,
        author=row.author,
        environments=tuple(row.environments),
        since=row.updated_at if row.state is State.OPEN and row.failure else row.created_at,
        failure=row.failure,
    )
