"""A webhook and a delivery as they are stored, and an attempt as it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Pause(StrEnum):
    """Why a webhook is paused: somebody asked for it, a day of nothing but failures, or the receiver said that it has
    gone (410)."""

    ASKED = "asked"
    FAILING = "failing"
    GONE = "gone"


class DeliveryState(StrEnum):
    """`waiting` for its next attempt; `failed` after the last one."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a webhook is told: events by pattern (`flag.updated`, `flag.*`, `*`); of these projects, environments and
    tags by key, where any are named."""

    events: Sequence[str]
    projects: Sequence[str] = ()
    environments: Sequence[str] = ()
    tags: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """`slow`: the last attempt failed or took long, so its attempts wait in a queue of their own."""

    id: UUID
    organization_id: UUID
    url: str
    description: str
    filters: Filters
    secret: bytes
    previous_secret: bytes | None
    previous_secret_ends_at: datetime | None
    paused_because: Pause | None
    paused_at: datetime | None
    failing_since: datetime | None
    slow: bool
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def enabled(self) -> bool:
        return self.paused_because is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`audit_number` None: a test. `tries` counts attempts since it was queued, `attempts` all of them."""

    id: UUID
    organization_id: UUID
    webhook_id: UUID
    event_type: str
    audit_number: int | None
    state: DeliveryState
    attempts: int
    tries: int
    next_at: datetime | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def message_id(self) -> str:
        """The `webhook-id` of all its attempts, by which receivers know one that came twice."""
        return f"msg_{self.id.hex}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How one attempt went. `status` None: no answer came; `error` None: it went well. `asked_seconds`: what a
    receiver asked to be left alone for."""

    at: datetime
    milliseconds: int
    status: int | None = None
    answer: str | None = None
    error: str | None = None
    asked_seconds: float | None = None
