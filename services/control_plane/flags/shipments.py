"""A variation of an experiment is shipped: the experiment ends, and the flag serves the variation by default."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from service_kit.problems import FieldError, InvalidInput

from control_plane.access import Actor, Right
from control_plane.database import settled
from control_plane.entities.answers import Answered
from control_plane.entities.integrity import ShippedReplacement
from control_plane.entities.models import document_of
from control_plane.entities.schemas import Shipment
from control_plane.entities.shipments import Seen, Shipped, shipped_or_seen
from control_plane.entities.sizes import stored_bytes
from control_plane.flags.definition import canonical_settings, checked_settings
from control_plane.flags.references import keep_references
from control_plane.flags.serving import replacement_of, settings_serve_otherwise
from control_plane.flags.settings_service import (
    SettingsPath,
    SettingsService,
    found_in,
    saved,
    settings_edit,
)
from control_plane.flags.views import settings_view


class ShippingService(SettingsService):
    """A flag's settings in one environment, also as an experiment on it leaves them."""

    async def ship_experiment(
        self, actor: Actor, project: str, key: str, shipment: Shipment, *, dry_run: bool = False
    ) -> Shipped:
        """In one transaction, of the settings `flag/environment`: the experiment stops where it hasn't, the default
        serves its variation, rules stay or go.

        Raises `InvalidInput` for an experiment that isn't on the flag here and for a variation that isn't its own,
        `Conflict` for one that has not begun, and what a change of the settings and a stop raise."""
        flag, _, environment = key.partition("/")
        at = SettingsPath(project=project, flag=flag, environment=environment)
        return await shipped_or_seen(lambda: self._shipped(actor, at, shipment, None, dry_run=dry_run))

    async def ship(self, actor: Actor, at: SettingsPath, expected: int, shipment: Shipment) -> Answered:
        """The same, as an edit of the settings at the `expected` version."""
        shipped = await settled(lambda: self._shipped(actor, at, shipment, expected))
        assert shipped.answered is not None  # noqa: S101 - it was no dry run
        return shipped.answered

    async def _shipped(
        self, actor: Actor, at: SettingsPath, shipment: Shipment, expected: int | None, *, dry_run: bool = False
    ) -> Shipped:
        right = Right.FLAG_UPDATE
        edit = replace(settings_edit(at, document_of(shipment), expected), action="ship")
        async with self._transaction(actor, at, right, edit) as write:
            found = await found_in(write, at, expected, right)
            if shipment.variation not in {each["key"] for each in found.flag.variations}:
                reason = f"the flag {found.flag.key!r} has no variation {shipment.variation!r}"
                raise InvalidInput([FieldError("variation", "unknown_variation", reason)])
            shipped = await self._integrity.ship(write, found.environment, found.flag.key, shipment)
            changes: dict[str, Any] = {"default_serve": {"variation": shipment.variation}}
            if shipment.rules == "drop":
                changes["rules"] = []
            version = found.settings.version + 1
            changed = replace(found.settings, **changes, version=version, updated_at=write.now)
            checked = checked_settings(found.flag, changed)
            if shipment.rules == "drop":
                await keep_references(write, checked, found.environment.id)
            after = replace(changed, **canonical_settings(checked, changed))
            await self._hold_owned(write, found, after)
            if await write.reached():
                settings = {found.environment.id: (found.settings, after)}
                flag = replacement_of(found.flag, found.flag, settings)
                await self._integrity.hold(write, ShippedReplacement(flag, shipped.experiment))
            if shipped.ended or settings_serve_otherwise(found.flag, found.settings, after):
                await write.serve(right, [found.environment])
            write.hold([found.environment], stored_bytes(after) - stored_bytes(found.settings))
            views = [settings_view(found.flag, found.environment.key, each) for each in (found.settings, after)]
            was, becomes = (each.audited() for each in views)
            if dry_run:
                raise Seen(Shipped(was, becomes, None))
            view = await saved(write, found, after)
            return Shipped(was, becomes, view.written(view.environment_versions, write.warnings))
