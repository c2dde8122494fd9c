"""The columns that the loader fills, with the types it sends; ClickHouse turns text into LowCardinality itself."""

from __future__ import annotations

EXPOSURE_TABLE = "events_exposure"
METRIC_TABLE = "events_metric"

_MOMENT = "DateTime64(3, 'UTC')"
_ORIGIN = {"organization_id": "String", "project_id": "String", "environment_id": "String", "sdk_key_id": "String"}

EXPOSURE_COLUMNS: dict[str, str] = {
    **_ORIGIN,
    "flag": "String",
    "variation": "String",
    "experiment": "String",
    "user_key": "String",
    "event_id": "String",
    "config_version": "UInt64",
    "context": "String",
    "occurred_at": _MOMENT,
    "received_at": _MOMENT,
}
METRIC_COLUMNS: dict[str, str] = {
    **_ORIGIN,
    "metric": "String",
    "user_key": "String",
    "event_id": "String",
    "value": "Nullable(Float64)",
    "properties": "String",
    "occurred_at": _MOMENT,
    "received_at": _MOMENT,
}
