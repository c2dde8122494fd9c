"""The event line: an exposure or a metric event as one line of JSON, from the ingestor through EVENTS to the loader.

The ingestor writes lines with attributes as it decoded them; the loader reads them as the bytes they are, because they
go into a column as they came.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Raw, Struct

EVENT_ID_LENGTH_MAX = 128
USER_KEY_LENGTH_MAX = 512
NAME_LENGTH_MAX = 128
ATTRIBUTE_NAME_LENGTH_MAX = 256
ATTRIBUTE_DEPTH_MAX = 6
"""Objects and arrays inside each other, the attributes themselves being the first."""
EVENT_BYTES_MAX = 32 * 1024
"""Of one line."""
INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1
TIMESTAMP_MIN, TIMESTAMP_MAX = 946_684_800_000, 7_258_118_400_000
"""2000-01-01 to 2200-01-01: what the table keeps exactly, and where a clock may reasonably stand."""

Integer = Annotated[int, Meta(ge=INTEGER_MIN, le=INTEGER_MAX)]
EventId = Annotated[str, Meta(min_length=1, max_length=EVENT_ID_LENGTH_MAX)]
UserKey = Annotated[str, Meta(min_length=1, max_length=USER_KEY_LENGTH_MAX)]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
ExperimentKey = Annotated[str, Meta(max_length=NAME_LENGTH_MAX)]
"""Empty: none."""
ConfigVersion = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
Milliseconds = Annotated[int, Meta(ge=TIMESTAMP_MIN, le=TIMESTAMP_MAX)]
"""Since the Unix epoch."""

AttributeName = Annotated[str, Meta(min_length=1, max_length=ATTRIBUTE_NAME_LENGTH_MAX)]
_Scalar = str | Integer | float | bool | None
_Depth6 = _Scalar | list[_Scalar] | dict[str, _Scalar]
_Depth5 = _Scalar | list[_Depth6] | dict[str, _Depth6]
_Depth4 = _Scalar | list[_Depth5] | dict[str, _Depth5]
_Depth3 = _Scalar | list[_Depth4] | dict[str, _Depth4]
_Depth2 = _Scalar | list[_Depth3] | dict[str, _Depth3]
Attributes = dict[AttributeName, _Depth2]

A = TypeVar("A")
_NO_ATTRIBUTES: Any = Raw(b"{}")


class ExposureLine(Struct, Generic[A], gc=False):
    """`A` is `Attributes` when it is written and `Raw` when it is read."""

    event_id: EventId
    timestamp: Milliseconds
    user_key: UserKey
    flag: Name
    variation: Name
    experiment: ExperimentKey | None = None
    config_version: ConfigVersion | None = None
    context: A = _NO_ATTRIBUTES


class MetricLine(Struct, Generic[A], gc=False):
    """Without a value it only counts."""

    event_id: EventId
    timestamp: Milliseconds
    user_key: UserKey
    metric: Name
    value: float | None = None
    properties: A = _NO_ATTRIBUTES
