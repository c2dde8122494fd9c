"""Bodies and answers of the personas' endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field
from service_kit.schemas import Description, Input, Name, Output

from control_plane.changes import AuditedView
from control_plane.environments.keys import EntityKey

ATTRIBUTES_MAX = 1000
CONTEXT_BYTES_MAX = 16 * 1024


class PersonaFields(Input, strict=True):
    name: Name | None = Field(None, description="Defaults to the key.")
    description: Description = ""
    context: Annotated[dict[str, Any], Field(max_length=ATTRIBUTES_MAX)] = Field(
        description="`targetingKey` and attributes, of at most 16 KiB as JSON."
    )


class PersonaView(AuditedView):
    unaudited: ClassVar = frozenset()

    key: EntityKey
    name: str
    description: str
    context: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class PersonasView(Output):
    items: list[PersonaView]
