"""Accepted events as messages of the bus: packed, cut to the size a message may have, and named by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from messages.generated.event_pb2 import EventBatch

from event_ingestor.admission.lines import Lines
from event_ingestor.authentication.authenticator import Caller


def parts_of(lines: Lines, bytes_max: int) -> Iterator[Lines]:
    """The lines of each message: several where they take more than `bytes_max` (which no single line does)."""
    if lines.size <= bytes_max:
        yield lines
        return
    for chunk in _chunks(lines.exposures, bytes_max):
        yield Lines(chunk, b"")
    for chunk in _chunks(lines.metrics, bytes_max):
        yield Lines(b"", chunk)
    for chunk in _chunks(lines.usage, bytes_max):
        yield Lines(b"", b"", chunk)


def _chunks(lines: bytes, bytes_max: int) -> Iterator[bytes]:
    start = 0
    while start < len(lines):
        end = lines.rindex(b"\n", start, start + bytes_max) + 1
        yield lines[start:end]
        start = end


def message_of(caller: Caller, lines: Lines, received_at: int) -> EventBatch:
    """Its id depends on the environment and the events alone: the same request sent again makes the same ids."""
    environment = caller.environment
    digest = hashlib.sha256(environment.environment_id.encode())
    for part in lines:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return EventBatch(
        batch_id=digest.hexdigest()[:32],
        organization_id=environment.organization_id,
        project_id=environment.project_id,
        environment_id=environment.environment_id,
        sdk_key_id=caller.key.id,
        received_at=received_at,
        exposure_count=lines.exposures.count(b"\n"),
        metric_count=lines.metrics.count(b"\n"),
        exposures=lines.exposures,
        metrics=lines.metrics,
        usage_count=lines.usage.count(b"\n"),
        usage=lines.usage,
    )
