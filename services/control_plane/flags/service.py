"""① A flag is edited: what it is, in every environment alike. Its settings in one: `settings_service.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from bucketing.document import serve_to_document
from service_kit.pagination import PageRequest
from service_kit.problems import FieldError, InvalidInput, NotFound
from service_kit.versions import check_version

from control_plane.access import Actor, Right, require
from control_plane.database import Connection
from control_plane.entities import usages
from control_plane.entities.answers import Answered
from control_plane.entities.errors import NotArchived
from control_plane.entities.integrity import ExperimentIntegrity
from control_plane.entities.lists import Facet, ListFilter
from control_plane.entities.schemas import Warned
from control_plane.entities.service import Created, EntityService, Listed
from control_plane.entities.sizes import stored_bytes
from control_plane.entities.transactions import (
    Consequence,
    ProjectTransactions,
    ReadTransaction,
    WriteTransaction,
    find,
)
from control_plane.environments.queries import EnvironmentRow, environments_of
from control_plane.flags.clones import copy_settings
from control_plane.flags.definition import checked_definition, checked_settings, flag_of
from control_plane.flags.lifecycle_states import FlagsByLifecycle
from control_plane.flags.models import FLAGS, FlagFilter, FlagRow, SettingsRow, new_settings
from control_plane.flags.references import keep_references
from control_plane.flags.repository import (
    find_with_settings,
    save_settings,
    settings_by_environment,
    settings_of,
)
from control_plane.flags.schemas import FlagClone, FlagCreate, FlagPatch
from control_plane.flags.serving import environments_served_otherwise, replacement_of
from control_plane.flags.switches import AROUND, Around, Known, Switches, around_of, known_of, switch_of, who_of
from control_plane.flags.values import in_type
from control_plane.flags.views import flag_view, settings_view
from control_plane.quotas import Quota

_DEFECTS_NAMED_MAX = 10


class FlagService(EntityService[FlagRow]):
    """A flag's life in its project."""

    kind: ClassVar = "flag"
    resource: ClassVar = "flag"
    quota: ClassVar = Quota.FLAGS
    table = FLAGS
    creation: ClassVar = FlagCreate
    patch: ClassVar = FlagPatch

    def __init__(
        self,
        transactions: ProjectTransactions,
        integrity: ExperimentIntegrity,
        by_lifecycle: FlagsByLifecycle | None = None,
    ) -> None:
        """`by_lifecycle`: for lists; without it none is narrowed down by a lifecycle."""
        super().__init__(transactions)
        self._integrity = integrity
        self._by_lifecycle = by_lifecycle

    async def page(self, actor: Actor, project: str, page: PageRequest, wanted: ListFilter) -> Listed[FlagRow]:
        if isinstance(wanted, FlagFilter) and wanted.lifecycle is not None and self._by_lifecycle is not None:
            keys = await self._by_lifecycle.keys(actor, project, wanted.lifecycle, wanted.environment)
            wanted = replace(wanted, among=keys)
        return await super().page(actor, project, page, wanted)

    def view(self, row: FlagRow) -> Answered:
        return flag_view(row, Known({}))

    async def views(self, tx: Connection, rows: Sequence[FlagRow]) -> list[Answered]:
        if not rows:
            return []
        known = await known_of(tx, rows)
        return [flag_view(row, known[row.id]) for row in rows]

    async def found(self, write: WriteTransaction, action: str, key: str, expected: int | None) -> FlagRow:  # noqa: ARG002
        found = await find_with_settings(write.tx, write.scope, key, AROUND)
        if found is None:
            raise NotFound("there is nothing at this address")
        row = found.flag
        write.read[row.id] = found.settings
        write.read[row.id, "around"] = around_of(found.beside or {})
        check_version(expected, row.version)
        return row

    async def written(self, write: WriteTransaction, before: FlagRow | None, stored: FlagRow) -> Answered:
        """As it is read afterwards: the entries of this write follow it, so who makes it is put in here."""
        who = who_of(write.actor)
        settings = {} if before is None and not write.consequences else await _settings(write, stored)
        touched = {each.key for each in write.consequences if each.entity == "flag_settings"}
        stopped = {each.key for each in write.consequences if (each.entity, each.action) == ("experiment", "stop")}
        around: Mapping[str, Around] = write.read.get((stored.id, "around"), {})
        switches: Switches = {}
        for each in write.environments:
            there = around.get(each.key, Around()).without(stopped)
            if f"{stored.key}/{each.key}" in touched:
                there = replace(there, changed_by=who)
            switches[each.key] = switch_of(stored, settings.get(each.id), there)
        return flag_view(stored, Known(switches, who))

    async def settled_filter(self, read: ReadTransaction, wanted: ListFilter) -> ListFilter:
        if wanted.environment is not None:
            environments = await environments_of(read.tx, read.scope)
            if wanted.environment not in {each.key for each in environments}:
                reason = f"there is no environment {wanted.environment!r} in use"
                raise InvalidInput([FieldError("environment", "unknown_environment", reason)])
        elif wanted.state is not None or Facet.STATE in wanted.facets:
            reason = "is needed: a flag is on or off in an environment"
            raise InvalidInput([FieldError("environment", "missing", reason)])
        return replace(wanted, on=read.tx.now.date()) if isinstance(wanted, FlagFilter) else wanted

    def columns(self, given: Mapping[str, Any]) -> dict[str, Any]:
        columns = dict(given)
        if "default" in columns:
            columns["default_serve"] = columns.pop("default")
        if columns.get("expected_end") is not None:
            columns["expected_end"] = date.fromisoformat(columns["expected_end"])
        return columns

    async def clone(self, actor: Actor, project: str, key: str, body: FlagClone) -> Created:
        """A flag as this one is, settings included, under another key. Raises `KeyTaken` and `QuotaExceeded`."""
        async with self._write(actor, project, self.edit("create", body.key)) as write:
            require(actor, Right.FLAG_READ, write.scope)
            source = await find(write, FLAGS, key)
            row = replace(source, **write.first(), key=body.key, name=body.name or body.key)
            stored = await write.insert(FLAGS, await self.checked(write, row, None), write.environments)
            for each in await copy_settings(write, source, stored, body):
                write.hold([each.environment], stored_bytes(each.settings))
            view = await self._recorded(write, "create", None, stored)
            return Created(view.written(view.environment_versions, write.warnings), stored.project_id)

    async def checked(self, write: WriteTransaction, row: FlagRow, before: FlagRow | None) -> FlagRow:
        """The row in canonical form. A variation that is in use is not taken away."""
        if before is not None and (removed := before.variation_keys - row.variation_keys):
            await _refuse_used_variations(write, row, removed)
        row = replace(row, variations=_in_type(row.variations, row.type))
        row = replace(row, default_serve=serve_to_document(checked_definition(row).default))
        if before is not None:
            await _refuse_broken_settings(write, row)
            await self._hold(write, before, row)
        return row

    async def _hold(self, write: WriteTransaction, before: FlagRow, row: FlagRow) -> None:
        """Raises `ExperimentAffected`."""
        if not await write.reached():
            return
        stored = await _settings(write, row)
        both = {each.id: stored.get(each.id) or new_settings(row, each.id) for each in write.environments}
        settings = {each: (there, there) for each, there in both.items()}
        await self._integrity.hold(write, replacement_of(before, row, settings))

    async def serving(
        self, write: WriteTransaction, before: FlagRow | None, after: FlagRow | None
    ) -> Sequence[EnvironmentRow]:
        settings = {} if before is None else await _settings(write, before)
        ids = environments_served_otherwise(settings, before, after, [each.id for each in write.environments])
        return [each for each in write.environments if each.id in ids]

    async def check_archive(self, write: WriteTransaction, row: FlagRow) -> None:
        await super().check_archive(write, row)
        usages.activate_later(write.tx, write.scope, "flag", row.key, active=False)

    async def check_restore(self, write: WriteTransaction, row: FlagRow) -> None:
        """A restored flag is off everywhere: what it served before may be long out of date."""
        restored = replace(row, archived=False)
        switched_off: list[str] = []
        in_use = {each.key for each in write.environments}
        for environment, settings in (await settings_by_environment(write.tx, row)).items():
            off = replace(settings, enabled=False)
            if settings.enabled:
                off = replace(off, version=settings.version + 1, updated_at=write.now)
                await save_settings(write.tx, off)
                (await _settings(write, row))[off.environment_id] = off
                write.consequences.append(_of_settings(row, environment, "update", settings, off))
                switched_off += [environment] if environment in in_use else []
            await keep_references(write, flag_of(restored, off), settings.environment_id)
        if switched_off:
            detail = f"the flag was on in {', '.join(switched_off)} and is off: switch it on where it is wanted"
            write.warnings.append(Warned(code="restored_off", detail=detail))

    async def check_delete(self, write: WriteTransaction, row: FlagRow) -> None:
        if not row.archived:
            raise NotArchived("flag", row.key)
        await super().check_delete(write, row)
        usages.forget_later(write.tx, write.scope, "flag", row.key)
        for environment, settings in await self._settings_by_key(write, row):
            write.consequences.append(_of_settings(row, environment, "delete", settings, None))

    async def _settings_by_key(self, write: WriteTransaction, row: FlagRow) -> list[tuple[str, SettingsRow]]:
        """By the environment's key; where one is archived, its key is looked for."""
        settings, keys = await _settings(write, row), {each.id: each.key for each in write.environments}
        if settings.keys() <= keys.keys():
            return sorted((keys[each], settings[each]) for each in settings)
        return list((await settings_by_environment(write.tx, row)).items())


