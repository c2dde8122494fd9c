"""From rows to what is answered and kept by the audit log, and from there back to rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from control_plane.configs.models import ConfigRow, ConfigSettingsRow, value_of
from control_plane.configs.schemas import ConfigSettingsView, ConfigView
from control_plane.entities.answers import Answered, entity_document, told_moment
from control_plane.entities.models import Scope, row_of


def config_view(row: ConfigRow, outlines: Mapping[str, Mapping[str, Any]]) -> Answered:
    """`outlines`: what is set of it, by environment."""
    document = {
        **entity_document(row),
        "schema": row.json_schema,
        "value": row.value,
        "client_visible": row.client_visible,
        "metadata": row.metadata,
        "environments": outlines,
    }
    return Answered(document, ConfigView.unaudited)


def settings_view(config: ConfigRow, environment: str, row: ConfigSettingsRow) -> Answered:
    document = {
        "config": config.key,
        "environment": environment,
        "value": value_of(config, row),
        "resolve": row.resolve,
        "overrides": row.overrides,
        "inherited": row.value is None,
        "invalid_combinations": combination_ids(row),
        "version": row.version,
        "updated_at": told_moment(row.updated_at),
        "environment_versions": {},
        "warnings": [],
    }
    return Answered(document, ConfigSettingsView.unaudited)


def combination_ids(row: ConfigSettingsRow) -> list[list[str]]:
    """The overrides that break the schema together, by their ids."""
    return [[row.overrides[position]["id"] for position in positions] for positions in row.invalid]


def config_row(scope: Scope, document: Mapping[str, Any]) -> ConfigRow:
    """The inverse of what the audit log keeps of a config."""
    return row_of(ConfigRow, scope, document, json_schema=document["schema"])


def settings_row(config: ConfigRow, environment_id: UUID, document: Mapping[str, Any]) -> ConfigSettingsRow:
    """The inverse of what the audit log keeps of a config's settings; which combinations are invalid isn't kept."""
    return ConfigSettingsRow(
        config_id=config.id,
        environment_id=environment_id,
        organization_id=config.organization_id,
        value=None if document["inherited"] else document["value"],
        resolve=document["resolve"],
        overrides=document["overrides"],
        invalid=[],
        version=document["version"],
        updated_at=datetime.fromisoformat(document["updated_at"]),
    )
