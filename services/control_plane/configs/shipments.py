"""A variation of an experiment is shipped: the experiment ends, and the config's value has the variation's patch."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from bucketing.merge_patch import patched

from control_plane.access import Actor, Right
from control_plane.configs.definition import checked_settings
from control_plane.configs.models import value_of
from control_plane.configs.references import keep_references
from control_plane.configs.serving import settings_serve_otherwise
from control_plane.configs.settings_service import (
    ConfigSettingsPath,
    ConfigSettingsService,
    found_in,
    saved,
    settings_edit,
)
from control_plane.configs.views import settings_view
from control_plane.entities.answers import Answered
from control_plane.entities.integrity import ShippedReplacement
from control_plane.entities.models import document_of
from control_plane.entities.schemas import Shipment
from control_plane.entities.shipments import Seen, Shipped, shipped_or_seen
from control_plane.entities.sizes import stored_bytes


class ConfigShippingService(ConfigSettingsService):
    """A remote config's settings in one environment, also as an experiment on it leaves them."""

    async def ship_experiment(
        self, actor: Actor, project: str, key: str, shipment: Shipment, *, dry_run: bool = False
    ) -> Shipped:
        """In one transaction, of the settings `config/environment`: the experiment stops where it hasn't, the patch of
        the variation is put onto the value, overrides stay or go.

        Raises `InvalidInput` for an experiment that isn't on the config here, for a variation that isn't its own and
        where what results doesn't fit the schema, `Conflict` for an experiment that has not begun, and what a change of
        the settings and a stop raise."""
        config, _, environment = key.partition("/")
        at = ConfigSettingsPath(project=project, config=config, environment=environment)
        return await shipped_or_seen(lambda: self._shipped(actor, at, shipment, None, dry_run=dry_run))

    async def ship(self, actor: Actor, at: ConfigSettingsPath, expected: int, shipment: Shipment) -> Answered:
        """The same, as an edit of the settings at the `expected` version."""
        shipped = await shipped_or_seen(lambda: self._shipped(actor, at, shipment, expected))
        assert shipped.answered is not None  # noqa: S101 - it was no dry run
        return shipped.answered

    async def _shipped(
        self,
        actor: Actor,
        at: ConfigSettingsPath,
        shipment: Shipment,
        expected: int | None,
        *,
        dry_run: bool = False,
    ) -> Shipped:
        right = Right.CONFIG_UPDATE
        edit = replace(settings_edit(at, document_of(shipment), expected), action="ship")
        async with self._transactions.write(
            actor, at.project, right, entity=edit.entity, placed=True, edit=edit
        ) as write:
            found = await found_in(write, at, expected)
            shipped = await self._integrity.ship(write, found.environment, found.config.key, shipment)
            changes: dict[str, Any] = {"version": found.settings.version + 1, "updated_at": write.now}
            if shipped.patch:
                changes["value"] = patched(value_of(found.config, found.settings), shipped.patch)
            if shipment.rules == "drop":
                changes["overrides"] = []
            # In a thread: it may take a second, in which requests want to be served.
            checked = await asyncio.to_thread(checked_settings, found.config, replace(found.settings, **changes))
            if shipment.rules == "drop":
                await keep_references(write, checked.config, found.environment.id)
            end = shipped.experiment
            await self._hold(write, found, checked.config, lambda config: ShippedReplacement(config, end))
            if shipped.ended or settings_serve_otherwise(found.config, found.settings, checked.row):
                await write.serve(right, [found.environment])
            write.hold([found.environment], stored_bytes(checked.row) - stored_bytes(found.settings))
            both = (found.settings, checked.row)
            was, becomes = (settings_view(found.config, found.environment.key, each).audited() for each in both)
            if dry_run:
                raise Seen(Shipped(was, becomes, None))
            return Shipped(was, becomes, await saved(write, found, checked.row))
