"""`analytics dead-letters list` and `replay`: what they print."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import msgspec
from streams import Bus

from analytics.loading.replay import Letter, listed, replay

_RAW_SHOWN_MAX = 2000


async def list_letters(bus: Bus, environment_id: str | None, limit: int) -> None:
    """Prints one JSON line per letter."""
    for letter in await listed(bus, environment_id, limit):
        sys.stdout.write(msgspec.json.encode(letter_document(letter)).decode() + "\n")


async def replay_letters(bus: Bus, environment_id: str | None, limit: int) -> None:
    """Prints how many were put back."""
    count = await replay(bus, environment_id, limit)
    sys.stdout.write(f"replayed {count} dead letters\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterDocument:
    """A letter as JSON; bytes that are no text show as replacement characters."""

    sequence: int
    environment_id: str
    reason: str
    detail: str
    kind: str | None
    stream_sequence: int
    received_at: int
    failed_at: int
    raw: str
    raw_bytes: int


def letter_document(letter: Letter) -> LetterDocument:
    content = letter.letter
    return LetterDocument(
        sequence=letter.sequence,
        environment_id=content.environment_id,
        reason=letter.reason,
        detail=content.detail,
        kind=content.kind or None,
        stream_sequence=content.stream_sequence,
        received_at=content.received_at,
        failed_at=content.failed_at,
        raw=content.raw[:_RAW_SHOWN_MAX].decode(errors="replace"),
        raw_bytes=len(content.raw),
    )
