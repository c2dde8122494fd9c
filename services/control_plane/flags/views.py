"""From rows to what is answered and kept by the audit log, and from there back to rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from control_plane.entities.answers import Answered, entity_document, told_moment
from control_plane.entities.models import Scope, row_of
from control_plane.entities.moments import epoch_milliseconds, rfc3339
from control_plane.flags.models import FlagRow, SettingsRow, default_of, off_variation_of
from control_plane.flags.schemas import FlagView
from control_plane.flags.switches import Known


def flag_view(row: FlagRow, known: Known) -> Answered:
    document = {
        **entity_document(row),
        "type": row.type,
        "variations": [
            {"key": each["key"], "value": each["value"], "name": each.get("name", "")} for each in row.variations
        ],
        "off_variation": row.off_variation,
        "default": row.default_serve,
        "client_visible": row.client_visible,
        "metadata": row.metadata,
        "purpose": row.purpose,
        "expected_end": None if row.expected_end is None else row.expected_end.isoformat(),
        "changed_by": known.changed_by,
        "environments": known.switches,
    }
    return Answered(document, FlagView.unaudited)


def settings_view(flag: FlagRow, environment: str, row: SettingsRow) -> Answered:
    inherited = [
        name for name, own in (("default", row.default_serve), ("off_variation", row.off_variation)) if own is None
    ]
    return Answered(
        {
            "flag": flag.key,
            "environment": environment,
            "enabled": row.enabled,
            "rules": row.rules,
            "targets": [_target(each) for each in row.targets],
            "prerequisites": [{"flag": each["flag"], "variation": each["variation"]} for each in row.prerequisites],
            "default": default_of(flag, row),
            "off_variation": off_variation_of(flag, row),
            "inherited": inherited,
            "report_exposures": row.report_exposures,
            "exposure_attributes": row.exposure_attributes,
            "version": row.version,
            "updated_at": told_moment(row.updated_at),
            "environment_versions": {},
            "warnings": [],
        }
    )


def flag_row(scope: Scope, document: Mapping[str, Any]) -> FlagRow:
    """The inverse of what the audit log keeps of a flag."""
    expected = document.get("expected_end")
    later = {
        "metadata": document.get("metadata", {}),
        "expected_end": None if expected is None else date.fromisoformat(expected),
    }
    return row_of(FlagRow, scope, document, default_serve=document["default"], **later)


def settings_row(flag: FlagRow, environment_id: UUID, document: Mapping[str, Any]) -> SettingsRow:
    """The inverse of what the audit log keeps of a flag's settings."""
    inherited = document["inherited"]
    return SettingsRow(
        flag_id=flag.id,
        environment_id=environment_id,
        organization_id=flag.organization_id,
        enabled=document["enabled"],
        rules=document["rules"],
        targets=[_stored_target(each) for each in document["targets"]],
        prerequisites=document["prerequisites"],
        default_serve=None if "default" in inherited else document["default"],
        off_variation=None if "off_variation" in inherited else document["off_variation"],
        report_exposures=document["report_exposures"],
        exposure_attributes=document.get("exposure_attributes", []),
        version=document["version"],
        updated_at=datetime.fromisoformat(document["updated_at"]),
    )


def _stored_target(told: Mapping[str, Any]) -> dict[str, Any]:
    stored = {"key": told["key"], "variation": told["variation"]}
    if told.get("expires_at") is not None:
        stored["expires_at"] = epoch_milliseconds(told["expires_at"], "expires_at")
    return stored


def _target(stored: Mapping[str, Any]) -> dict[str, Any]:
    expires_at = stored.get("expires_at")
    return {
        "key": stored["key"],
        "variation": stored["variation"],
        "expires_at": None if expires_at is None else rfc3339(expires_at),
    }
