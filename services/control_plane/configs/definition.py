"""From a stored remote config with its settings to the rule engine's, and what is checked on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bucketing.document import remote_config_from_document
from bucketing.document.remote_configs import override_to_document
from bucketing.errors import FieldError as EngineError
from bucketing.errors import InvalidConfig
from bucketing.flagset import RemoteConfig
from bucketing.validation import remote_config_errors
from messages.documents import remote_config_document
from service_kit.problems import FieldError, InvalidInput

from control_plane.configs.combinations import Checks
from control_plane.configs.models import ConfigRow, ConfigSettingsRow, value_of
from control_plane.configs.value_schema import ValueSchema
from control_plane.entities.sizes import check_size


def config_of(row: ConfigRow, settings: ConfigSettingsRow | None) -> RemoteConfig:
    """The config as an environment serves it. Raises `InvalidConfig` for a document of a wrong shape."""
    document: dict[str, Any] = {
        "key": row.key,
        "value": value_of(row, settings),
        "client_visible": row.client_visible,
        "archived": row.archived,
        "metadata": row.metadata,
    }
    if settings is not None:
        document |= {"resolve": settings.resolve, "overrides": settings.overrides, "invalid": settings.invalid}
    return remote_config_from_document(document)


@dataclass(frozen=True, slots=True)
class CheckedSettings:
    """Settings that fit their config, and the engine's view of both."""

    config: RemoteConfig
    row: ConfigSettingsRow


def checked_definition(row: ConfigRow) -> Checks:
    """The checks by the config's schema, which the value has passed. Raises `InvalidInput` with the path of each field
    that is wrong."""
    _checked(row, None)
    checks = Checks(ValueSchema(row.json_schema))
    checks.value(row.value)
    return checks


def checked_settings(row: ConfigRow, settings: ConfigSettingsRow, checks: Checks | None = None) -> CheckedSettings:
    """The settings in canonical form, with the combinations that don't fit. Raises `InvalidInput` with the path of
    each field that is wrong."""
    config = _checked(row, replace(settings, invalid=[]))
    invalid = (checks or Checks(ValueSchema(row.json_schema))).invalid(config)
    config = replace(config, invalid=tuple(tuple(each) for each in invalid))
    overrides = [override_to_document(each) for each in config.overrides]
    check_size(remote_config_document(config), _parts(row, settings, invalid))
    return CheckedSettings(config, replace(settings, overrides=overrides, invalid=invalid))


def with_override_ids(overrides: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each override without an id gets the first free `override-<number>`, and keeps it from then on."""
    taken = {each["id"] for each in overrides if isinstance(each.get("id"), str)}
    numbers = (number for number in range(1, 2 * len(overrides) + 2) if f"override-{number}" not in taken)
    return [each if each.get("id") is not None else {**each, "id": f"override-{next(numbers)}"} for each in overrides]


def _checked(row: ConfigRow, settings: ConfigSettingsRow | None) -> RemoteConfig:
    try:
        config = config_of(row, settings)
        errors: Iterable[EngineError] = remote_config_errors(config)
    except InvalidConfig as error:
        errors = error.errors
    found = [FieldError(each.field, each.code, each.reason) for each in errors]
    if found:
        raise InvalidInput(found)
    check_size(remote_config_document(config), _parts(row, settings, []))
    return config


def _parts(row: ConfigRow, settings: ConfigSettingsRow | None, invalid: list[list[int]]) -> dict[str, object]:
    parts: dict[str, object] = {"value": value_of(row, settings), "metadata": row.metadata}
    if settings is not None:
        parts |= {"overrides": [settings.overrides, invalid]}
    return parts
