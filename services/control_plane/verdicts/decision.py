"""What a verdict means for a rollout as it stands now; pure.

A guard that asks for something is answered once: by an incident, until it asks for nothing any more. Whoever resumes a
rollout that it held has decided to go on all the same, so it holds nothing again and keeps no step back.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from messages.verdicts import FindingState, GuardFinding, Verdict, VerdictAction

from control_plane.rollouts.queries import BEGUN, RolloutState


class Standing(NamedTuple):
    """A rollout when a verdict on it comes. `undisturbed`: since the revision that was looked at nothing has happened
    but steps that were due. `answered`: guards with an incident that have not recovered."""

    state: RolloutState
    undisturbed: bool
    answered: Collection[str] = ()


class Decision(NamedTuple):
    """`action`: what is done. `opens`: findings that are told as incidents. `recovered`: guards that ask for nothing
    any more. `quiet`: no guard keeps the next step back."""

    action: VerdictAction
    opens: tuple[GuardFinding, ...]
    recovered: frozenset[str]
    quiet: bool


def decide(verdict: Verdict, standing: Standing) -> Decision:
    recovered = frozenset(
        each.guard
        for each in verdict.findings
        if each.guard in standing.answered and each.action is VerdictAction.NONE and each.state is FindingState.HEALTHY
    )
    asking = [
        each
        for each in verdict.findings
        if each.action is not VerdictAction.NONE and each.guard not in standing.answered
    ]
    quiet = all(each.action is VerdictAction.NOTIFY for each in asking)
    opens = tuple(each for each in asking if standing.undisturbed and _can_be_done(each.action, standing.state))
    begun = standing.state in BEGUN
    action = max((each.action for each in opens if begun), default=VerdictAction.NONE)
    return Decision(action, opens, recovered, quiet)


def _can_be_done(action: VerdictAction, state: RolloutState) -> bool:
    """What rests is not held, and asks again once it goes on. Of what is complete it is told that it harms."""
    if action is VerdictAction.HOLD and state in BEGUN:
        return state is RolloutState.RUNNING
    return state in BEGUN or state is RolloutState.COMPLETED
