"""① A remote config is edited: what it is in every environment alike. Its settings in one: `settings_service.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from service_kit.problems import FieldError, InvalidInput

from control_plane.access import Actor, Right, require
from control_plane.configs.clones import copy_settings
from control_plane.configs.combinations import Checks, refuse_unfit
from control_plane.configs.definition import checked_definition, checked_settings, config_of
from control_plane.configs.models import CONFIGS, ConfigRow, ConfigSettingsRow
from control_plane.configs.references import keep_references
from control_plane.configs.repository import outlines_of, save_settings_later, settings_of
from control_plane.configs.schemas import ConfigClone, ConfigCreate, ConfigPatch
from control_plane.configs.serving import Served, served_otherwise
from control_plane.configs.views import config_view, settings_view
from control_plane.database import Connection
from control_plane.entities import usages
from control_plane.entities.answers import Answered
from control_plane.entities.errors import NotArchived
from control_plane.entities.integrity import ConfigReplacement, ExperimentIntegrity
from control_plane.entities.service import Created, EntityService
from control_plane.entities.sizes import stored_bytes
from control_plane.entities.transactions import Consequence, ProjectTransactions, WriteTransaction, find
from control_plane.environments.queries import EnvironmentRow
from control_plane.quotas import Quota

_DEFECTS_NAMED_MAX = 10
_RESULTING = ("json_schema", "value", "metadata")
"""What decides whether the settings of an environment fit."""


class ConfigService(EntityService[ConfigRow]):
    """A remote config's life in its project."""

    kind: ClassVar = "config"
    resource: ClassVar = "config"
    quota: ClassVar = Quota.CONFIGS
    table = CONFIGS
    creation: ClassVar = ConfigCreate
    patch: ClassVar = ConfigPatch

    def __init__(self, transactions: ProjectTransactions, integrity: ExperimentIntegrity) -> None:
        super().__init__(transactions)
        self._integrity = integrity

    def view(self, row: ConfigRow) -> Answered:
        return config_view(row, {})

    async def views(self, tx: Connection, rows: Sequence[ConfigRow]) -> list[Answered]:
        if not rows:
            return []
        outlines = await outlines_of(tx, rows[0].organization_id, [row.id for row in rows])
        return [config_view(row, outlines[row.id]) for row in rows]

    async def clone(self, actor: Actor, project: str, key: str, body: ConfigClone) -> Created:
        """A config as this one is, settings included, under another key. Raises `KeyTaken` and `QuotaExceeded`."""
        async with self._write(actor, project, self.edit("create", body.key)) as write:
            require(actor, Right.CONFIG_READ, write.scope)
            source = await find(write, CONFIGS, key)
            row = replace(source, **write.first(), key=body.key, name=body.name or body.key)
            stored = await write.insert(CONFIGS, await self.checked(write, row, None), write.environments)
            for each in await copy_settings(write, source, stored, body.environments):
                write.hold([each.environment], stored_bytes(each.settings))
            return Created(await self._recorded(write, "create", None, stored), stored.project_id)

    async def checked(self, write: WriteTransaction, row: ConfigRow, before: ConfigRow | None) -> ConfigRow:
        """Raises `InvalidInput` also where an environment's settings no longer fit."""
        changed = before is None or any(getattr(before, name) != getattr(row, name) for name in _RESULTING)
        if changed:
            # In a thread: it may take a second, in which requests want to be served.
            checks = await asyncio.to_thread(checked_definition, row)
            if before is not None:
                await _keep_fitting(write, row, checks)
                await self._hold(write, before, row, checks)
        return row

    async def _hold(self, write: WriteTransaction, before: ConfigRow, row: ConfigRow, checks: Checks) -> None:
        """Raises `ExperimentAffected`, and `InvalidInput` for what an experiment that goes on can't do with."""
        if not await write.reached():
            return
        settings = await _settings(write, before)
        both = {
            each.id: (config_of(before, settings.stored.get(each.key)), config_of(row, settings.kept.get(each.key)))
            for each in write.environments
        }
        running = await self._integrity.hold(write, ConfigReplacement(row.key, both))
        for environment_id, experiments in running.items():
            await asyncio.to_thread(refuse_unfit, checks, both[environment_id][1], experiments)

    async def serving(
        self, write: WriteTransaction, before: ConfigRow | None, after: ConfigRow | None
    ) -> Sequence[EnvironmentRow]:
        settings = _Settings({}, {}) if before is None else await _settings(write, before)
        was = None if before is None else Served(before, settings.stored)
        is_now = None if after is None else Served(after, settings.kept)
        return [each for each in write.environments if served_otherwise(each.key, was, is_now)]

    async def check_archive(self, write: WriteTransaction, row: ConfigRow) -> None:
        await super().check_archive(write, row)
        usages.activate_later(write.tx, write.scope, "config", row.key, active=False)

    async def check_restore(self, write: WriteTransaction, row: ConfigRow) -> None:
        restored = replace(row, archived=False)
        for settings in (await _settings(write, row)).stored.values():
            await keep_references(write, config_of(restored, settings), settings.environment_id)

    async def check_delete(self, write: WriteTransaction, row: ConfigRow) -> None:
        if not row.archived:
            raise NotArchived("config", row.key)
        await super().check_delete(write, row)
        usages.forget_later(write.tx, write.scope, "config", row.key)
        for environment, settings in (await _settings(write, row)).stored.items():
            write.consequences.append(
                Consequence(
                    entity="config_settings",
                    key=f"{row.key}/{environment}",
                    action="delete",
                    before=settings_view(row, environment, settings).audited(),
                    after=None,
                )
            )


@dataclass(frozen=True, slots=True)
class _Settings:
    """What was set of the config, by environment key, and what is kept of that with the write."""

    stored: dict[str, ConfigSettingsRow]
    kept: dict[str, ConfigSettingsRow]


async def _settings(write: WriteTransaction, row: ConfigRow) -> _Settings:
    """Read once in a write."""
    if row.id not in write.read:
        stored = await settings_of(write.tx, row)
        write.read[row.id] = _Settings(stored, dict(stored))
    found: _Settings = write.read[row.id]
    return found


async def _keep_fitting(write: WriteTransaction, row: ConfigRow, checks: Checks) -> None:
    """Raises `InvalidInput` for settings that no longer fit, also in an environment that is archived and may be
    restored; which combinations don't is noted anew."""
    errors: list[FieldError] = []
    settings = await _settings(write, row)
    for environment, before in settings.stored.items():
        try:
            after = (await asyncio.to_thread(checked_settings, row, before, checks)).row
        except InvalidInput as problem:
            reasons = [f"{environment} needs it: {each.field}: {each.reason}" for each in problem.errors]
            errors += [FieldError("schema", "needed_in_environment", reason) for reason in reasons]
            continue
        if after.invalid != before.invalid:
            settings.kept[environment] = after
            save_settings_later(write.tx, after)
    if errors:
        raise InvalidInput(errors[:_DEFECTS_NAMED_MAX])
