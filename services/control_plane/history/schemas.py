"""Answers of the history's endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from service_kit.schemas import OneOf, Output

from control_plane.entities.schemas import EnvironmentVersions, Warnings
from control_plane.history.kinds import Kind

KindName = Annotated[str, OneOf(Kind)]
Document = Annotated[dict[str, Any], Field(description="The entity as the API answers it.")]
Words = Annotated[list[str], Field(description="A sentence for each thing that is otherwise.")]
Reason = Annotated[str | None, Field(description="Why, as whoever changed it has said.")]


class ChangedBy(Output):
    kind: str = Field(description="`user`, `token` or `system`.")
    id: str
    name: str


class VersionView(Output):
    version: int | None = Field(description="Of the entity; of a deletion the version that was deleted.")
    entry: int = Field(description="The number of the audit entry.")
    at: datetime
    by: ChangedBy
    reason: Reason
    action: str
    deleted: bool = Field(description="Whether the entity was gone then. A key that is used again counts anew.")
    changes: Words
    abridged: bool = Field(description="Too large to say in a list what changed: compare the versions.")


class VersionDocumentView(Output):
    version: int
    entry: int
    at: datetime
    by: ChangedBy
    reason: Reason
    action: str
    document: Document


class ComparisonView(Output):
    from_version: int
    to_version: int
    changes: Words
    patch: Annotated[
        list[dict[str, Any]], Field(description="JSON patch (RFC 6902) from the one document to the other.")
    ]


class WrittenView(Output):
    version: int
    document: Document
    environment_versions: EnvironmentVersions
    warnings: Warnings
