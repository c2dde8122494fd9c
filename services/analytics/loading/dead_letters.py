"""What could not be stored: kept on the DEAD_LETTERS stream with the reason and the bytes as they came."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from messages.generated.event_pb2 import (
    DEAD_LETTER_REASON_MALFORMED_EVENT,
    DEAD_LETTER_REASON_REFUSED_BY_STORE,
    DEAD_LETTER_REASON_UNDECODABLE,
    DeadLetter,
    DeadLetterReason,
)
from messages.subjects import dead_letters_subject
from streams import Bus, MessageTooLarge

from analytics.loading.rows import Kind, Origin, RejectedLine

_RAW_BYTES_KEPT_WHEN_TOO_LARGE = 256 * 1024
_DETAIL_MAX = 500

REASON_NAMES = {
    DEAD_LETTER_REASON_UNDECODABLE: "undecodable",
    DEAD_LETTER_REASON_MALFORMED_EVENT: "malformed_event",
    DEAD_LETTER_REASON_REFUSED_BY_STORE: "refused_by_store",
}


def undecodable(environment_id: str, payload: bytes, sequence: int, received_at: int, detail: str) -> DeadLetter:
    """A whole message that is no EventBatch."""
    origin = Origin("", "", environment_id, "", received_at, sequence)
    return _letter(DEAD_LETTER_REASON_UNDECODABLE, "", origin, payload, detail)


def malformed(line: RejectedLine) -> DeadLetter:
    """A line that is no event of its kind."""
    return _letter(DEAD_LETTER_REASON_MALFORMED_EVENT, line.kind, line.origin, line.raw, line.detail)


def refused(kind: Kind, origin: Origin, raw: bytes, detail: str) -> DeadLetter:
    """A row that ClickHouse refuses alone."""
    return _letter(DEAD_LETTER_REASON_REFUSED_BY_STORE, kind, origin, raw, detail)


def _letter(reason: DeadLetterReason, kind: str, origin: Origin, raw: bytes, detail: str) -> DeadLetter:
    return DeadLetter(
        environment_id=origin.environment_id,
        reason=reason,
        detail=detail[:_DETAIL_MAX],
        raw=raw,
        stream_sequence=origin.sequence,
        kind=kind,
        organization_id=origin.organization_id,
        project_id=origin.project_id,
        received_at=origin.received_at,
    )


async def send(bus: Bus, letters: Iterable[DeadLetter], failed_at: int) -> int:
    """Publishes each letter and returns how many. The message id makes a redelivered event one letter.

    Raises BusError (but not MessageTooLarge: then the letter keeps the first 256 KiB of the raw bytes).
    """
    count = 0
    for letter in letters:
        letter.failed_at = failed_at
        digest = hashlib.sha256(letter.kind.encode() + b"\0" + letter.raw).hexdigest()[:32]
        message_id = f"{letter.stream_sequence}-{letter.received_at}-{digest}"
        subject = dead_letters_subject(letter.environment_id)
        try:
            await bus.publish(subject, letter.SerializeToString(), message_id=message_id)
        except MessageTooLarge:
            letter.detail = f"{letter.detail} (cut from {len(letter.raw)} bytes)"
            letter.raw = letter.raw[:_RAW_BYTES_KEPT_WHEN_TOO_LARGE]
            await bus.publish(subject, letter.SerializeToString(), message_id=message_id)
        count += 1
    return count
