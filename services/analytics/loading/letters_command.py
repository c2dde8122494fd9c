"""`analytics dead-letters list` and `replay`: what they print."""

from __future__ import annotations

import sys

import msgspec
from streams import Bus

from analytics.loading.replaying import Letter, listed, replay

_RAW_SHOWN_MAX = 2000


async def list_letters(bus: Bus, environment_id: str | None, limit: int) -> None:
    """Prints one JSON line per letter."""
    for letter in await listed(bus, environment_id, limit):
        sys.stdout.write(msgspec.json.encode(letter_document(letter)).decode() + "\n")


async def replay_letters(bus: Bus, environment_id: str | None, limit: int) -> None:
    """Prints how many were put back."""
    count = await replay(bus, environment_id, limit)
    sys.stdout.write(f"replayed {count} dead letters\n")


def letter_document(letter: Letter) -> dict[str, object]:
    """A letter as JSON; bytes that are no text show as replacement characters."""
    content = letter.letter
    return {
        "sequence": letter.sequence,
        "environment_id": content.environment_id,
        "reason": letter.reason,
        "detail": content.detail,
        "kind": content.kind or None,
        "stream_sequence": content.stream_sequence,
        "received_at": content.received_at,
        "failed_at": content.failed_at,
        "raw": content.raw[:_RAW_SHOWN_MAX].decode(errors="replace"),
        "raw_bytes": len(content.raw),
    }
