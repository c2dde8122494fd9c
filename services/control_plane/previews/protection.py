"""Holds writes against the experiments that run: what disturbs one is refused until somebody says what is to happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import UUID

from bucketing.flagset import Experiment, FlagSet

from control_plane.access import Right
from control_plane.entities.integrity import DisturbanceCause, Replacement, ShippedVariation, choice_of, observed
from control_plane.entities.schemas import ExperimentChoice, Shipment
from control_plane.entities.transactions import STOPPED_MAX, WriteTransaction
from control_plane.environments.queries import EnvironmentRow
from control_plane.experiments.queries import in_next_phase
from control_plane.previews.disturbances import Disturbed
from control_plane.previews.errors import (
    Affected,
    ExperimentAffected,
    TooManyAffected,
    TooManyStopped,
    UnexplainedConsent,
)
from control_plane.previews.integrity import disturbed
from control_plane.previews.surroundings import surroundings


class RunningExperiments(Protocol):
    """What is done to experiments beside a write; the experiments' feature has one."""

    async def end(self, write: WriteTransaction, environment: EnvironmentRow, key: str) -> None:
        """It is stopped with the write. Raises `MissingRight`."""

    async def begin_phase(self, write: WriteTransaction, environment: EnvironmentRow, key: str) -> None:
        """It counts anew from the write on. Raises `MissingRight`, and `Conflict` for one that has had too many."""

    async def ship(
        self, write: WriteTransaction, environment: EnvironmentRow, subject: str, shipment: Shipment
    ) -> ShippedVariation:
        """As `ExperimentIntegrity.ship`."""

    def mark(
        self, write: WriteTransaction, environment: EnvironmentRow, key: str, disturbance: Mapping[str, Any]
    ) -> None:
        """It shows from now on that it was disturbed."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What an environment serves before a write and after it."""

    environment: EnvironmentRow
    before: FlagSet
    after: FlagSet
    now: int

    @property
    def affected(self) -> list[Affected]:
        return [Affected(self.environment, each) for each in disturbed(self.before, self.after, self.now)]

    def on(self, key: str, ended: Sequence[Affected]) -> list[Experiment]:
        """The experiments on the flag or remote config `key`, but for those that end."""
        gone = {each.disturbed.experiment for each in ended}
        return [each for each in self.after.experiments.values() if each.flag == key and each.key not in gone]

    def with_ends(self) -> list[Affected]:
        """Also those that are disturbed because others end."""
        after, found = self.after, {each.disturbed.experiment: each for each in self.affected}
        while True:
            after = replace(after, experiments={key: one for key, one in after.experiments.items() if key not in found})
            more = replace(self, after=after).affected
            if not more:
                return list(found.values())
            found |= {each.disturbed.experiment: each for each in more}

    def with_phases(self) -> list[Affected]:
        """Also those that are disturbed because others draw anew."""
        after, found = self.after, dict[str, Affected]()
        while more := replace(self, after=after).affected:
            found |= {each.disturbed.experiment: each for each in more}
            anew = {
                each.disturbed.experiment: in_next_phase(after.experiments[each.disturbed.experiment]) for each in more
            }
            after = replace(after, experiments={**after.experiments, **anew})
        return list(found.values())


class ExperimentProtection:
    """Looks after the experiments that run."""

    def __init__(self, experiments: RunningExperiments) -> None:
        self._experiments = experiments

    async def ship(
        self, write: WriteTransaction, environment: EnvironmentRow, subject: str, shipment: Shipment
    ) -> ShippedVariation:
        return await self._experiments.ship(write, environment, subject, shipment)

    async def hold(
        self, write: WriteTransaction, replacement: Replacement, *, off: bool = False
    ) -> Mapping[UUID, Sequence[Experiment]]:
        """Before the write ends. Answers the experiments on what is written that go on, by environment. Raises
        `ExperimentAffected` where it disturbs experiments and nobody has chosen what is to happen to them; `off` is
        never refused: it marks them."""
        found = await self._affected(write, replacement)
        ended = choice_of(write) is ExperimentChoice.STOP
        goes_on = {each.environment.id: each.on(replacement.key, each.with_ends() if ended else ()) for each in found}
        affected = [one for each in found for one in each.affected]
        if affected:
            await self._hold(write, replacement, found, off=off)
        return goes_on

    async def _hold(
        self, write: WriteTransaction, replacement: Replacement, found: Sequence[_Change], *, off: bool
    ) -> None:
        affected = [one for each in found for one in each.affected]
        if (seen := observed()) is not None:
            seen.update((each.environment.key, each.disturbed.experiment) for each in affected)
            return
        choice = choice_of(write)
        if choice is ExperimentChoice.NEW_PHASE:
            await self._begin_phases(write, [one for each in found for one in each.with_phases()])
        elif choice is ExperimentChoice.STOP:
            await self._end(write, [one for each in found for one in each.with_ends()])
        elif off:
            of_experiment = replacement.kind == "experiment"
            cause = DisturbanceCause.STOPPED if of_experiment else DisturbanceCause.SWITCHED_OFF
            self._mark(write, replacement, affected, cause)
        elif choice is ExperimentChoice.ACCEPT:
            for each in affected:
                write.require(Right.EXPERIMENT_UPDATE, each.environment)
            if not write.reason:
                raise UnexplainedConsent(affected)
            self._mark(write, replacement, affected, DisturbanceCause.ACCEPTED)
        else:
            raise ExperimentAffected(affected, replacement.field)

    async def _affected(self, write: WriteTransaction, replacement: Replacement) -> list[_Change]:
        reached = await write.reached()
        itself = (replacement.kind, replacement.key)
        experimented = {
            each.environment_id for each in reached if each.kind == "experiment" and (each.kind, each.key) != itself
        }
        if replacement.environment_ids is not None:
            experimented &= replacement.environment_ids
        now = round(write.now.timestamp() * 1000)
        found: list[_Change] = []
        for environment in write.environments:
            if environment.id in experimented:
                held = await surroundings(write.tx, environment, reached)
                found.append(_Change(environment, *replacement.put(held, environment.id), now))
        return found

    async def _begin_phases(self, write: WriteTransaction, affected: Sequence[Affected]) -> None:
        if len(affected) > STOPPED_MAX:
            raise TooManyAffected(len(affected), STOPPED_MAX)
        for each in affected:
            await self._experiments.begin_phase(write, each.environment, each.disturbed.experiment)

    async def _end(self, write: WriteTransaction, affected: Sequence[Affected]) -> None:
        if len(affected) > STOPPED_MAX:
            raise TooManyStopped(len(affected), STOPPED_MAX)
        for each in affected:
            await self._experiments.end(write, each.environment, each.disturbed.experiment)

    def _mark(
        self, write: WriteTransaction, replacement: Replacement, affected: Sequence[Affected], cause: DisturbanceCause
    ) -> None:
        for each in affected:
            told = {"cause": cause, "entity": replacement.kind, "key": replacement.key, **_document(each.disturbed)}
            self._experiments.mark(write, each.environment, each.disturbed.experiment, told)


def _document(one: Disturbed) -> dict[str, Any]:
    return {"disturbances": [each.document() for each in one.disturbances]}
