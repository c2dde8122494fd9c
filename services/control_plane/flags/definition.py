"""From a stored flag with its settings to the rule engine's flag, and what is checked on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from bucketing.document import flag_from_document, serve_to_document
from bucketing.document.flags import rule_to_document, target_to_document
from bucketing.errors import FieldError as EngineError
from bucketing.errors import InvalidConfig
from bucketing.flagset import Flag
from bucketing.validation import flag_errors
from messages.documents import flag_document
from service_kit.problems import FieldError, InvalidInput

from control_plane.entities.moments import epoch_milliseconds
from control_plane.entities.sizes import check_size
from control_plane.flags.models import FlagRow, SettingsRow, default_of, off_variation_of
from control_plane.flags.schemas import TargetFields


def flag_of(row: FlagRow, settings: SettingsRow | None) -> Flag:
    """The flag as an environment serves it. Raises `InvalidConfig` for a document of a wrong shape."""
    document: dict[str, Any] = {
        "key": row.key,
        "type": row.type,
        "variations": {each["key"]: each["value"] for each in row.variations},
        "off_variation": row.off_variation,
        "default": row.default_serve,
        "enabled": False,
        "archived": row.archived,
        "client_visible": row.client_visible,
        "description": row.description,
        "metadata": row.metadata,
    }
    if settings is not None:
        document.update(
            enabled=settings.enabled,
            rules=settings.rules,
            targets=settings.targets,
            prerequisites=settings.prerequisites,
            report_exposures=settings.report_exposures,
            exposure_attributes=settings.exposure_attributes,
            default=default_of(row, settings),
            off_variation=off_variation_of(row, settings),
        )
    return flag_from_document(document)


def off_alone(row: FlagRow, settings: SettingsRow | None) -> Flag:
    """A flag that is off, without anything that only matters while it is on and may be what can't be read."""
    off_variation = off_variation_of(row, settings)
    bare = replace(row, default_serve={"variation": off_variation}, off_variation=off_variation)
    return replace(flag_of(bare, None), report_exposures=settings is not None and settings.report_exposures)


def checked_definition(row: FlagRow) -> Flag:
    """The flag without settings. Raises `InvalidInput` with the path of each field that is wrong."""
    keys = [each["key"] for each in row.variations]
    repeated = [index for index, key in enumerate(keys) if key in keys[:index]]
    if repeated:
        named = [(f"variations[{index}].key", f"{keys[index]!r} stands here twice") for index in repeated]
        raise InvalidInput([FieldError(field, "duplicate", reason) for field, reason in named])
    return _checked(row, None)


def checked_settings(row: FlagRow, settings: SettingsRow) -> Flag:
    """The flag in an environment. Raises `InvalidInput` with the path of each field that is wrong."""
    return _checked(row, settings)


def canonical_settings(flag: Flag, settings: SettingsRow) -> dict[str, Any]:
    """The documents to be stored, all in the one form that the engine writes."""
    return {
        "rules": [rule_to_document(each) for each in flag.rules],
        "targets": [target_to_document(each) for each in flag.targets],
        "default_serve": None if settings.default_serve is None else serve_to_document(flag.default),
    }


def with_rule_ids(rules: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each rule without an id gets the first free `rule-<number>`, and keeps it from then on."""
    taken = {rule["id"] for rule in rules if isinstance(rule.get("id"), str)}
    numbers = (number for number in range(1, 2 * len(rules) + 2) if f"rule-{number}" not in taken)
    return [rule if rule.get("id") is not None else {**rule, "id": f"rule-{next(numbers)}"} for rule in rules]


def _checked(row: FlagRow, settings: SettingsRow | None) -> Flag:
    try:
        flag = flag_of(row, settings)
        errors: Iterable[EngineError] = flag_errors(flag)
    except InvalidConfig as error:
        errors = error.errors
    found = [FieldError(_authored(each.field, row), each.code, each.reason) for each in errors]
    if found:
        raise InvalidInput(found)
    check_size(flag_document(flag), _parts(row, settings))
    return flag


def _parts(row: FlagRow, settings: SettingsRow | None) -> dict[str, object]:
    parts: dict[str, object] = {
        "variations": row.variations,
        "default": row.default_serve,
        "metadata": row.metadata,
    }
    if settings is not None:
        parts |= {"rules": settings.rules, "targets": settings.targets, "prerequisites": settings.prerequisites}
    return parts


def _authored(field: str, row: FlagRow) -> str:
    """The engine holds variations by key, a request lists them: `variations.on` is `variations[0].value`."""
    for index, each in enumerate(row.variations):
        prefix = f"variations.{each['key']}"
        if field == prefix or field.startswith((f"{prefix}.", f"{prefix}[")):
            return f"variations[{index}].value{field[len(prefix) :]}"
    return field


def stored_targets(given: list[TargetFields]) -> list[dict[str, Any]]:
    """Individual targets as they are stored. Raises `InvalidInput` for a moment that is none."""
    targets: list[dict[str, Any]] = []
    for index, each in enumerate(given):
        target: dict[str, Any] = {"key": each.key, "variation": each.variation}
        if each.expires_at is not None:
            target["expires_at"] = epoch_milliseconds(each.expires_at, f"targets[{index}].expires_at")
        targets.append(target)
    return targets
