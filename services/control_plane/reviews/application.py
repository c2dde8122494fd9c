"""A change request applied: all its edits or none, as one version of each environment; now, or at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from service_kit.problems import FieldError, InvalidInput, PreconditionFailed

from control_plane.access import Actor, Right
from control_plane.changes import Change, Origin, present_origin
from control_plane.database import Overtaken, settled
from control_plane.entities.joint import Frame, JointTransactions
from control_plane.entities.moments import epoch_milliseconds
from control_plane.reviews.approvals import Approval, Approvals, made_effects
from control_plane.reviews.errors import Collision, NotApproved, NotOpen
from control_plane.reviews.models import STANDING, RequestRow, State, person_of
from control_plane.reviews.rebase import collisions, rebased
from control_plane.reviews.records import Parts, ReviewTransaction, change_of
from control_plane.reviews.rehearsal import located
from control_plane.reviews.schemas import ChangeRequestView
from control_plane.reviews.views import audited, change_request_view

SCHEDULE_DAYS_MAX = 366


@dataclass(frozen=True, slots=True)
class Bypass:
    """Somebody's decision to apply what isn't agreed on, and why."""

    reason: str


class Applications:
    """Applies change requests. `expected` is the version that the caller has seen; None is not compared."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def apply(
        self, actor: Actor, project: str, number: int, expected: int | None, bypass: Bypass | None = None
    ) -> ChangeRequestView:
        """Raises `NotOpen`, `Collision`, `NotApproved`, and what making the edits raises. Once more where a flag was
        switched off meanwhile, which waits for nobody: the edits are laid over that, then, or collide with it."""

        async def attempt() -> ChangeRequestView:
            async with self._parts.database.transaction() as tx:
                review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.CHANGE_APPLY)
                row = await review.take(number, Right.CHANGE_APPLY, expected)
                # Before the record, and what is shown is made after the commit: others wait in between.
                approvals = await review.approvals(row)
                applied = await (await prepare(review, row, bypass)).record()
            return change_request_view(applied, approvals, [[] for _ in applied.edits])

        return await settled(attempt)

    async def schedule(
        self, actor: Actor, project: str, number: int, expected: int | None, at: str | int
    ) -> ChangeRequestView:
        """It is applied at that moment as the actor, if they and the reviewers still may."""
        moment = datetime.fromtimestamp(epoch_milliseconds(at, "at") / 1000, UTC)
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.CHANGE_APPLY)
            row = await review.take(number, Right.CHANGE_APPLY, expected)
            if row.state not in STANDING:
                raise NotOpen(row.state)
            if not tx.now < moment <= tx.now + timedelta(days=SCHEDULE_DAYS_MAX):
                reason = f"must lie in the future, within {SCHEDULE_DAYS_MAX} days"
                raise InvalidInput([FieldError("at", "range", reason)])
            _require_approved(await review.approvals(row))
            scheduled = replace(
                row, state=State.SCHEDULED, scheduled_at=moment, scheduled_by=person_of(actor), failure=None
            )
            return await review.view(await review.save(row, scheduled, "schedule"))

    async def cancel(self, actor: Actor, project: str, number: int, expected: int | None) -> ChangeRequestView:
        """It is open again. By one of its authors, or by somebody who might apply it."""
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.CHANGE_PROPOSE)
            row = await review.take(number, Right.CHANGE_PROPOSE, expected)
            if actor.id not in row.author_ids:
                await review.require_in(Right.CHANGE_APPLY, row.environments)
            if row.state is not State.SCHEDULED:
                raise NotOpen(f"{row.state}, not scheduled")
            opened = replace(row, state=State.OPEN, scheduled_at=None, scheduled_by=None)
            return await review.view(await review.save(row, opened, "cancel"))


@dataclass(frozen=True, slots=True)
class Ready:
    """A request whose edits are made and agreed on, in a transaction that nobody else waits for yet."""

    review: ReviewTransaction
    applied: RequestRow
    joint: JointTransactions
    told: Change

    async def record(self) -> RequestRow:
        """What is written now is short, for until the commit it holds up whoever writes in the organization."""
        await self.review.write(self.applied)
        saved = replace(self.applied, environment_versions=await self.joint.record(self.told))
        await self.review.write_versions(saved)
        return saved


