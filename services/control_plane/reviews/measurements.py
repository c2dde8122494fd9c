"""What a change request's edits are counted to do: after they were written, and when somebody asks again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from messages.generated.impact_pb2 import ImpactReply
from service_kit.problems import NotFound

from control_plane.access import Actor, Right
from control_plane.entities.integrity import observing
from control_plane.previews.impacts import Silence
from control_plane.previews.schemas import SilenceView
from control_plane.previews.views import impact_view
from control_plane.reviews import repository
from control_plane.reviews.errors import NotOpen
from control_plane.reviews.models import STANDING, ProposedEdit
from control_plane.reviews.records import Parts, ReviewTransaction
from control_plane.reviews.schemas import ChangeRequestView, EditIn
from control_plane.reviews.trials import Asked, Trial, impacts_of, tried

_FLAGS_KEPT, _MOVES_KEPT, _SEGMENTS_KEPT, _EXPERIMENTS_KEPT = 50, 10, 20, 50


class Measurements:
    """Counts impacts outside of transactions, and keeps them with the request, whose version stays."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def again(self, actor: Actor, project: str, number: int) -> ChangeRequestView:
        """On what stands now. Raises `NotOpen`, and what making the edits raises."""
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.CHANGE_PROPOSE)
            row = await review.take(number, Right.CHANGE_PROPOSE)
            if row.state not in STANDING:
                raise NotOpen(row.state)
            frame = await review.lock()
            with observing():
                rehearsed = await tried(frame, self._parts.kinds, [_given(each) for each in row.edits])
        return await self.keep(actor, project, number, row.revision, rehearsed.trials)

    async def keep(
        self, actor: Actor, project: str, number: int, revision: int, trials: Sequence[Trial]
    ) -> ChangeRequestView:
        """Of the edits of this revision; nothing is kept where there are newer ones."""
        asked = await impacts_of(self._parts.impacts, trials)
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.CHANGE_PROPOSE)
            row = await repository.find(tx, review.scope, number, lock=True)
            if row is None:
                raise NotFound("there is nothing at this address")
            review.refuse_unread(row)
            if row.revision == revision and row.state in STANDING:
                row = replace(
                    row, impacts={each[0].environment.key: _measured(each, revision, tx.now) for each in asked}
                )
                await repository.update_impacts(tx, row)
            return await review.view(row)


def _given(proposed: ProposedEdit) -> EditIn:
    edit = proposed.edit
    return EditIn.model_validate(
        {
            "entity": edit.entity,
            "key": edit.key,
            "environment": edit.environment,
            "action": edit.action,
            "document": dict(edit.document),
        }
    )


def _measured(asked: Asked, revision: int, at: datetime) -> dict[str, Any]:
    _, told = asked
    view = impact_view(told, with_examples=False) if isinstance(told, ImpactReply) else None
    if view is not None:
        flags = [each.model_copy(update={"moves": each.moves[:_MOVES_KEPT]}) for each in view.flags]
        view = view.model_copy(
            update={
                "flags": flags[:_FLAGS_KEPT],
                "flags_left_out": view.flags_left_out + max(0, len(flags) - _FLAGS_KEPT),
                "segments": view.segments[:_SEGMENTS_KEPT],
                "experiments": view.experiments[:_EXPERIMENTS_KEPT],
            }
        )
    silent = SilenceView(code=told.code, detail=told.detail) if isinstance(told, Silence) else None
    return {
        "revision": revision,
        "measured_at": at.isoformat(),
        "changed_percent": _percent(told),
        "impact": None if view is None else view.model_dump(mode="json"),
        "unavailable": None if silent is None else silent.model_dump(mode="json"),
    }


def _percent(told: ImpactReply | Silence | None) -> float | None:
    """At most so many may get something else: those of whom it can't be told are counted in."""
    if told is None:
        return 0.0
    if isinstance(told, Silence) or not told.units or told.flags_left_out:
        return None
    return round(100 * (told.changed + told.unknown) / told.units, 3)
