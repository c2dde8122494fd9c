"""The OpenAPI description of `POST /v1/events`; its limits come from the types that apply them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from messages.events import (
    EVENT_ID_LENGTH_MAX,
    EXPERIMENTS_MAX,
    METRIC_VALUE_MAX,
    NAME_LENGTH_MAX,
    PHASE_MAX,
    SDK_LENGTH_MAX,
    USAGE_COUNT_MAX,
    USAGE_COUNTS_MAX,
    USER_KEY_LENGTH_MAX,
    Attributes,
    ConfigVersion,
    EventId,
    ExperimentKey,
    Experiments,
    MetricValue,
    Name,
    SplitName,
    UnitKey,
    UsageCounts,
    UsageError,
    UsageReason,
)
from pydantic import BaseModel, Field

from event_ingestor.admission.event_types import (
    EVENTS,
    EVENTS_PER_REQUEST_MAX,
    Event,
    SentUserKey,
    Timestamp,
    fields_of,
)


class RejectedEvent(BaseModel):
    index: int = Field(description="Place of the event in the request, from 0; in NDJSON of its line, blanks left out")
    code: str = Field(description="Stable, for programs")
    detail: str = Field(description="For people; names the field")


class WarnedEvent(BaseModel):
    """An event that is stored although it names what the environment doesn't have."""

    index: int
    code: str = Field(description="`unknown_flag`, `unknown_variation`, `unknown_experiment` or `unknown_metric`")
    detail: str


class ReceiptDocument(BaseModel):
    accepted: int = Field(description="Events that are stored; all that are not in `rejected`")
    rejected: list[RejectedEvent]
    warnings: list[WarnedEvent] = Field(default=[], description="Absent when there are none; each name is told once")


class MinuteDocument(BaseModel):
    """What this process took and refused in one minute."""

    minute: int = Field(description="Its beginning, milliseconds since the Unix epoch")
    exposures: int
    metrics: int
    usage: int = 0
    unstored: int = Field(description="Events of requests answered with 503")
    rejected: dict[str, int] = Field(description="By code")


class CountsDocument(BaseModel):
    environment: str
    minutes: list[MinuteDocument]


def _text(length_max: int = NAME_LENGTH_MAX) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": length_max}


def _about(kind: Any) -> str:
    return str(kind.__metadata__[0].description)


_KINDS: Mapping[Any, dict[str, Any]] = {
    Attributes: {"type": "object"},
    ConfigVersion: {"type": "integer", "minimum": 0},
    EventId: _text(EVENT_ID_LENGTH_MAX) | {"description": _about(EventId)},
    ExperimentKey: {"type": "string", "maxLength": NAME_LENGTH_MAX},
    Experiments: {
        "type": "array",
        "maxItems": EXPERIMENTS_MAX,
        "items": {
            "type": "object",
            "required": ["key"],
            "properties": {
                "key": _text(),
                "phase": {"type": "integer", "minimum": 1, "maximum": PHASE_MAX, "default": 1},
            },
        },
        "description": "What the evaluation said it belongs to: an empty list is none, absent does not say",
    },
    Name: _text(),
    SplitName: {"type": "string", "maxLength": NAME_LENGTH_MAX, "description": _about(SplitName)},
    SentUserKey: {"oneOf": [_text(USER_KEY_LENGTH_MAX), {"type": "integer"}]},
    Timestamp: {
        "oneOf": [{"type": "string", "format": "date-time"}, {"type": "integer"}],
        "description": "RFC 3339 with an offset, or milliseconds since the Unix epoch",
    },
    UnitKey: {
        "type": "string",
        "maxLength": USER_KEY_LENGTH_MAX,
        "description": "The randomised unit where it isn't the user",
    },
    UsageCounts: {
        "type": "array",
        "minItems": 1,
        "maxItems": USAGE_COUNTS_MAX,
        "items": {
            "type": "object",
            "required": ["count", "reason"],
            "properties": {
                "flag": {"type": "string", "maxLength": NAME_LENGTH_MAX, "default": ""},
                "variation": {"type": "string", "maxLength": NAME_LENGTH_MAX, "default": ""},
                "reason": {"enum": list(get_args(UsageReason))},
                "error": {"enum": list(get_args(UsageError)), "default": ""},
                "sdk": {"type": "string", "maxLength": SDK_LENGTH_MAX, "default": ""},
                "bulk": {"type": "boolean", "default": False},
                "count": {"type": "integer", "minimum": 1, "maximum": USAGE_COUNT_MAX},
            },
        },
        "description": "What was evaluated in a minute, and how often",
    },
    MetricValue: {
        "type": "number",
        "minimum": -METRIC_VALUE_MAX,
        "maximum": METRIC_VALUE_MAX,
        "description": "Without it the event only counts",
    },
    bool: {"type": "boolean", "description": "An override decided, as the answer's metadata say"},
}


def _schema(name: str, event: type[Event]) -> dict[str, Any]:
    fields = fields_of(event)
    properties = {each.name: _KINDS[each.kind] | ({"nullable": True} if each.nullable else {}) for each in fields}
    return {
        "type": "object",
        "required": ["type", *(each.name for each in fields if each.required)],
        "properties": {"type": {"const": name}, **properties},
    }


_EVENT = {"oneOf": [_schema(name, event) for name, event in EVENTS.items()], "discriminator": {"propertyName": "type"}}
_ARRAY = {"type": "array", "maxItems": EVENTS_PER_REQUEST_MAX, "items": _EVENT}

REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": "At most 5 MiB, also unpacked; `Content-Encoding: gzip` is understood.",
    "content": {
        "application/json": {
            "schema": {"oneOf": [_ARRAY, {"type": "object", "required": ["events"], "properties": {"events": _ARRAY}}]},
            "example": [
                {
                    "type": "exposure",
                    "event_id": "0192f0c1-6d2e-7cc3-98c4-dc0c0c07398f",
                    "timestamp": "2026-01-05T10:00:00Z",
                    "user_key": "u1",
                    "flag": "new-checkout",
                    "variation": "on",
                    "experiment": "checkout-test",
                    "experiments": [{"key": "checkout-test", "phase": 1}],
                    "config_version": 17,
                    "context": {"country": "US"},
                },
                {
                    "type": "metric",
                    "event_id": "0192f0c1-6d2e-7cc3-98c4-dc0c0c073990",
                    "timestamp": "2026-01-05T10:00:07Z",
                    "user_key": "u1",
                    "metric": "purchase",
                    "value": 12.5,
                    "properties": {"currency": "EUR"},
                },
            ],
        },
        "application/x-ndjson": {"schema": {"type": "string", "description": "One event a line"}},
    },
}
