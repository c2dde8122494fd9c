"""Batches: events as one request, and what its answer means."""

from __future__ import annotations

import gzip
import json
from typing import Any, NamedTuple

from feature_flag_platform.events.queue import Event
from feature_flag_platform.http_client import Answer, retry_after, shown

BATCH_BYTES_MAX = 900_000
EVENT_BYTES_MAX = 32 * 1024
_GZIP_BYTES_MIN = 1_024


class Batch(NamedTuple):
    """A request's body, how it is encoded, how many events it has, and how many were too large on the way to it."""

    body: bytes
    encoding: str | None
    events: int
    too_large: int


def pack(events: list[Event]) -> Batch:
    """As many of the events, from the first, as fit into a request; those that are too large are passed over."""
    texts: list[bytes] = []
    size, too_large = 2, 0
    for event in events:
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        if len(text) > EVENT_BYTES_MAX:
            too_large += 1
            continue
        size += len(text) + 1
        if texts and size > BATCH_BYTES_MAX:
            break
        texts.append(text)
    plain = b"[" + b",".join(texts) + b"]"
    if len(plain) < _GZIP_BYTES_MIN:
        return Batch(plain, None, len(texts), too_large)
    return Batch(gzip.compress(plain, compresslevel=6, mtime=0), "gzip", len(texts), too_large)


class Verdict(NamedTuple):
    """What becomes of a batch that was answered.

    `again`: it is to be sent again, not before `retry_after` seconds. `refused`: the key is not taken. Otherwise it is
    over: `rejected` events were not taken, for `reason`, and `message` is for the log."""

    again: bool = False
    retry_after: float = 0.0
    refused: bool = False
    rejected: int = 0
    reason: str = ""
    message: str = ""


def verdict_on(answer: Answer, count: int) -> Verdict:
    """Of a batch of `count` events."""
    status = answer.status
    if 200 <= status < 300:
        return _taken(answer, count)
    if status == 429 or status >= 500:
        return Verdict(again=True, retry_after=retry_after(answer.headers))
    message = f"the ingestor answered {status}: {shown(answer.body)}"
    if status in (401, 403):
        return Verdict(refused=True, rejected=count, reason="refused", message=message)
    return Verdict(rejected=count, reason="rejected", message=message)


def _taken(answer: Answer, count: int) -> Verdict:
    try:
        told = json.loads(answer.body)
        rejected: list[Any] = told["rejected"] if isinstance(told, dict) else []
    except (ValueError, KeyError):
        rejected = []
    if not isinstance(rejected, list) or not rejected:
        return Verdict()
    first = rejected[0] if isinstance(rejected[0], dict) else {}
    message = f"the ingestor rejected {len(rejected)} of {count} events, the first as {first.get('code')}: " + str(
        first.get("detail")
    )
    return Verdict(rejected=min(len(rejected), count), reason="rejected", message=message)
