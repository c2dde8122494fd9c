"""`analytics dead-letters list` and `replay`: what they print."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass

import msgspec
from messages.acts import Act
from streams import Bus

from analytics.acts import COMMAND, Acts
from analytics.loading.replay import Letter, listed, replay

_RAW_SHOWN_MAX = 2000


async def list_letters(bus: Bus, acts: Acts, environment_id: str | None, limit: int) -> None:
    """Prints one JSON line per letter."""
    letters = await listed(bus, environment_id, limit)
    await _tell(acts, "read", letters)
    for letter in letters:
        sys.stdout.write(msgspec.json.encode(letter_document(letter)).decode() + "\n")


async def replay_letters(bus: Bus, acts: Acts, environment_id: str | None, limit: int) -> None:
    """Prints how many were put back."""
    await _tell(acts, "replay", await listed(bus, environment_id, limit))
    count = await replay(bus, environment_id, limit)
    sys.stdout.write(f"replayed {count} dead letters\n")


async def _tell(acts: Acts, action: str, letters: list[Letter]) -> None:
    """An act of each organization whose letters these are, by environment; what can't be read belongs to nobody."""
    owners = Counter(
        (each.letter.organization_id, each.letter.project_id, each.letter.environment_id)
        for each in letters
        if each.letter.organization_id
    )
    for (organization_id, project_id, environment_id), count in owners.items():
        act = Act(
            organization_id=organization_id,
            project_id=project_id,
            entity="dead_letters",
            entity_key=environment_id,
            action=action,
            after={"letters": count},
        )
        await acts.tell(COMMAND, act)


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
