"""What an environment would publish of what was written, compiled without being saved."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from messages.subjects import parse_config_subject

from control_plane.database import Connection
from control_plane.environments.queries import EnvironmentRow, environment_for_publishing
from control_plane.publishing.compilation import Compilation
from control_plane.publishing.stored import read_touched, read_whole
from control_plane.publishing.touched import touched_of
from control_plane.segments.queries import chunk_digests

__all__ = ["Compilation", "EntryChange", "Names", "changed_entries", "compiled_entries"]

Names = Collection[tuple[str, str]]
"""Entities and keys, as audit entries name them."""


@dataclass(frozen=True, slots=True)
class EntryChange:
    """An entry of CONFIG before and after; None: there is none. `problem`: why it could not be published afterwards."""

    kind: str
    key: str
    before: bytes | None
    after: bytes | None
    problem: str = ""


async def compiled_entries(tx: Connection, environment: EnvironmentRow, names: Names) -> Compilation:
    """What the transaction sees of the named entities, and of what depends on them; not of the keys in long
    lists: of one that is another afterwards the digest says that nothing is known."""
    compilation = Compilation(str(environment.id))
    found = await environment_for_publishing(tx, environment.id, environment.organization_id)
    if found is None:
        return compilation
    touched = touched_of(names, experimented=True)
    if touched is None:
        stored = await read_whole(tx, *found)
    else:
        lists = await chunk_digests(tx, environment.id, touched.segments) if touched.segments else {}
        stored = await read_touched(tx, *found, touched, lists)
    await asyncio.to_thread(compilation.take, stored)
    return compilation


def changed_entries(before: Compilation, after: Compilation) -> Sequence[EntryChange]:
    """The entries that differ, by subject."""
    found = []
    for subject in sorted(before.difference(after)):
        parsed = parse_config_subject(subject)
        was, becomes = before.entries.get(subject), after.entries.get(subject)
        problem = after.invalid.get(subject, "")
        if parsed.kind != "environment" and (was != becomes or problem):
            found.append(EntryChange(parsed.kind, parsed.key, was, becomes, problem))
    return found
