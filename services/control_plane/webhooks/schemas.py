"""Bodies and answers of webhooks and their deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from service_kit.outbound import URL_LENGTH_MAX
from service_kit.schemas import Description, Input, OneOf, Output

from control_plane.changes import AuditedView
from control_plane.environments.keys import EntityKey
from control_plane.webhooks.events import ANY, is_pattern
from control_plane.webhooks.models import DeliveryState, Pause

OVERLAP_SECONDS_MAX = 30 * 86_400
_LISTED_MAX = 100


def _known(pattern: str) -> str:
    if not is_pattern(pattern):
        raise ValueError("is no type of event, like flag.updated, flag.* or *")
    return pattern


Url = Annotated[str, StringConstraints(min_length=1, max_length=URL_LENGTH_MAX)]
EventPattern = Annotated[str, StringConstraints(max_length=128), AfterValidator(_known)]
EventPatterns = Annotated[list[EventPattern], Field(min_length=1, max_length=_LISTED_MAX)]
Keys = Annotated[list[EntityKey], Field(max_length=_LISTED_MAX)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Tags = Annotated[list[Tag], Field(max_length=_LISTED_MAX)]


class WebhookCreate(Input):
    url: Url
    description: Description = ""
    events: EventPatterns = Field(default_factory=lambda: [ANY])
    projects: Keys = Field(default_factory=list)
    environments: Keys = Field(default_factory=list)
    tags: Tags = Field(default_factory=list)
    enabled: bool = True


class WebhookPatch(Input):
    url: Url | None = None
    description: Description | None = None
    events: EventPatterns | None = None
    projects: Keys | None = None
    environments: Keys | None = None
    tags: Tags | None = None
    enabled: bool | None = None


class SecretRotation(Input):
    overlap_seconds: Annotated[int, Field(strict=True, ge=0, le=OVERLAP_SECONDS_MAX)] = 86_400
    """How long what is sent is signed with the old secret, too."""


class WebhookView(AuditedView):
    unaudited: ClassVar = frozenset({"failing_since", "updated_at"})

    id: UUID
    url: str
    description: str
    events: list[str]
    projects: list[str]
    environments: list[str]
    tags: list[str]
    enabled: bool
    paused_because: Annotated[str, OneOf(Pause)] | None
    """`asked`: somebody switched it off; `failing`: a day of nothing but failures; `gone`: it answered 410."""
    paused_at: datetime | None
    failing_since: datetime | None
    """Since when no attempt has gone well; null when the last one did."""
    previous_secret_ends_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class NewWebhookView(WebhookView):
    unaudited: ClassVar = frozenset({*WebhookView.unaudited, "secret"})

    secret: str
    """`whsec_…`; shown this once."""


class AttemptView(Output):
    number: int
    at: datetime
    milliseconds: int
    status: int | None
    """Null when no answer came."""
    answer: str | None
    """Its first 4 KiB."""
    error: str | None


class DeliveryView(Output):
    id: UUID
    message_id: str
    """The `webhook-id` of all its attempts."""
    event_type: str
    audit_number: int | None
    """The entry of the audit log that it tells; null of a test."""
    state: Annotated[str, OneOf(DeliveryState)]
    attempts: int
    next_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    last_status: int | None
    last_error: str | None


class DeliveryDetailView(DeliveryView):
    url: str
    """Where it goes now."""
    payload: dict[str, Any] | None
    """What is sent; null when its entry can't be read any more."""
    log: list[AttemptView]


class EventTypesView(Output):
    items: list[str]
