"""What a search answers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field
from service_kit.schemas import OneOf, Output

from control_plane.search.kinds import Kind

KindName = Annotated[str, OneOf(Kind)]


class SearchItem(Output):
    kind: KindName
    id: UUID | None = Field(description="null: of the overrides of a unit.")
    key: str = Field(
        description="Of a change request its number, of a member the e-mail address, of an override the targeting key."
    )
    name: str
    environment: str | None = Field(description="The key of the environment that it stands in; null: in the project.")
    archived: bool = Field(description="It is out of use: archived, ended, or a member who was deactivated.")
    snippet: str = Field(description="A piece of what is told of it, around what was sought.")


class SearchAnswer(Output):
    items: list[SearchItem]
    more: bool = Field(description="Whether there is more than was wanted.")
