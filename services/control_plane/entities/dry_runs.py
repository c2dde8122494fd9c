"""Dry runs: a write is made with all that it is held against, told, and rolled back (`?dry_run=true`)."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Query

from control_plane.changes import Change
from control_plane.changes.patches import in_words, json_patch

WORDS_MAX = 200
_UNTOLD = frozenset({"id", "version", "created_at", "updated_at"})


@dataclass(slots=True)
class DryRun:
    """What would have been written in the request that is being served."""

    changes: list[Change] = field(default_factory=list)

    def told(self) -> list[dict[str, Any]]:
        return [_told(each) for each in self.changes]


class Tried(Exception):
    """A dry run is over: nothing of it is left."""


_asked: ContextVar[DryRun | None] = ContextVar("dry_run", default=None)


async def _noted(
    dry_run: Annotated[
        bool,
        Query(
            description="Checks all that the write would be held against, answers what would be written with its "
            "`changes`, and writes nothing."
        ),
    ] = False,
) -> None:
    _asked.set(DryRun() if dry_run else None)


NotedDryRun = Annotated[None, Depends(_noted)]
"""A parameter of an operation that may be tried."""


def dry_run() -> DryRun | None:
    """Whether the request that is being served writes nothing; what it would have written is put there."""
    return _asked.get()


def _told(change: Change) -> dict[str, Any]:
    before, after = (
        {k: v for k, v in (each or {}).items() if k not in _UNTOLD} for each in (change.before, change.after)
    )
    return {
        "entity": change.entity,
        "key": change.entity_key,
        "action": change.action,
        "words": in_words(before, after)[:WORDS_MAX],
        "patch": json_patch(before, after),
    }
