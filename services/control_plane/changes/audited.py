"""How the audit log tells of a kind of thing that an organization has, its projects and what is in them aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from control_plane.changes.models import Author, Change

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Audited(Generic[T]):
    """`entity`: what the kind is called there; `key`: what one of it is; `shown`: all that is kept of one.

    `everywhere`: every environment publishes something of it, so that a change concerns them all, but for those by the
    actions of `unpublished`."""

    entity: str
    key: Callable[[T], str]
    shown: Callable[[T], Mapping[str, Any]]
    everywhere: bool = False
    unpublished: frozenset[str] = frozenset()

    def change(self, organization_id: UUID, actor: Author, action: str, before: T | None, after: T | None) -> Change:
        """One side at least is given."""
        known = before if after is None else after
        assert known is not None  # noqa: S101 - a change has at least one side
        return Change(
            organization_id=organization_id,
            project_id=None,
            entity=self.entity,
            entity_key=self.key(known),
            action=action,
            actor=actor,
            before=None if before is None else self.shown(before),
            after=None if after is None else self.shown(after),
            everywhere=self.everywhere and action not in self.unpublished,
        )
