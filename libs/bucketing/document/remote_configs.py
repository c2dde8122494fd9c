"""Remote configs as JSON."""

from __future__ import annotations

from bucketing.document.conditions import condition_from_document, condition_to_document
from bucketing.document.fields import at, expect, optional, refuse_others, required
from bucketing.document.flags import metadata_from_document
from bucketing.errors import InvalidConfig
from bucketing.flagset import Condition, ConfigOverride, InSegment, Json, RemoteConfig, ResolveMode

_OVERRIDE_FIELDS = ("id", "if", "segment", "value")


def remote_config_from_document(document: Json, path: str = "") -> RemoteConfig:
    """Read a remote config; InvalidConfig names the path of the first field of a wrong shape.

    `{"key", "value", "resolve", "overrides": [{"id", "if", "value"}], "invalid": [[position]], "client_visible",
    "archived", "version", "metadata"}`; all but key and value may be absent.
    """
    fields = expect(document, dict, path)
    resolve = optional(fields, "resolve", str, path, ResolveMode.FIRST.value)
    if resolve not in list(ResolveMode):
        raise InvalidConfig(at(path, "resolve"), f"must be one of {', '.join(ResolveMode)}", "resolve")
    return RemoteConfig(
        key=required(fields, "key", str, path),
        value=required(fields, "value", dict, path),
        resolve=ResolveMode(resolve),
        overrides=tuple(
            override_from_document(entry, index, f"{at(path, 'overrides')}[{index}]")
            for index, entry in enumerate(optional(fields, "overrides", list, path, []))
        ),
        invalid=tuple(
            _positions(entry, f"{at(path, 'invalid')}[{index}]")
            for index, entry in enumerate(optional(fields, "invalid", list, path, []))
        ),
        client_visible=optional(fields, "client_visible", bool, path, False),
        archived=optional(fields, "archived", bool, path, False),
        version=optional(fields, "version", int, path, 0),
        metadata=metadata_from_document(fields, path),
    )


def override_from_document(document: Json, index: int, path: str) -> ConfigOverride:
    """Read the override at `index`, whose id is `override-<index + 1>` if it has none.

    `{"segment": key, ...}` says the same as `{"if": {"segment": key}, ...}`.
    """
    fields = expect(document, dict, path)
    refuse_others(fields, _OVERRIDE_FIELDS, path)
    return ConfigOverride(
        optional(fields, "id", str, path, f"override-{index + 1}"),
        _condition(fields, path),
        required(fields, "value", dict, path),
    )


def _condition(fields: dict[str, Json], path: str) -> Condition:
    segment, condition = optional(fields, "segment", str, path), fields.get("if")
    if segment is None:
        if condition is None:
            raise InvalidConfig(at(path, "if"), "is missing", "missing")
        return condition_from_document(condition, at(path, "if"))
    if condition is not None:
        raise InvalidConfig(at(path, "segment"), "stands beside an if; one of them at most", "condition")
    return InSegment((segment,))


def _positions(document: Json, path: str) -> tuple[int, ...]:
    return tuple(expect(each, int, f"{path}[{index}]") for index, each in enumerate(expect(document, list, path)))


def override_to_document(override: ConfigOverride) -> dict[str, Json]:
    """Write an override."""
    return {"id": override.id, "if": condition_to_document(override.condition), "value": dict(override.value)}


def remote_config_to_document(config: RemoteConfig) -> dict[str, Json]:
    """Write a remote config; no invalid sets and no metadata are left out."""
    document: dict[str, Json] = {
        "key": config.key,
        "value": dict(config.value),
        "resolve": config.resolve.value,
        "overrides": [override_to_document(each) for each in config.overrides],
        "client_visible": config.client_visible,
        "archived": config.archived,
        "version": config.version,
    }
    if config.invalid:
        document["invalid"] = [list(each) for each in config.invalid]
    if config.metadata:
        document["metadata"] = dict(config.metadata)
    return document
