"""Edits of flags, and of their settings in an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, ClassVar

import msgspec
from service_kit.problems import NotFound

from control_plane.access import Actor
from control_plane.entities.edits import COMMON_PARTS, EntityEdits, PlainEdits, Standing, read_document
from control_plane.entities.merge import Elements, Parts, Whole
from control_plane.entities.models import Edit
from control_plane.entities.schemas import CHOICE_FIELD, EntityPatch, Shipment
from control_plane.flags import purposes
from control_plane.flags.schemas import FlagPatch, SettingsPatch
from control_plane.flags.service import FlagService
from control_plane.flags.settings_service import SettingsPath
from control_plane.flags.shipments import ShippingService

_FLAG_PARTS: Parts = {**COMMON_PARTS, "variations": Elements("key"), "metadata": Whole.MEMBERS}
_DEFINITION = (
    *(
        each
        for each in FlagPatch.model_fields
        if each not in (*EntityPatch.model_fields, CHOICE_FIELD) and each not in purposes.FIELDS
    ),
    "archived",
)
"""What a flag serves by itself, without its texts."""


def flag_edits(service: FlagService) -> EntityEdits:
    return EntityEdits(service, _FLAG_PARTS)


class SettingsEdits(PlainEdits):
    """Edits of what a flag serves in one environment."""

    entity: ClassVar[str] = "flag_settings"
    noun: ClassVar[str] = "flag"
    actions: ClassVar[Sequence[str]] = ("update", "ship")
    in_environment: ClassVar[bool] = True
    parts: ClassVar[Parts] = {
        "rules": Elements("id", ordered=True),
        "targets": Elements("key"),
        "prerequisites": Elements("flag"),
        "exposure_attributes": Whole.VALUES,
    }

    def __init__(self, settings: ShippingService, flags: FlagService) -> None:
        self._settings = settings
        self._flags = flags

    def checked(self, edit: Edit) -> Edit:
        """A rule without an id gets one by its content, so that rules that two people add are two rules."""
        if edit.action == "ship":
            read_document(Shipment, edit.document)
            return edit
        read_document(SettingsPatch, edit.document)
        if "rules" not in edit.document:
            return edit
        return replace(edit, document={**edit.document, "rules": [_with_id(each) for each in edit.document["rules"]]})

    def is_about_all(self, edit: Edit) -> bool:
        """Switching on serves all that is set, and what the flag itself says; so does shipping."""
        return edit.action == "ship" or edit.document.get("enabled") is True

    def authored(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._settings.authored(document)

    async def standing(self, actor: Actor, project: str, edit: Edit) -> Standing | None:
        try:
            view = await self._settings.read(actor, _path(project, edit))
            document = view.audited()
            if self.is_about_all(edit):
                flag = (await self._flags.read(actor, project, edit.key)).audited()
                document["definition"] = {name: flag[name] for name in _DEFINITION}
        except NotFound:
            return None
        return Standing(document, view.version)

    async def make(self, actor: Actor, project: str, edit: Edit, expected: int) -> None:
        if edit.action == "ship":
            shipment = read_document(Shipment, edit.document)
            await self._settings.ship(actor, _path(project, edit), expected, shipment)
            return
        body = read_document(SettingsPatch, edit.document)
        await self._settings.change(actor, _path(project, edit), expected, body)


def _path(project: str, edit: Edit) -> SettingsPath:
    return SettingsPath(project=project, flag=edit.key, environment=edit.environment or "")


def _with_id(rule: dict[str, Any]) -> dict[str, Any]:
    if rule.get("id") is not None:
        return rule
    digest = sha256(msgspec.json.encode(rule, order="deterministic")).hexdigest()
    return {"id": f"rule-{digest[:8]}", **rule}
