"""Trials: edits rehearsed, with what each environment would publish of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from messages.generated.impact_pb2 import ImpactReply

from control_plane.entities.edits import EditKinds
from control_plane.entities.joint import Frame, JointTransactions
from control_plane.environments.queries import EnvironmentRow
from control_plane.previews.entries import Compilation, EntryChange, Names, changed_entries, compiled_entries
from control_plane.previews.impacts import ImpactInquiry, Impacts, Silence
from control_plane.reviews.models import ProposedEdit
from control_plane.reviews.rehearsal import rehearse
from control_plane.reviews.schemas import EditIn

Asked = tuple["Trial", ImpactReply | Silence | None]
"""An environment's trial with its impact; None where nothing would be published otherwise."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One environment, and the entries that would be others."""

    environment: EnvironmentRow
    changes: Sequence[EntryChange]


@dataclass(slots=True)
class _Watched:
    names: Names = ()
    environments: list[EnvironmentRow] = field(default_factory=list)
    after: dict[UUID, Compilation] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """Edits, and what each environment would publish of them."""

    edits: tuple[ProposedEdit, ...]
    trials: tuple[Trial, ...]


async def tried(
    frame: Frame, kinds: EditKinds, given: Sequence[EditIn], only: EnvironmentRow | None = None
) -> Rehearsed:
    """Raises as `rehearse` does. Without `only` every environment whose answers change."""
    watched = _Watched()

    async def watch(joint: JointTransactions) -> None:
        made = [change for each in joint.made for change in (each.change, *each.consequences)]
        watched.names = {(each.entity, each.entity_key) for each in made}
        answering = {row.id for each in joint.made for row in each.answering}
        watched.environments = [each for each in frame.environments if each.id in answering] if only is None else [only]
        for each in watched.environments:
            watched.after[each.id] = await compiled_entries(frame.tx, each, watched.names)

    edits = await rehearse(frame, kinds, given, watch)
    trials = []
    for each in watched.environments:
        before = await compiled_entries(frame.tx, each, watched.names)
        trials.append(Trial(each, changed_entries(before, watched.after[each.id])))
    return Rehearsed(edits, tuple(trials))


async def impacts_of(impacts: Impacts, trials: Sequence[Trial], examples: int = 0) -> list[Asked]:
    """Asked side by side: each has its own seconds."""

    async def ask(trial: Trial) -> Asked:
        if not trial.changes:
            return trial, None
        environment = trial.environment
        inquiry = ImpactInquiry(
            organization_id=environment.organization_id,
            environment_id=environment.id,
            changes=trial.changes,
            examples=examples,
        )
        return trial, await impacts.ask(inquiry)

    return list(await asyncio.gather(*map(ask, trials)))
