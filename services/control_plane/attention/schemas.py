"""What the attention list answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from service_kit.schemas import OneOf, Output

from control_plane.attention.kinds import Kind

KindName = Annotated[str, OneOf(Kind)]


class AttentionItem(Output):
    kind: KindName
    key: str = Field(
        description="Of what it is about; of webhooks, keys and tokens the id, of change requests the number."
    )
    name: str
    environment: str | None = Field(description="Where; null: in the project or the organization.")
    since: datetime = Field(
        description="When it began; of what expires, when it will; of flags, when the first was due."
    )
    count: int = Field(description="How many it is about.")
    detail: dict[str, Any] = Field(description="What a sentence about it is made of; see the API's guide.")


class AttentionView(Output):
    items: list[AttentionItem] = Field(description="The most pressing kind first, within it the longest.")
    more: bool = Field(description="Whether there is more of a kind than is listed.")
