"""An event as clients send it.

Unknown fields are passed over, so that an older ingestor takes what a newer SDK sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

import msgspec
from messages.events import EVENT_BYTES_MAX, Attributes, Exposure, Metric, MetricValue, Usage, UserKey

EVENTS_PER_REQUEST_MAX = 5_000
EVENT_TEXT_BYTES_MAX = 6 * EVENT_BYTES_MAX
"""Of one event as it is sent, where a character may take six bytes: of a larger one no other fault is looked for."""

Timestamp = Annotated[datetime, msgspec.Meta(tz=True)] | int | float
"""RFC 3339 with an offset, or milliseconds since the Unix epoch."""


SentUserKey = UserKey | int | float


class ExposureEvent(Exposure[Timestamp, SentUserKey, Attributes | None], tag_field="type", tag="exposure", gc=False):
    pass


class MetricEvent(
    Metric[Timestamp, SentUserKey, MetricValue, Attributes | None], tag_field="type", tag="metric", gc=False
):
    """A null as value is refused, because JavaScript writes NaN that way."""


class UsageEvent(Usage[Timestamp], tag_field="type", tag="usage", gc=False):
    pass


Event = ExposureEvent | MetricEvent | UsageEvent
EVENTS: Mapping[str, type[Event]] = {"exposure": ExposureEvent, "metric": MetricEvent, "usage": UsageEvent}


class SentField(NamedTuple):
    """`kind`: its type, apart from null."""

    name: str
    kind: Any
    required: bool
    nullable: bool


def fields_of(event: type[Event]) -> list[SentField]:
    return [_field(each) for each in msgspec.structs.fields(event)]


def _field(field: msgspec.structs.FieldInfo) -> SentField:
    options = get_args(field.type) if get_origin(field.type) in (Union, UnionType) else (field.type,)
    kind: Any = Union[tuple(each for each in options if each is not NoneType)]  # noqa: UP007
    return SentField(field.name, kind, field.required, nullable=NoneType in options)
