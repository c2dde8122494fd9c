"""Whether an entry of the audit log is for a webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from control_plane.webhooks.entries import Entry
from control_plane.webhooks.events import fits
from control_plane.webhooks.models import Filters


def wants(filters: Filters, entry: Entry) -> bool:
    """A filter that names nothing lets everything through; one that names something, only what has one of it."""
    return (
        fits(entry.event_type, filters.events)
        and (not filters.projects or (entry.project is not None and entry.project.key in filters.projects))
        and (not filters.environments or any(each.key in filters.environments for each in entry.environments))
        and (not filters.tags or not tags_of(entry).isdisjoint(filters.tags))
    )


def tags_of(entry: Entry) -> set[str]:
    """Those that the entity had before, and those it has after."""
    found: set[str] = set()
    for document in (entry.before, entry.after):
        found.update(_tags(document or {}))
    return found


def _tags(document: Mapping[str, Any]) -> list[str]:
    tags = document.get("tags")
    return [each for each in tags if isinstance(each, str)] if isinstance(tags, list) else []
