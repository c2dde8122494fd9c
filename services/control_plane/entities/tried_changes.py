"""What a dry run tells of each entity that it would have written."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from service_kit.schemas import Output


class TriedChange(Output):
    """What a dry run would have written of one entity."""

    entity: str
    key: str
    action: str
    words: list[str] = Field(description="The difference for people.")
    patch: list[dict[str, Any]] = Field(description="A JSON Patch (RFC 6902) from what stands to what would stand.")


TriedChanges = Annotated[
    list[TriedChange] | None,
    Field(
        exclude_if=lambda value: value is None,
        description="Of a dry run alone: what would be written, the entity itself first.",
    ),
]
"""A member of answers to writes that may be tried."""
