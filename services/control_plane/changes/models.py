"""A change as it is recorded, and its author."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


class Author(Protocol):
    """Who made a change; the access feature's `Actor` is one."""

    @property
    def kind(self) -> str:
        """`user`, `token` or `system`."""

    @property
    def id(self) -> UUID:
        """Of the person or the token."""

    @property
    def name(self) -> str:
        """For people who read the audit log."""

    @property
    def maker(self) -> Author | None:
        """On whose behalf it is: who made the token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an act came from, why it was done and by which right (`flag:update`). `act_id`: it was another service's,
    at that time, and is appended once however often it is told."""

    address: str | None
    request_id: str | None
    reason: str | None = None
    right: str | None = None
    act_id: UUID | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One domain write. `before` is None for a creation, `after` is None for a deletion; both are JSON objects.

    `everywhere`: it concerns every environment of the organization. `origin`: None is the request being served.
    """

    organization_id: UUID
    project_id: UUID | None
    entity: str
    entity_key: str
    action: str
    actor: Author
    environment_ids: Sequence[UUID] = field(default=())
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    everywhere: bool = False
    origin: Origin | None = None
