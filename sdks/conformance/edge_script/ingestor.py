"""What the ingestor does with a batch: each event is taken or refused with a code, once by its id."""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from edge_script.records import Records
from edge_script.wire import Answer, Request, answer

_EVENTS_MAX = 5000
_BODY_BYTES_MAX = 5 * 1024 * 1024
_VALUE_MAX = 1e15
_EVENT_BYTES_MAX = 32 * 1024
_ID = re.compile(r"[!-~]{1,128}").fullmatch
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}").fullmatch
_REASONS = frozenset(
    ("STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "DISABLED", "CACHED", "STALE", "UNKNOWN", "ERROR")
)
Field = Callable[[Any], bool]


def _text(most: int, least: int = 1) -> Field:
    return lambda value: isinstance(value, str) and least <= len(value) <= most


def _number(value: Any) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and math.isfinite(value) and abs(value) <= _VALUE_MAX


def _moment(value: Any) -> bool:
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).tzinfo is not None
        except ValueError:
            return False
    return isinstance(value, int) and not isinstance(value, bool)


def _memberships(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, list) or len(value) > 50:
        return False
    return all(isinstance(one, dict) and _key(one.get("key")) and isinstance(one.get("phase", 1), int) for one in value)


def _counts(value: Any) -> bool:
    return isinstance(value, list) and 1 <= len(value) <= 500 and all(map(_count, value))


def _count(one: Any) -> bool:
    if not isinstance(one, dict) or one.get("reason") not in _REASONS or not isinstance(one.get("count"), int):
        return False
    return one["count"] >= 1 and ("error" in one) == (one["reason"] == "ERROR") and isinstance(one.get("flag", ""), str)


def _key(value: Any) -> bool:
    return isinstance(value, str) and _KEY(value) is not None


def _user(value: Any) -> bool:
    return (isinstance(value, str) and 1 <= len(value) <= 512) or (
        isinstance(value, int) and not isinstance(value, bool)
    )


def _object(value: Any) -> bool:
    return isinstance(value, dict)


_COMMON: dict[str, Field] = {
    "event_id": lambda value: isinstance(value, str) and _ID(value) is not None,
    "timestamp": _moment,
}
_REQUIRED: dict[str, dict[str, Field]] = {
    "exposure": {**_COMMON, "user_key": _user, "flag": _key, "variation": _text(128)},
    "metric": {**_COMMON, "user_key": _user, "metric": _text(128)},
    "usage": {**_COMMON, "counts": _counts},
}
_OPTIONAL: dict[str, dict[str, Field]] = {
    "exposure": {
        "experiment": lambda value: value in (None, "") or _key(value),
        "experiments": _memberships,
        "unit_key": lambda value: value is None or _text(512, 0)(value),
        "config_version": lambda value: value is None or (isinstance(value, int) and value >= 0),
        "override": lambda value: value is None or isinstance(value, bool),
        "split": lambda value: value is None or _text(128, 0)(value),
        "context": _object,
    },
    "metric": {"value": _number, "properties": _object},
    "usage": {},
}


def refusal(event: Any) -> tuple[str, str] | None:
    """Code and detail of an event that is not taken."""
    if not isinstance(event, dict):
        return "malformed_event", "an event is an object"
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in _REQUIRED:
        return "unknown_type", "type: must be exposure, metric or usage"
    for name, fits in _REQUIRED[kind].items():
        if name not in event:
            return "missing_field", f"{name}: is required"
        if not fits(event[name]):
            return "wrong_type", f"{name}: is none"
    for name, fits in _OPTIONAL[kind].items():
        if name in event and not fits(event[name]):
            return "wrong_type", f"{name}: is none"
    if event.get("override") and (event.get("experiments") or event.get("experiment")):
        return "override_in_experiment", "an override belongs to no experiment"
    if len(json.dumps(event, ensure_ascii=False).encode()) > _EVENT_BYTES_MAX:
        return "event_too_large", f"an event may take {_EVENT_BYTES_MAX} bytes"
    return None


def read_batch(request: Request) -> tuple[list[Any], int]:
    """The events of a request, and its bytes when they are unpacked. Raises ValueError."""
    body = request.body
    if request.headers.get("content-encoding", "").lower() == "gzip":
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError("invalid_gzip") from error
    if len(body) > _BODY_BYTES_MAX:
        raise ValueError("body_too_large")
    if "ndjson" in request.headers.get("content-type", ""):
        document: Any = [json.loads(line) for line in body.splitlines() if line.strip()]
    else:
        document = json.loads(body)
    events = document["events"] if isinstance(document, dict) and "events" in document else document
    events = events if isinstance(events, list) else [events]
    if len(events) > _EVENTS_MAX:
        raise ValueError("too_many_events")
    return events, len(body)


def take(records: Records, events: list[Any], rejects: int = 0) -> Answer:
    """Takes what is in order, but the first `rejects`, and names the others."""
    rejected = []
    for index, event in enumerate(events):
        why = ("not_wanted", "as the script says") if index < rejects else refusal(event)
        if why is None:
            records.take(event)
        else:
            rejected.append({"index": index, "code": why[0], "detail": why[1]})
    return answer({"accepted": len(events) - len(rejected), "rejected": rejected}, 202)
