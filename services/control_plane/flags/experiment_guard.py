"""Holds a change of a flag against the experiments that run on it: what they serve doesn't change silently.

Conflict 409
└── ExperimentAffected  `experiment_affected`: the errors name the experiments and the fields
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from service_kit.problems import Conflict, FieldError

from control_plane.entities.schemas import Warned
from control_plane.entities.transactions import WriteTransaction
from control_plane.flags.models import FlagInEnvironment, FlagRow, SettingsRow, default_of, off_variation_of
from control_plane.flags.queries import FindRunning, RunningExperiment
from control_plane.flags.repository import settings_of

_ERRORS_MAX = 20
_ALIKE = msgspec.json.Encoder(order="deterministic")


class ExperimentAffected(Conflict):
    default_code = "experiment_affected"

    def __init__(self, affected: Iterable[tuple[str, RunningExperiment]]) -> None:
        errors = [
            FieldError(
                field,
                self.default_code,
                f"the experiment {experiment.key!r} runs on it in {experiment.environment}: stop it first",
            )
            for field, experiment in affected
        ]
        named = ", ".join(dict.fromkeys(f"{error.field}: {error.reason}" for error in errors[:3]))
        super().__init__(named, errors=errors[:_ERRORS_MAX])


class ExperimentGuard:
    """Refuses changes of what running experiments serve: values of their variations; and for those that observe,
    the default and the off variation, which make their arms."""

    def __init__(self, find_running: FindRunning) -> None:
        self._find_running = find_running

    async def flag(self, write: WriteTransaction, before: FlagRow, after: FlagRow) -> None:
        """Raises `ExperimentAffected`."""
        changed = dict(_changed_values(before, after))
        served = [
            name
            for name, old, new in (
                ("default", before.default_serve, after.default_serve),
                ("off_variation", before.off_variation, after.off_variation),
            )
            if not _alike(old, new)
        ]
        if not changed and not served:
            return
        running = await self._find_running(write.tx, write.scope, after.key)
        affected = [
            (path, experiment)
            for experiment in running
            for key, path in changed.items()
            if key in experiment.variations
        ]
        if served and any(experiment.observes for experiment in running):
            settings = await settings_of(write.tx, after)
            affected += [
                (name, experiment)
                for experiment in running
                for name in served
                if experiment.observes and _inherits(settings.get(experiment.environment_id), name)
            ]
        if affected:
            raise ExperimentAffected(affected)

    async def settings(self, write: WriteTransaction, found: FlagInEnvironment, after: SettingsRow) -> None:
        """Raises `ExperimentAffected`."""
        before = found.settings
        served = [
            name
            for name, old, new in (
                ("default", default_of(found.flag, before), default_of(found.flag, after)),
                ("off_variation", off_variation_of(found.flag, before), off_variation_of(found.flag, after)),
            )
            if not _alike(old, new)
        ]
        if not served:
            return
        running = await self._running_in(write, found)
        affected = [(name, experiment) for experiment in running if experiment.observes for name in served]
        if affected:
            raise ExperimentAffected(affected)

    async def unreported(self, write: WriteTransaction, found: FlagInEnvironment, after: SettingsRow) -> list[Warned]:
        """What to say to somebody who ends the edges' reports of exposures."""
        if not found.settings.report_exposures or after.report_exposures:
            return []
        return [
            Warned(
                code="exposures_not_reported",
                detail=f"the experiment {experiment.key!r} runs on it in {experiment.environment} and gets only the "
                "exposures that the application sends",
            )
            for experiment in await self._running_in(write, found)
        ]

    async def switched_off(self, write: WriteTransaction, found: FlagInEnvironment) -> list[Warned]:
        """What to say to somebody who switches a flag off; it is done all the same."""
        return [
            Warned(
                code="experiment_without_exposures",
                detail=f"the experiment {experiment.key!r} runs on it in {experiment.environment} and gets no exposure "
                "while the flag is off",
            )
            for experiment in await self._running_in(write, found)
        ]

    async def _running_in(self, write: WriteTransaction, found: FlagInEnvironment) -> list[RunningExperiment]:
        running = await self._find_running(write.tx, write.scope, found.flag.key)
        return [each for each in running if each.environment_id == found.environment.id]


def _changed_values(before: FlagRow, after: FlagRow) -> Iterator[tuple[str, str]]:
    """Key and path of each variation that has another value now."""
    values = {each["key"]: each["value"] for each in before.variations}
    for index, each in enumerate(after.variations):
        if each["key"] in values and not _alike(values[each["key"]], each["value"]):
            yield each["key"], f"variations[{index}].value"


def _alike(one: Any, other: Any) -> bool:
    """The same as JSON: Python calls 1 and true equal."""
    return _ALIKE.encode(one) == _ALIKE.encode(other)


def _inherits(settings: SettingsRow | None, name: str) -> bool:
    if settings is None:
        return True
    return (settings.default_serve if name == "default" else settings.off_variation) is None