def _of_settings(
    flag: FlagRow, environment: str, action: str, before: SettingsRow, after: SettingsRow | None
) -> Consequence:
    return Consequence(
        entity="flag_settings",
        key=f"{flag.key}/{environment}",
        action=action,
        before=settings_view(flag, environment, before).audited(),
        after=None if after is None else settings_view(flag, environment, after).audited(),
    )


async def _settings(write: WriteTransaction, row: FlagRow) -> dict[UUID, SettingsRow]:
    """What was set of the flag, by environment id; read once in a write."""
    if row.id not in write.read:
        write.read[row.id] = await settings_of(write.tx, row)
    found: dict[UUID, SettingsRow] = write.read[row.id]
    return found


async def _refuse_used_variations(write: WriteTransaction, row: FlagRow, removed: frozenset[str]) -> None:
    errors = [
        FieldError("variations", "variation_in_use", f"the variation {key!r} is used by {user}")
        for user in await usages.usages_of(write.tx, write.scope, "flag", row.key)
        for key in sorted(user.parts & removed)
    ]
    if errors:
        raise InvalidInput(errors[:_DEFECTS_NAMED_MAX])


async def _refuse_broken_settings(write: WriteTransaction, row: FlagRow) -> None:
    rows = await _settings(write, row)
    errors: list[FieldError] = []
    for environment in write.environments:
        if environment.id not in rows:
            continue
        try:
            checked_settings(row, rows[environment.id])
        except InvalidInput as problem:
            reasons = [f"{environment.key} needs it: {each.field}: {each.reason}" for each in problem.errors]
            errors += [FieldError("variations", "variation_in_use", reason) for reason in reasons]
    if errors:
        raise InvalidInput(errors[:_DEFECTS_NAMED_MAX])


def _in_type(variations: Sequence[Mapping[str, Any]], flag_type: str) -> list[dict[str, Any]]:
    return [{**each, "value": in_type(each["value"], flag_type)} for each in variations]
