"""Change requests: proposed, listed, changed, withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

from service_kit.pagination import PageRequest, number_position

from control_plane.access import Actor, Right
from control_plane.entities.edits import EditKinds
from control_plane.entities.joint import Frame, JointTransactions
from control_plane.quotas import Quota
from control_plane.reviews import repository
from control_plane.reviews.application import Bypass, prepare
from control_plane.reviews.approvals import Approvals
from control_plane.reviews.errors import NotOpen
from control_plane.reviews.measurements import Measurements
from control_plane.reviews.models import ENDED, ProposedEdit, RequestRow, State, authors_of, person_of
from control_plane.reviews.records import Parts, ReviewTransaction, readable
from control_plane.reviews.repository import RequestFilter
from control_plane.reviews.schemas import (
    ChangeRequestCreate,
    ChangeRequestPatch,
    ChangeRequestSummary,
    ChangeRequestView,
)
from control_plane.reviews.trials import Rehearsed, tried
from control_plane.reviews.views import change_request_view, summary


class ChangeRequests:
    """The change requests of projects. `expected` is the version that the caller has seen; None is not compared."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._measurements = Measurements(parts)

    async def propose(self, actor: Actor, project: str, body: ChangeRequestCreate) -> ChangeRequestView:
        """Raises what making the edits would raise, and `QuotaExceeded` for too many that wait."""
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.CHANGE_PROPOSE)
            row, rehearsed = await self._proposed(review, body)
        return await self._measurements.keep(actor, project, row.number, row.revision, rehearsed.trials)

    async def apply_at_once(
        self, actor: Actor, project: str, body: ChangeRequestCreate, bypass: Bypass | None = None
    ) -> ChangeRequestView:
        """Proposed and applied in one transaction: nothing is left where that is refused. Raises what either raises."""
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.CHANGE_PROPOSE)
            row, _ = await self._proposed(review, body)
            approvals = await review.approvals(row)
            applied = await (await prepare(review, row, bypass)).record()
        return change_request_view(applied, approvals, [[] for _ in applied.edits])

    async def _proposed(self, review: ReviewTransaction, body: ChangeRequestCreate) -> tuple[RequestRow, Rehearsed]:
        tx, scope, actor = review.tx, review.scope, review.actor
        frame = await review.lock()
        rehearsed = await tried(frame, self._parts.kinds, body.edits)
        edits = rehearsed.edits
        await review.require_in(Right.CHANGE_PROPOSE, _environments(edits))
        await self._parts.quotas.claim(tx, Quota.CHANGE_REQUESTS, scope.organization_id, scope.project_id)
        row = RequestRow(
            id=uuid4(),
            organization_id=scope.organization_id,
            project_id=scope.project_id,
            number=await repository.next_number(tx, scope),
            title=body.title,
            description=body.description,
            state=State.OPEN,
            edits=edits,
            revision=1,
            environments=_environments(edits),
            nouns=_nouns(self._parts.kinds, frame, edits),
            author=person_of(actor),
            author_ids=authors_of(actor),
            version=1,
            created_at=tx.now,
            updated_at=tx.now,
        )
        await repository.insert(tx, row)
        await review.record(row, "propose", None)
        return row, rehearsed

    async def read(self, actor: Actor, project: str, number: int) -> ChangeRequestView:
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts)
            return await review.view(await review.read(number))

    async def page(
        self, actor: Actor, project: str, page: PageRequest, wanted: RequestFilter, waits_for: UUID | None
    ) -> list[ChangeRequestSummary]:
        """The newest first, as far as the actor may read what they are about."""
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts)
            approvals = Approvals(tx, review.scope, self._parts.find_actor)
            reviewable = [] if waits_for is None else await approvals.reviewable(actor)
            wanted = replace(wanted, readable=readable(actor, review.scope), waits_for=waits_for, reviewable=reviewable)
            rows = await repository.page(tx, review.scope, number_position(page.after), page.fetch, wanted)
            counted = await approvals.of(rows)
            return [summary(row, counted[row.id]) for row in rows]

    async def change(
        self, actor: Actor, project: str, number: int, expected: int, body: ChangeRequestPatch
    ) -> ChangeRequestView:
        """New edits are held against what stands now; they open a rejected request again, and end a schedule."""
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.CHANGE_PROPOSE)
            row = await review.take(number, Right.CHANGE_PROPOSE, expected)
            if row.state in ENDED:
                raise NotOpen(row.state)
            given = body.given()
            changed = replace(row, **{name: given[name] for name in ("title", "description") if name in given})
            rehearsed: Rehearsed | None = None
            if "edits" in given:
                frame = await review.lock()
                rehearsed = await tried(frame, self._parts.kinds, body.edits)
                edits = rehearsed.edits
                await review.require_in(Right.CHANGE_PROPOSE, _environments(edits))
                changed = replace(
                    changed,
                    edits=edits,
                    revision=row.revision + 1,
                    environments=_environments(edits),
                    nouns=_nouns(self._parts.kinds, frame, edits),
                    author_ids=list(dict.fromkeys((*row.author_ids, *authors_of(actor)))),
                    state=State.OPEN,
                    scheduled_at=None,
                    scheduled_by=None,
                    failure=None,
                )
            saved = await review.save(row, changed, "update")
            if rehearsed is None:
                return await review.view(saved)
        return await self._measurements.keep(actor, project, number, saved.revision, rehearsed.trials)

    async def withdraw(self, actor: Actor, project: str, number: int, expected: int | None) -> ChangeRequestView:
        """By one of its authors, or by somebody who might apply it."""
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.CHANGE_PROPOSE)
            row = await review.take(number, Right.CHANGE_PROPOSE, expected)
            if row.state in ENDED:
                raise NotOpen(row.state)
            if actor.id not in row.author_ids:
                await review.require_in(Right.CHANGE_APPLY, row.environments)
            ended = replace(
                row,
                state=State.WITHDRAWN,
                scheduled_at=None,
                scheduled_by=None,
                ended_at=tx.now,
                ended_by=person_of(actor),
            )
            return await review.view(await review.save(row, ended, "withdraw"))


def _environments(edits: Sequence[ProposedEdit]) -> list[str]:
    return sorted({each for edit in edits for each in edit.touched})


def _nouns(kinds_on: EditKinds, frame: Frame, edits: Sequence[ProposedEdit]) -> list[str]:
    kinds = kinds_on(JointTransactions(frame))
    return sorted({kinds[each.edit.entity].noun for each in edits})
