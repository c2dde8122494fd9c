"""An edit on what stands now: as it is where nothing moved on, rebased where others changed something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from control_plane.changes.patches import alike
from control_plane.entities.edits import EditKind, Standing
from control_plane.entities.merge import changed_fields, merge
from control_plane.entities.models import Edit
from control_plane.reviews.models import ProposedEdit

MOVING = frozenset({"id", "version", "created_at", "updated_at"})
"""What nobody writes: of an entity that the request itself creates it is another one each time."""


def collisions(kind: EditKind, proposed: ProposedEdit, standing: Standing | None) -> list[str]:
    """Paths that others changed meanwhile and the edit is about, too; `key` where the entity itself came or went."""
    edit, base = proposed.edit, proposed.base
    if (base is None) != (standing is None):
        return ["key"]
    if base is None or standing is None:
        return []
    if kind.is_about_all(edit):
        return [name for name in changed_fields(base, standing.document) if name not in MOVING]
    if edit.action != "update":
        return []
    return list(_merged(kind, proposed, base, standing.document)[1])


def rebased(kind: EditKind, proposed: ProposedEdit, standing: Standing | None) -> Edit:
    """The edit to make now, of one that doesn't collide."""
    if proposed.edit.action != "update" or proposed.base is None or standing is None:
        return proposed.edit
    document, _ = _merged(kind, proposed, proposed.base, standing.document)
    return replace(proposed.edit, document=document)


def _merged(
    kind: EditKind, proposed: ProposedEdit, base: Mapping[str, Any], standing: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    given = proposed.edit.document
    three = [kind.authored(each) for each in (base, standing, proposed.after or {})]
    was, stands, wanted = ({name: each[name] for name in given if name in each} for each in three)
    merged = merge(was, stands, wanted, kind.parts)
    # What nobody else changed is sent as it was written.
    moved = [name for name in given if name in merged.document and not alike(was.get(name), stands.get(name))]
    return {name: merged.document[name] if name in moved else value for name, value in given.items()}, merged.collisions
