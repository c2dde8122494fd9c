"""What an edit changes, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from control_plane.changes.patches import in_words, json_patch
from control_plane.reviews.models import ProposedEdit
from control_plane.reviews.schemas import DifferenceView

WORDS_MAX = 200
_UNTOLD = frozenset({"id", "version", "created_at", "updated_at", "definition"})
"""What isn't written by anybody, and what stands beside the entity to be compared."""


def difference_of(proposed: ProposedEdit) -> DifferenceView:
    before, after = _told(proposed.base), _told(proposed.after)
    return DifferenceView(words=in_words(before, after)[:WORDS_MAX], patch=json_patch(before, after))


def _told(document: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (document or {}).items() if name not in _UNTOLD}
