"""① A flag is edited: what it is, in every environment alike. Its settings in one environment: `settings.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from bucketing.document import serve_to_document
from service_kit.pages import PageRequest
from service_kit.problems import FieldError, InvalidInput

from control_plane.access import Actor
from control_plane.entities import usages
from control_plane.entities.errors import NotArchived
from control_plane.entities.service import EntityService, Written
from control_plane.entities.table import ListFilter
from control_plane.entities.writing import Writing, find, reading, writing
from control_plane.flags.definition import checked_definition, checked_settings, flag_of
from control_plane.flags.models import FLAGS, FlagRow
from control_plane.flags.references import keep_references
from control_plane.flags.repository import Switch, settings_of, switches_of
from control_plane.flags.schemas import FlagCreate, FlagDefinition, FlagPatch
from control_plane.flags.values import in_type

_DEFECTS_NAMED_MAX = 10


class FlagService(EntityService[FlagRow]):
    kind: ClassVar = "flag"
    resource: ClassVar = "flag"
    count_max: ClassVar = 50_000
    table = FLAGS

    def document(self, row: FlagRow) -> Mapping[str, Any]:
        return FlagDefinition.model_validate(row).audited()

    async def switches(self, row: FlagRow) -> list[Switch]:
        """Where the flag is on now."""
        async with self._context.database.connection() as connection:
            return (await switches_of(connection, row.organization_id, [row.id]))[row.id]

    async def page_with_switches(
        self, actor: Actor, project: str, page: PageRequest, wanted: ListFilter
    ) -> list[tuple[FlagRow, list[Switch]]]:
        async with reading(self._context, actor, project, self.resource) as read:
            rows = await FLAGS.page(read.tx, read.scope, page, wanted)
            switches = await switches_of(read.tx, read.scope.organization_id, [row.id for row in rows])
            return [(row, switches[row.id]) for row in rows]

    async def create(self, actor: Actor, project: str, body: FlagCreate) -> Written[FlagRow]:
        async with writing(self._context, actor, project, "create", self.resource) as write:
            given = body.model_dump(exclude={"default"})
            row = FlagRow(
                **{**given, "name": body.name or body.key},
                default_serve=body.default,
                **write.first(),
            )
            return await self.insert(write, _checked(row))

    async def change(self, actor: Actor, project: str, key: str, expected: int, body: FlagPatch) -> Written[FlagRow]:
        """A variation that is in use is not taken away."""
        async with writing(self._context, actor, project, "update", self.resource) as write:
            row = await find(write, FLAGS, key, expected)
            patch = body.given()
            if "default" in patch:
                patch["default_serve"] = patch.pop("default")
            changed = replace(row, **patch, updated_at=write.now)
            removed = row.variation_keys - changed.variation_keys
            if removed:
                await self._refuse_used_variations(write, changed, removed)
            changed = _checked(changed)
            await self._refuse_broken_settings(write, changed)
            return await self.update(write, row, changed)

    async def check_archive(self, write: Writing, row: FlagRow) -> None:
        await super().check_archive(write, row)
        await usages.activate(write.tx, write.scope, "flag", row.key, active=False)

    async def check_restore(self, write: Writing, row: FlagRow) -> None:
        restored = replace(row, archived=False)
        for environment_id, settings in (await settings_of(write.tx, row)).items():
            await keep_references(write, flag_of(restored, settings), environment_id)

    async def check_delete(self, write: Writing, row: FlagRow) -> None:
        if not row.archived:
            raise NotArchived("flag", row.key)
        await super().check_delete(write, row)
        await usages.forget(write.tx, write.scope, "flag", row.key)

    async def _refuse_used_variations(self, write: Writing, row: FlagRow, removed: frozenset[str]) -> None:
        errors = [
            FieldError("variations", "variation_in_use", f"the variation {key!r} is used by {user}")
            for user in await usages.usages_of(write.tx, write.scope, "flag", row.key)
            for key in sorted(user.parts & removed)
        ]
        if errors:
            raise InvalidInput(errors[:_DEFECTS_NAMED_MAX])

    async def _refuse_broken_settings(self, write: Writing, row: FlagRow) -> None:
        rows = await settings_of(write.tx, row)
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


def _checked(row: FlagRow) -> FlagRow:
    """The row in canonical form. Raises `InvalidInput`."""
    row = replace(row, variations=_in_type(row.variations, row.type))
    return replace(row, default_serve=serve_to_document(checked_definition(row).default))


def _in_type(variations: Sequence[Mapping[str, Any]], flag_type: str) -> list[dict[str, Any]]:
    return [{**each, "value": in_type(each["value"], flag_type)} for each in variations]
