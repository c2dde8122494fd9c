"""One verdict taken, in one transaction: what is done, what is told of it, and that it was taken.

The row of the last verdict is written over by a newer one alone, so a verdict counts once, however often it comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple, Protocol
from uuid import UUID, uuid4

from messages.verdicts import GuardFinding, Verdict, VerdictAction
from service_kit.logs import get_logger
from service_kit.problems import Problem, Unavailable

from control_plane.changes import Author, Change, Origin, record
from control_plane.database import Connection
from control_plane.rollouts.queries import RolloutRow, rollout_of_id, undisturbed_since
from control_plane.verdicts import repository
from control_plane.verdicts.decision import Decision, Standing, decide
from control_plane.verdicts.documents import figures_of, finding_document, moment
from control_plane.verdicts.models import Done, IncidentRow, Outcome, VerdictRow
from control_plane.verdicts.views import incident_document

_log = get_logger("verdicts")
_NONE, _NOTIFY = VerdictAction.NONE, VerdictAction.NOTIFY
_WORDS: Mapping[VerdictAction, Literal["notify", "hold", "roll_back"]] = {
    VerdictAction.NOTIFY: "notify",
    VerdictAction.HOLD: "hold",
    VerdictAction.ROLL_BACK: "roll_back",
}
_DONE = {_NOTIFY: Done.TOLD, VerdictAction.HOLD: Done.HELD, VerdictAction.ROLL_BACK: Done.ROLLED_BACK}


class NotTaken(Exception):
    """A verdict that is passed over; `reason` is a word for the telemetry."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LockedRollout(Protocol):
    """A rollout that nobody else writes until the transaction ends; `author`: the rollout as who acts."""

    @property
    def row(self) -> RolloutRow: ...

    @property
    def author(self) -> Author: ...


class GuardedRollouts(Protocol):
    """What rollouts do for their guards."""

    async def locked(self, tx: Connection, rollout_id: UUID) -> LockedRollout | None: ...

    async def act_on(
        self,
        tx: Connection,
        rollout_id: UUID,
        action: Literal["roll_back", "hold", "notify"],
        detail: str,
        figures: dict[str, object],
    ) -> RolloutRow | None: ...

    async def heard(
        self, tx: Connection, rollout_id: UUID, revision: int, looked_at: datetime, *, quiet: bool
    ) -> None: ...


class Ruled(NamedTuple):
    """What came of a verdict, and what was done for each incident that it opened."""

    outcome: Outcome
    incidents: tuple[Done, ...] = ()


async def rule(tx: Connection, verdict: Verdict, sequence: int, rollouts: GuardedRollouts) -> Ruled:
    """In a transaction that reaches every tenant. Raises `NotTaken`, and `Overtaken` to be called once more."""
    rollout_id = UUID(verdict.rollout_id)
    row = await rollout_of_id(tx, rollout_id)
    if row is None:
        raise NotTaken("unknown_rollout")
    if row.environment_id != UUID(verdict.environment_id):
        raise NotTaken("another_environment")
    if await repository.newest_epoch(tx, row.environment_id, row.organization_id, verdict.epoch) > verdict.epoch:
        raise NotTaken("fenced")
    author: Author | None = None
    answered = await repository.answered(tx, rollout_id)
    asks = any(each.action is not _NONE and each.guard not in answered for each in verdict.findings)
    if asks:
        # What only tells of a look locks nothing that people wait for.
        locked = await rollouts.locked(tx, rollout_id)
        if locked is None:
            raise NotTaken("unknown_rollout")
        row, author, answered = locked.row, locked.author, await repository.answered(tx, rollout_id)
    undisturbed = verdict.revision == row.revision or await undisturbed_since(tx, row, verdict.revision)
    decision = decide(verdict, Standing(row.state, undisturbed, answered))
    if not await repository.save(tx, _row(verdict, sequence, row, tx.now)):
        raise NotTaken("repeated")
    await repository.recover(tx, rollout_id, decision.recovered)
    looked_at = min(moment(verdict.looked_at), tx.now)
    await rollouts.heard(tx, rollout_id, verdict.revision, looked_at, quiet=decision.quiet)
    if author is None or not decision.opens:
        overtaken = asks and not undisturbed
        ruled = Ruled(Outcome.OVERTAKEN if overtaken else Outcome.QUIET)
    else:
        ruled = await _acted(tx, verdict, decision, (row, author), rollouts)
    if ruled.outcome is not Outcome.QUIET:
        await repository.set_outcome(tx, rollout_id, ruled.outcome)
    return ruled


async def _acted(
    tx: Connection,
    verdict: Verdict,
    decision: Decision,
    whose: tuple[RolloutRow, Author],
    rollouts: GuardedRollouts,
) -> Ruled:
    row, author = whose
    detail = "; ".join(f"{each.guard}: {each.sentence}" for each in decision.opens)
    try:
        async with tx.attempt():
            if decision.action is not _NONE:
                figures = figures_of(verdict, decision.opens)
                await rollouts.act_on(tx, row.id, _WORDS[decision.action], detail, figures)
            incidents = [_incident(verdict, each, row, decision.action, tx.now) for each in decision.opens]
            for incident in incidents:
                await repository.open_incident(tx, incident)
                await record(tx, _told(incident, author, detail))
    except Unavailable:
        raise
    except Problem as problem:
        # The guard is not answered then, and the next look asks again.
        _log.error("what a guard asks for was refused", rollout=str(row.id), code=problem.code, detail=problem.detail)
        return Ruled(Outcome.FAILED)
    return Ruled(Outcome.ACTED, tuple(each.done for each in incidents))


def _row(verdict: Verdict, sequence: int, row: RolloutRow, now: datetime) -> VerdictRow:
    return VerdictRow(
        rollout_id=row.id,
        organization_id=row.organization_id,
        revision=verdict.revision,
        epoch=verdict.epoch,
        sequence=sequence,
        looked_at=moment(verdict.looked_at),
        monitor_id=verdict.monitor_id,
        action=verdict.action.word,
        outcome=Outcome.QUIET,
        findings=[finding_document(each) for each in verdict.findings],
        received_at=now,
    )


def _incident(
    verdict: Verdict, finding: GuardFinding, row: RolloutRow, action: VerdictAction, now: datetime
) -> IncidentRow:
    done = Done.NOTHING if action is _NONE else _DONE[finding.action if finding.action is _NOTIFY else action]
    return IncidentRow(
        id=uuid4(),
        organization_id=row.organization_id,
        project_id=row.project_id,
        environment_id=row.environment_id,
        rollout_id=row.id,
        rollout=row.key,
        flag=row.flag,
        variation=row.variation,
        guard=finding.guard,
        action=finding.action.word,
        done=done,
        share=row.share,
        revision=verdict.revision,
        epoch=verdict.epoch,
        looked_at=moment(verdict.looked_at),
        monitor_id=verdict.monitor_id,
        finding=finding_document(finding),
        opened_at=now,
        recovered_at=None,
    )


def _told(incident: IncidentRow, author: Author, detail: str) -> Change:
    return Change(
        organization_id=incident.organization_id,
        project_id=incident.project_id,
        entity="incident",
        entity_key=str(incident.id),
        action="open",
        actor=author,
        # Webhooks that are told of one environment alone go by these.
        environment_ids=[incident.environment_id],
        after=incident_document(incident),
        origin=Origin(address=None, request_id=None, reason=detail),
    )
