"""An event as clients send it and as it travels on, with every limit that can be said as a type.

Unknown fields are passed over, so that an older ingestor takes what a newer SDK sends.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

EVENTS_PER_REQUEST_MAX = 5_000
EVENT_BYTES_MAX = 32 * 1024
"""Of one event in the form in which it travels on."""
EVENT_TEXT_BYTES_MAX = 6 * EVENT_BYTES_MAX
"""Of one event as it is sent, where a character may take six bytes: of a larger one no other fault is looked for."""
EVENT_ID_LENGTH_MAX = 128
USER_KEY_LENGTH_MAX = 512
NAME_LENGTH_MAX = 128
ATTRIBUTE_NAME_LENGTH_MAX = 256
CONTEXT_DEPTH_MAX = 6
"""Objects and arrays inside each other, the context itself being the first."""
INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1
UNIT_NUMBER_MAX = 2**53 - 1
"""Greatest magnitude of a number that can be a user key."""

Integer = Annotated[int, Meta(ge=INTEGER_MIN, le=INTEGER_MAX)]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
AttributeName = Annotated[str, Meta(min_length=1, max_length=ATTRIBUTE_NAME_LENGTH_MAX)]

_Scalar = str | Integer | float | bool | None
_Depth6 = _Scalar | list[_Scalar] | dict[str, _Scalar]
_Depth5 = _Scalar | list[_Depth6] | dict[str, _Depth6]
_Depth4 = _Scalar | list[_Depth5] | dict[str, _Depth5]
_Depth3 = _Scalar | list[_Depth4] | dict[str, _Depth4]
_Depth2 = _Scalar | list[_Depth3] | dict[str, _Depth3]
Attributes = dict[AttributeName, _Depth2]

EventId = Annotated[str, Meta(min_length=1, max_length=EVENT_ID_LENGTH_MAX)]
UserKey = Annotated[str, Meta(min_length=1, max_length=USER_KEY_LENGTH_MAX)] | int | float
Timestamp = Annotated[datetime, Meta(tz=True)] | int | float
"""RFC 3339 with an offset, or milliseconds since the Unix epoch."""


class ExposureEvent(Struct, tag_field="type", tag="exposure", frozen=True, gc=False):
    event_id: EventId
    timestamp: Timestamp
    user_key: UserKey
    flag: Name
    variation: Name
    experiment: Annotated[str, Meta(max_length=NAME_LENGTH_MAX)] | None = None
    config_version: Annotated[int, Meta(ge=0, le=INTEGER_MAX)] | None = None
    context: Attributes | None = None


class MetricEvent(Struct, tag_field="type", tag="metric", frozen=True, gc=False):
    """Without a `value` it only counts. Null is refused, because JavaScript writes NaN that way."""

    event_id: EventId
    timestamp: Timestamp
    user_key: UserKey
    metric: Name
    value: float | UnsetType = UNSET
    properties: Attributes | None = None


Event = ExposureEvent | MetricEvent


class ExposureLine(Struct, gc=False):
    """`timestamp` in milliseconds since the Unix epoch; an empty `experiment` is none."""

    event_id: str
    timestamp: int
    user_key: str
    flag: str
    variation: str
    experiment: str
    config_version: int
    context: Attributes


class MetricLine(Struct, gc=False):
    event_id: str
    timestamp: int
    user_key: str
    metric: str
    value: float | None
    properties: Attributes
