"""Bodies and answers of the saved views' endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field, StringConstraints
from service_kit.schemas import Input, Name, Output

from control_plane.changes import AuditedView

FILTERS_MAX = 50
FILTERS_BYTES_MAX = 4 * 1024
PageName = Annotated[str, StringConstraints(pattern="^[a-z][a-z_-]{0,63}$")]


class SavedViewFields(Input, strict=True):
    page: PageName = Field(description="Whose list it narrows down, such as `flags`.")
    name: Name
    filters: Annotated[dict[str, Any], Field(max_length=FILTERS_MAX)] = Field(
        description="As the page understands them, of at most 4 KiB as JSON."
    )
    shared: bool = Field(False, description="With all who read the project; else it is its owner's alone.")


class SavedView(AuditedView):
    unaudited: ClassVar = frozenset({"own"})

    id: UUID
    page: str
    name: str
    filters: dict[str, Any]
    shared: bool
    owner: str
    own: bool = Field(description="Whether it is the reader's.")
    version: int
    created_at: datetime
    updated_at: datetime


class SavedViewsView(Output):
    items: list[SavedView]
