"""How `POST /v1/events` looks in OpenAPI; the words stand here, the limits come from the types that apply them."""

from __future__ import annotations

from typing import Any

from messages.events import EVENT_ID_LENGTH_MAX, NAME_LENGTH_MAX, USER_KEY_LENGTH_MAX
from pydantic import BaseModel, Field

from event_ingestor.admission.event_types import EVENTS_PER_REQUEST_MAX


class RejectedEvent(BaseModel):
    index: int = Field(description="Place of the event in the request, from 0; in NDJSON of its line, blanks left out")
    code: str = Field(description="Stable, for programs")
    detail: str = Field(description="For people; names the field")


class ReceiptDocument(BaseModel):
    accepted: int = Field(description="Events that are stored; all that are not in `rejected`")
    rejected: list[RejectedEvent]


class MinuteDocument(BaseModel):
    """What this process took and refused in one minute."""

    minute: int = Field(description="Its beginning, milliseconds since the Unix epoch")
    exposures: int
    metrics: int
    unstored: int = Field(description="Events of requests answered with 503")
    rejected: dict[str, int] = Field(description="By code")


class CountsDocument(BaseModel):
    environment: str
    minutes: list[MinuteDocument]


def _text(length_max: int = NAME_LENGTH_MAX) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": length_max}


_ENVELOPE: dict[str, Any] = {
    "event_id": _text(EVENT_ID_LENGTH_MAX) | {"description": "Makes sending again harmless; printable ASCII"},
    "timestamp": {
        "oneOf": [{"type": "string", "format": "date-time"}, {"type": "integer"}],
        "description": "RFC 3339 with an offset, or milliseconds since the Unix epoch",
    },
    "user_key": {"oneOf": [_text(USER_KEY_LENGTH_MAX), {"type": "integer"}]},
}
_EXPOSURE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "event_id", "timestamp", "user_key", "flag", "variation"],
    "properties": {
        "type": {"const": "exposure"},
        **_ENVELOPE,
        "flag": _text(),
        "variation": _text(),
        "experiment": _text() | {"nullable": True},
        "config_version": {"type": "integer", "minimum": 0},
        "context": {"type": "object"},
    },
}
_METRIC: dict[str, Any] = {
    "type": "object",
    "required": ["type", "event_id", "timestamp", "user_key", "metric"],
    "properties": {
        "type": {"const": "metric"},
        **_ENVELOPE,
        "metric": _text(),
        "value": {"type": "number", "description": "Without it the event only counts"},
        "properties": {"type": "object"},
    },
}
_EVENT = {"oneOf": [_EXPOSURE, _METRIC], "discriminator": {"propertyName": "type"}}
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
