"""The columns that the loader fills, with the types it sends; ClickHouse turns text into LowCardinality itself.

A column is a field of the event's line, apart from those of the message it came in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from messages.events import (
    ConfigVersion,
    EventId,
    ExperimentKey,
    Experiments,
    ExposureLine,
    MetricLine,
    Milliseconds,
    Name,
    SplitName,
    UnitKey,
    UsageCounts,
    UsageLine,
    UserKey,
)

EXPOSURE_TABLE = "events_exposure"
METRIC_TABLE = "events_metric"
USAGE_TABLE = "events_usage"

TEXT, WHOLE, NUMBER, TRUTH = "String", "UInt64", "Nullable(Float64)", "Bool"
MOMENT = "DateTime64(3, 'UTC')"
MOMENT_FIELD, MOMENT_COLUMN = "timestamp", "occurred_at"
ORDER_COLUMN = "first_wins"
"""Greater for what was received earlier: of different copies of an event the greatest one stays."""
ORIGIN = {"organization_id": TEXT, "project_id": TEXT, "environment_id": TEXT, "sdk_key_id": TEXT}

_TYPES: Mapping[Any, str] = {
    ConfigVersion | None: WHOLE,
    EventId: TEXT,
    ExperimentKey | None: TEXT,
    Experiments | None: TEXT,
    Milliseconds: MOMENT,
    Name: TEXT,
    SplitName | None: TEXT,
    UnitKey | None: TEXT,
    UsageCounts: TEXT,
    UserKey: TEXT,
    bool | None: TRUTH,
    float | None: NUMBER,
    msgspec.Raw: TEXT,
}


def _columns(line: Any) -> dict[str, str]:
    fields = {each.name: _TYPES[each.type] for each in msgspec.structs.fields(line)}
    moment = fields.pop(MOMENT_FIELD)
    return fields | {MOMENT_COLUMN: moment, "received_at": MOMENT} | ORIGIN


EXPOSURE_COLUMNS = _columns(ExposureLine[msgspec.Raw])
METRIC_COLUMNS = _columns(MetricLine[msgspec.Raw])
USAGE_COLUMNS = _columns(UsageLine)
