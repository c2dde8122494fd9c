"""Edits of remote configs, and of their settings in an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, ClassVar

import msgspec
from service_kit.problems import NotFound

from control_plane.access import Actor
from control_plane.configs.schemas import ConfigSettingsPatch
from control_plane.configs.service import ConfigService
from control_plane.configs.settings_service import ConfigSettingsPath
from control_plane.configs.shipments import ConfigShippingService
from control_plane.entities.edits import COMMON_PARTS, EntityEdits, PlainEdits, Standing, read_document
from control_plane.entities.merge import Elements, Parts, Whole
from control_plane.entities.models import Edit
from control_plane.entities.schemas import Shipment

_CONFIG_PARTS: Parts = {**COMMON_PARTS, "value": Whole.MEMBERS, "metadata": Whole.MEMBERS}


def config_edits(service: ConfigService) -> EntityEdits:
    return EntityEdits(service, _CONFIG_PARTS)


class ConfigSettingsEdits(PlainEdits):
    """Edits of what a remote config serves in one environment."""

    entity: ClassVar[str] = "config_settings"
    noun: ClassVar[str] = "config"
    actions: ClassVar[Sequence[str]] = ("update", "ship")
    in_environment: ClassVar[bool] = True
    parts: ClassVar[Parts] = {"value": Whole.MEMBERS, "overrides": Elements("id", ordered=True)}

    def __init__(self, settings: ConfigShippingService) -> None:
        self._settings = settings

    def checked(self, edit: Edit) -> Edit:
        """An override without an id gets one by its content, so that what two people add are two overrides."""
        if edit.action == "ship":
            read_document(Shipment, edit.document)
            return edit
        read_document(ConfigSettingsPatch, edit.document)
        if "overrides" not in edit.document:
            return edit
        given = [_with_id(each) for each in edit.document["overrides"]]
        return replace(edit, document={**edit.document, "overrides": given})

    def is_about_all(self, edit: Edit) -> bool:
        """Shipping puts a patch onto all that is set."""
        return edit.action == "ship"

    def authored(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._settings.authored(document)

    async def standing(self, actor: Actor, project: str, edit: Edit) -> Standing | None:
        try:
            view = await self._settings.read(actor, _path(project, edit))
        except NotFound:
            return None
        return Standing(view.audited(), view.version)

    async def make(self, actor: Actor, project: str, edit: Edit, expected: int) -> None:
        if edit.action == "ship":
            shipment = read_document(Shipment, edit.document)
            await self._settings.ship(actor, _path(project, edit), expected, shipment)
            return
        body = read_document(ConfigSettingsPatch, edit.document)
        await self._settings.change(actor, _path(project, edit), expected, body)


def _path(project: str, edit: Edit) -> ConfigSettingsPath:
    return ConfigSettingsPath(project=project, config=edit.key, environment=edit.environment or "")


def _with_id(override: dict[str, Any]) -> dict[str, Any]:
    if override.get("id") is not None:
        return override
    digest = sha256(msgspec.json.encode(override, order="deterministic")).hexdigest()
    return {"id": f"override-{digest[:8]}", **override}
