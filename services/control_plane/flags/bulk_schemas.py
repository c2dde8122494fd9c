"""Bodies and answers of changes of many flags at once."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from service_kit.schemas import Input, Output

from control_plane.entities.schemas import EnvironmentVersions, Tags, Warnings
from control_plane.entities.tried_changes import TriedChanges
from control_plane.environments.keys import EntityKey

KEYS_MAX = 200
BulkAction = Literal["tag", "archive", "restore", "switch"]


class BulkChange(Input, strict=True):
    """The same change of many flags."""

    action: BulkAction
    keys: Annotated[list[EntityKey], Field(min_length=1, max_length=KEYS_MAX)]
    add: Tags = Field([], description="Of `tag`: tags that each has then.")
    remove: Tags = Field([], description="Of `tag`: tags that none has then.")
    environment: EntityKey | None = Field(None, description="Of `switch`, where it is needed.")
    enabled: bool | None = Field(None, description="Of `switch`, where it is needed.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """What belongs to an action stands with it, and with no other."""
        tagging, switching = bool(self.add or self.remove), self.environment is not None or self.enabled is not None
        if tagging != (self.action == "tag") or not set(self.add).isdisjoint(self.remove):
            raise ValueError("`add` and `remove`, which have nothing in common, belong to `tag`, and one is needed")
        if switching != (self.action == "switch") or (self.environment is None) != (self.enabled is None):
            raise ValueError("`environment` and `enabled` belong to `switch`, and both are needed")
        if len(set(self.keys)) < len(self.keys):
            raise ValueError("`keys` names a flag twice")
        return self


class BulkView(Output):
    id: UUID = Field(description="By which it is undone.")
    action: str
    environment: str | None
    changed: list[str] = Field(description="Keys of flags.")
    unchanged: list[str] = Field(description="Those that were so already.")
    environment_versions: EnvironmentVersions = Field({})
    warnings: Warnings = Field([])
    changes: TriedChanges = None
