"""① A remote config's settings in one environment are edited: its value there, and the overrides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from bucketing.flagset import RemoteConfig
from service_kit.problems import NotFound
from service_kit.versions import check_version

from control_plane.access import Actor, Right, require
from control_plane.configs.combinations import Checks, refuse_unfit
from control_plane.configs.definition import checked_settings, config_of, with_override_ids
from control_plane.configs.models import ConfigInEnvironment, ConfigRow, ConfigSettingsRow, new_settings
from control_plane.configs.references import keep_references
from control_plane.configs.repository import find_in_environment, save_settings_later
from control_plane.configs.schemas import ConfigSettingsPatch
from control_plane.configs.serving import settings_serve_otherwise
from control_plane.configs.value_schema import ValueSchema
from control_plane.configs.views import combination_ids, settings_view
from control_plane.entities.answers import Answered
from control_plane.entities.errors import Archived
from control_plane.entities.integrity import ConfigReplacement, ExperimentIntegrity, Replacement
from control_plane.entities.models import Edit, document_of
from control_plane.entities.schemas import Warned
from control_plane.entities.sizes import stored_bytes
from control_plane.entities.transactions import ProjectTransactions, ReadTransaction, WriteTransaction
from control_plane.environments.queries import EnvironmentRow, environment_by_key, refuse_archived_environment

COPIED = ("value", "resolve", "overrides")
"""What `copy` takes along: all that is set in an environment."""
_COMBINATIONS_NAMED_MAX = 5


@dataclass(frozen=True, slots=True)
class ConfigSettingsPath:
    """Project (id or key), config and environment, as the path names them."""

    project: str
    config: str
    environment: str


class ConfigSettingsService:
    """A remote config's settings in one environment.

    `expected` is the version that the caller has seen: another one raises `PreconditionFailed`."""

    resource: ClassVar = "config"
    """The name of the right."""

    def __init__(self, transactions: ProjectTransactions, integrity: ExperimentIntegrity) -> None:
        self._transactions = transactions
        self._integrity = integrity

    async def read(self, actor: Actor, at: ConfigSettingsPath) -> Answered:
        config, settings = await self._stored(actor, at)
        return settings_view(config, at.environment, settings)

    async def change(self, actor: Actor, at: ConfigSettingsPath, expected: int, body: ConfigSettingsPatch) -> Answered:
        patch = body.given()
        if "overrides" in patch:
            patch["overrides"] = with_override_ids(patch["overrides"])
        edit = settings_edit(at, document_of(body), expected)
        return await self._write(actor, at, edit, lambda row: replace(row, **patch))

    async def copy(self, actor: Actor, at: ConfigSettingsPath, source: str, expected: int) -> Answered:
        """Value, resolve mode and overrides come from `source`."""
        config, given = await self._stored(actor, replace(at, environment=source))
        copied = {name: getattr(given, name) for name in COPIED}
        edit = settings_edit(at, self.authored(settings_view(config, source, given).audited()), expected)
        return await self._write(actor, at, edit, lambda row: replace(row, **copied))

    def authored(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a change that would make the settings what they are in this document of the audit log."""
        fields = {name: document[name] for name in ConfigSettingsPatch.model_fields if name in document}
        return fields | ({"value": None} if document.get("inherited") else {})

    async def bring_back(
        self, actor: Actor, project: str, key: str, expected: int, fields: Mapping[str, Any]
    ) -> Answered:
        """A change as of a request; `key` is `config/environment`. Raises pydantic's `ValidationError`, too."""
        config, _, environment = key.partition("/")
        at = ConfigSettingsPath(project=project, config=config, environment=environment)
        return await self.change(actor, at, expected, ConfigSettingsPatch.model_validate(fields))

    async def _stored(self, actor: Actor, at: ConfigSettingsPath) -> tuple[ConfigRow, ConfigSettingsRow]:
        async with self._transactions.read(actor, at.project, Right.CONFIG_READ) as read:
            environment = await environment_by_key(read.tx, read.scope, at.environment)
            require(actor, Right.CONFIG_READ, environment.within(read.scope))
            return await _config_in(read, at.config, environment)

    async def _write(
        self,
        actor: Actor,
        at: ConfigSettingsPath,
        edit: Edit,
        change: Callable[[ConfigSettingsRow], ConfigSettingsRow],
    ) -> Answered:
        right = Right.CONFIG_UPDATE
        async with self._transactions.write(
            actor, at.project, right, entity=edit.entity, placed=True, edit=edit
        ) as write:
            found = await found_in(write, at, edit.base_version)
            changed = replace(change(found.settings), version=found.settings.version + 1, updated_at=write.now)
            # In a thread: it may take a second, in which requests want to be served.
            checked = await asyncio.to_thread(checked_settings, found.config, changed)
            if checked.row.overrides != found.settings.overrides:
                await keep_references(write, checked.config, found.environment.id)
            await self._hold(write, found, checked.config)
            if settings_serve_otherwise(found.config, found.settings, checked.row):
                await write.serve(right, [found.environment])
            write.hold([found.environment], stored_bytes(checked.row) - stored_bytes(found.settings))
            return await saved(write, found, checked.row)

    async def _hold(
        self,
        write: WriteTransaction,
        found: ConfigInEnvironment,
        after: RemoteConfig,
        whole: Callable[[ConfigReplacement], Replacement] = lambda config: config,
    ) -> None:
        """`whole`: the write, where it is more than the config's. Raises `ExperimentAffected`, and `InvalidInput` for
        what an experiment that goes on can't do with."""
        if not await write.reached():
            return
        environment_id = found.environment.id
        both = {environment_id: (config_of(found.config, found.settings), after)}
        running = await self._integrity.hold(write, whole(ConfigReplacement(found.config.key, both)))
        if experiments := running.get(environment_id):
            checks = Checks(ValueSchema(found.config.json_schema))
            await asyncio.to_thread(refuse_unfit, checks, after, experiments)