async def apply(review: ReviewTransaction, row: RequestRow) -> RequestRow:
    """As `prepare`, with its record."""
    return await (await prepare(review, row)).record()


async def prepare(review: ReviewTransaction, row: RequestRow, bypass: Bypass | None = None) -> Ready:
    """Makes the edits of a request that was found locked.

    Where people had to agree and did, `change:apply` is all that is asked of whoever applies it; without that each edit
    asks for its own right, too.
    """
    if row.state not in STANDING:
        raise NotOpen(row.state)
    await review.require_in(Right.CHANGE_APPLY, row.environments)
    frame = await review.lock()
    joint = JointTransactions(frame, _told(row))
    await _make(review, frame, joint, row)
    effects = made_effects(joint.made)
    approvals = await Approvals(review.tx, review.scope, review.parts.find_actor).for_effects(row, effects)
    await review.require_in(Right.CHANGE_APPLY, [each.environment.key for each in approvals] or row.environments)
    lacking = [each.environment.key for each in approvals if each.missing]
    if lacking and bypass is not None:
        await review.require_in(Right.CHANGE_BYPASS, lacking)
    else:
        _require_approved(approvals)
    if not approvals or not all(each.agreed for each in approvals):
        joint.require_all()
    applied = replace(
        row,
        state=State.APPLIED,
        scheduled_at=None,
        failure=None,
        ended_at=review.tx.now,
        ended_by=person_of(review.actor),
        bypassed=bool(lacking),
        version=row.version + 1,
        updated_at=review.tx.now,
    )
    environment_ids = [each for made in joint.made for each in made.change.environment_ids]
    action = "bypass" if applied.bypassed else "apply"
    told = replace(
        change_of(applied, review.actor, action, audited(row)),
        environment_ids=list(dict.fromkeys(environment_ids)),
        origin=_origin(row, lacking),
    )
    return Ready(review, applied, joint, told)


async def _make(review: ReviewTransaction, frame: Frame, joint: JointTransactions, row: RequestRow) -> None:
    """Raises `Collision` with all that is known to collide at once."""
    found = await review.collisions(row)
    errors = [_collision(index, path) for index, paths in enumerate(found) for path in paths]
    if errors:
        raise Collision(errors)
    kinds = review.parts.kinds(joint)
    project = str(review.scope.project_id)
    for index, proposed in enumerate(row.edits):
        kind = kinds[proposed.edit.entity]
        with located(index):
            standing = await kind.standing(frame.actor, project, proposed.edit)
            if paths := collisions(kind, proposed, standing):
                raise Collision([_collision(index, path) for path in paths])
            edit = rebased(kind, proposed, standing)
            try:
                await kind.make(frame.actor, project, edit, 0 if standing is None else standing.version)
            except PreconditionFailed as stale:
                # It is another one than a moment ago: an off waits for nobody.
                raise Overtaken from stale


def _collision(index: int, path: str) -> FieldError:
    if path == "key":
        reason = "it came or went since the edit was written"
    else:
        reason = "somebody else changed it, too, since the edit was written"
    return FieldError(f"edits[{index}].{'' if path == 'key' else 'document.'}{path}", "collision", reason)


def _require_approved(approvals: Sequence[Approval]) -> None:
    missing = [
        f"{each.environment.key} needs {each.missing} more from people with {each.policy.right}"
        for each in approvals
        if each.missing
    ]
    if missing:
        raise NotApproved(missing, [each.document() for each in approvals])


def _origin(row: RequestRow, lacking: Sequence[str]) -> Origin:
    """What all entries of the application tell: by which right, and for which request."""
    origin = present_origin()
    told = _told(row)
    right = Right.CHANGE_BYPASS if lacking else Right.CHANGE_APPLY
    return replace(origin, reason=f"{origin.reason} ({told})" if origin.reason else told, right=right.value)


def _told(row: RequestRow) -> str:
    return f"change request {row.number}: {row.title}"
