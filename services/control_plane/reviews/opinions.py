"""What people say of a change request: comments, approvals, rejections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from service_kit.pagination import PageRequest, number_position

from control_plane.access import Actor, Right
from control_plane.reviews import repository
from control_plane.reviews.approvals import Approval
from control_plane.reviews.errors import NotOpen, OwnChange, PersonRequired, TooManyComments
from control_plane.reviews.models import ENDED, CommentRow, RequestRow, State, Verdict, person_of
from control_plane.reviews.records import Parts, ReviewTransaction
from control_plane.reviews.schemas import COMMENTS_MAX, ChangeRequestView, CommentView, ReviewIn
from control_plane.reviews.views import comment_view


class Opinions:
    """Comments and reviews of change requests."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def comment(self, actor: Actor, project: str, number: int, text: str) -> CommentView:
        """Also of one that has ended. For everybody who may propose."""
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.CHANGE_PROPOSE)
            row = await review.take(number, Right.CHANGE_PROPOSE)
            return comment_view(await _said(review, row, None, text))

    async def page(self, actor: Actor, project: str, number: int, page: PageRequest) -> list[CommentRow]:
        """The oldest first."""
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts)
            row = await review.read(number)
            return await repository.comments(tx, row, number_position(page.after), page.fetch)

    async def review(self, actor: Actor, project: str, number: int, expected: int, body: ReviewIn) -> ChangeRequestView:
        """A person's last verdict counts. Of a rejection the request is rejected until new edits come, or until
        whoever rejected it approves."""
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.CHANGE_REVIEW)
            row = await review.take(number, Right.CHANGE_REVIEW, expected)
            if row.state in ENDED:
                raise NotOpen(row.state)
            if actor.kind != "user":
                raise PersonRequired
            await self._require(review, row, body.verdict)
            await _said(review, row, body.verdict, body.comment)
            state = await _state(review, row)
            if state is not row.state:
                reviewed = replace(row, state=state, scheduled_at=None, scheduled_by=None)
                row = await review.save(row, reviewed, body.verdict)
            else:
                await review.record(row, body.verdict, None)
            return await review.view(row)

    async def _require(self, review: ReviewTransaction, row: RequestRow, verdict: Verdict) -> None:
        approvals = await review.approvals(row)
        if not _may_review(review, approvals):
            rights = [Right(each.policy.right) for each in approvals] or [Right.CHANGE_REVIEW]
            await review.require_in(rights[0], row.environments)
        own = review.actor.id in row.author_ids
        if verdict == "approve" and own and not any(each.policy.own_approvals for each in approvals):
            raise OwnChange


def _may_review(review: ReviewTransaction, approvals: Sequence[Approval]) -> bool:
    """Whether the actor holds what one of the environments wants of reviewers."""
    return any(
        review.actor.may(
            Right(each.policy.right),
            each.environment.within(review.scope),
        )
        for each in approvals
    )


async def _said(review: ReviewTransaction, row: RequestRow, verdict: Verdict | None, text: str) -> CommentRow:
    count = await repository.comments_count(review.tx, row)
    if count >= COMMENTS_MAX:
        raise TooManyComments(COMMENTS_MAX)
    comment = CommentRow(
        change_request_id=row.id,
        number=count + 1,
        organization_id=row.organization_id,
        author=person_of(review.actor),
        author_id=review.actor.id,
        verdict=verdict,
        text=text,
        revision=row.revision,
        created_at=review.tx.now,
    )
    await repository.add_comment(review.tx, comment)
    return comment


async def _state(review: ReviewTransaction, row: RequestRow) -> State:
    """Rejected while somebody's last word of these edits is a rejection."""
    said = (await repository.verdicts(review.tx, [row]))[row.id]
    if any(each.verdict == "reject" and each.revision == row.revision for each in said):
        return State.REJECTED
    return State.OPEN if row.state is State.REJECTED else row.state