def settings_edit(at: ConfigSettingsPath, document: Mapping[str, Any], expected: int | None) -> Edit:
    """The write as a document."""
    return Edit(
        entity="config_settings",
        key=at.config,
        environment=at.environment,
        action="update",
        document=document,
        base_version=expected,
    )


async def found_in(write: WriteTransaction, at: ConfigSettingsPath, expected: int | None) -> ConfigInEnvironment:
    """Raises `NotFound`, `MissingRight`, `PreconditionFailed`, and `Conflict` for what is archived."""
    environment = next((each for each in write.environments if each.key == at.environment), None)
    # What is not among them is archived or not there.
    environment = environment or await environment_by_key(write.tx, write.scope, at.environment)
    write.require(Right.CONFIG_UPDATE, environment)
    config, settings = await _config_in(write, at.config, environment)
    if config.archived:
        raise Archived("config", config.key)
    refuse_archived_environment(archived=environment.archived)
    check_version(expected, settings.version)
    return ConfigInEnvironment(config, environment, settings)


async def saved(write: WriteTransaction, found: ConfigInEnvironment, after: ConfigSettingsRow) -> Answered:
    save_settings_later(write.tx, after)
    view = settings_view(found.config, found.environment.key, after)
    versions = await write.record(
        "update",
        f"{found.config.key}/{found.environment.key}",
        before=settings_view(found.config, found.environment.key, found.settings).audited(),
        after=view.audited(),
        environments=[found.environment],
    )
    return view.written(versions, [*write.warnings, *_invalid_combinations(after)])


async def _config_in(
    transaction: ReadTransaction | WriteTransaction, key: str, environment: EnvironmentRow
) -> tuple[ConfigRow, ConfigSettingsRow]:
    found = await find_in_environment(transaction.tx, transaction.scope, key, environment.id)
    if found is None:
        raise NotFound("there is nothing at this address")
    row, settings = found
    return row, settings or new_settings(row, environment.id)


def _invalid_combinations(row: ConfigSettingsRow) -> list[Warned]:
    if not row.invalid:
        return []
    named = ["+".join(each) for each in combination_ids(row)]
    more = f" and {len(named) - _COMBINATIONS_NAMED_MAX} more" if len(named) > _COMBINATIONS_NAMED_MAX else ""
    told = f"{', '.join(named[:_COMBINATIONS_NAMED_MAX])}{more}"
    detail = f"these overrides don't fit the schema together: {told}; whom they match gets the value without overrides"
    return [Warned(code="invalid_combinations", detail=detail)]
