"""An event as clients send it, with every limit that can be said as a type.

Unknown fields are passed over, so that an older ingestor takes what a newer SDK sends.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from messages.events import EVENT_BYTES_MAX, Attributes, ConfigVersion, EventId, ExperimentKey, Name, UserKey
from msgspec import UNSET, Meta, Struct, UnsetType

EVENTS_PER_REQUEST_MAX = 5_000
EVENT_TEXT_BYTES_MAX = 6 * EVENT_BYTES_MAX
"""Of one event as it is sent, where a character may take six bytes: of a larger one no other fault is looked for."""

Timestamp = Annotated[datetime, Meta(tz=True)] | int | float
"""RFC 3339 with an offset, or milliseconds since the Unix epoch."""


class ExposureEvent(Struct, tag_field="type", tag="exposure", frozen=True, gc=False):
    event_id: EventId
    timestamp: Timestamp
    user_key: UserKey | int | float
    flag: Name
    variation: Name
    experiment: ExperimentKey | None = None
    config_version: ConfigVersion | None = None
    context: Attributes | None = None


class MetricEvent(Struct, tag_field="type", tag="metric", frozen=True, gc=False):
    """Without a `value` it only counts. Null is refused, because JavaScript writes NaN that way."""

    event_id: EventId
    timestamp: Timestamp
    user_key: UserKey | int | float
    metric: Name
    value: float | UnsetType = UNSET
    properties: Attributes | None = None


Event = ExposureEvent | MetricEvent
