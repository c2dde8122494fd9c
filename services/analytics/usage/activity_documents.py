"""What goes on in an environment now, as the API tells it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from messages.sdk_keys import SdkKey

from analytics.instants import rfc3339
from analytics.warehouse.client import Row

MINUTES = 60
_is_version = re.compile(r"v?\d[\w.+-]*").fullmatch


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerDocument:
    """What asks for flags. `sdk` null: it did not say what it is; `name` and `version` are its parts, where it has
    them. `evaluations_hour`: in the last hour."""

    sdk: str | None
    name: str | None
    version: str | None
    last_evaluation_at: str | None
    evaluations_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDocument:
    """An SDK key, and when something was received under it last. `kind` null: it is none of the environment's any
    more. Null moments: nothing was received in the time asked about; of usage in the last three days. `last_used_at`:
    anything, in the last 400 days."""

    id: str
    kind: str | None
    last_exposure_at: str | None
    last_metric_event_at: str | None
    last_usage_at: str | None
    last_used_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallersDocument:
    """The moments of the environment are the latest of its SDKs and keys."""

    project: str
    environment: str
    hours: int
    last_evaluation_at: str | None
    last_exposure_at: str | None
    last_metric_event_at: str | None
    sdks: list[CallerDocument]
    keys: list[KeyDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class MinuteDocument:
    """`errors`: evaluations that ended with an error; `unknown_flags`: those of keys that are no flag's. Both are among
    the evaluations."""

    minute: str
    evaluations: int
    errors: int
    unknown_flags: int
    exposures: int
    metric_events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityDocument:
    """60 minutes, the oldest first, the last one not over. Edges tell of a minute's evaluations when it is over."""

    project: str
    environment: str
    minutes: list[MinuteDocument]


def caller_documents(rows: Iterable[Row]) -> list[CallerDocument]:
    return [_caller(row) for row in rows]


def key_documents(rows: Iterable[Row], known: Sequence[SdkKey]) -> list[KeyDocument]:
    """Those that were used, the latest first; then those of the environment that were not."""
    kinds = {each.id: each.kind.value for each in known}
    by_id = {str(row["sdk_key_id"]): row for row in rows if row["sdk_key_id"]}
    return [
        KeyDocument(
            id=key,
            kind=kinds.get(key),
            last_exposure_at=_moment(by_id.get(key), "last_exposure_at"),
            last_metric_event_at=_moment(by_id.get(key), "last_metric_at"),
            last_usage_at=_moment(by_id.get(key), "last_usage_at"),
            last_used_at=_moment(by_id.get(key), "last_used_at"),
        )
        for key in (*by_id, *(each for each in kinds if each not in by_id))
    ]


def latest(rows: Iterable[Row], name: str) -> str | None:
    return rfc3339(max((row[name] for row in rows), default=0) or None)


def minute_documents(usage: Iterable[Row], events: Iterable[Row], start: int) -> list[MinuteDocument]:
    """From `start` on, in seconds of the epoch."""
    evaluated, received = ({row["at"]: row for row in rows} for rows in (usage, events))
    nothing: Row = {}
    documents = []
    for at in range(start, start + MINUTES * 60, 60):
        asked, arrived = evaluated.get(at, nothing), received.get(at, nothing)
        documents.append(
            MinuteDocument(
                minute=rfc3339(at * 1000),
                evaluations=asked.get("evaluations", 0),
                errors=asked.get("errors", 0),
                unknown_flags=asked.get("unknown_flags", 0),
                exposures=arrived.get("exposures", 0),
                metric_events=arrived.get("metrics", 0),
            )
        )
    return documents


def _caller(row: Row) -> CallerDocument:
    sdk = str(row["sdk"])
    name, _, version = sdk.partition("/")
    told = bool(name) and bool(_is_version(version))
    return CallerDocument(
        sdk=sdk or None,
        name=(name if told else sdk) or None,
        version=version if told else None,
        last_evaluation_at=rfc3339(row["asked_at"] or None),
        evaluations_hour=row["evaluations"],
    )


def _moment(row: Row | None, name: str) -> str | None:
    return rfc3339(row[name] or None) if row is not None else None
