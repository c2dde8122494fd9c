"""The columns that every project entity has, those of any row by name, and a write as a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel


class Scope(Protocol):
    """A project and its tenant."""

    @property
    def organization_id(self) -> UUID: ...
    @property
    def project_id(self) -> UUID: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRow:
    """Base of the rows of one kind; a kind adds the columns that are its own."""

    id: UUID
    organization_id: UUID
    project_id: UUID
    key: str
    name: str
    description: str
    tags: list[str]
    owner: str | None = None
    """The e-mail address of a member."""
    archived: bool
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One write: of an entity by key, perhaps in an environment. `document` is the body that the API takes for it,
    `base_version` the version that its author has seen. `whole`: the document says all of it."""

    entity: str
    key: str
    action: str
    environment: str | None = None
    document: Mapping[str, Any] = field(default_factory=dict)
    base_version: int | None = None
    whole: bool = True


def columns_of(row: Any) -> dict[str, Any]:
    """A row's columns by name; unlike `asdict` it copies nothing of what stands in them."""
    return {column.name: getattr(row, column.name) for column in fields(row)}


Row = TypeVar("Row", bound=EntityRow)


def row_of(row_type: type[Row], scope: Scope, document: Mapping[str, Any], **columns: Any) -> Row:
    """The row that a document of the audit log was made of; `columns` are those that the document tells otherwise, or
    lacks because they came later."""
    told = {column.name: document[column.name] for column in fields(row_type) if column.name in document}
    moments = {name: datetime.fromisoformat(document[name]) for name in ("created_at", "updated_at")}
    ids = {"organization_id": scope.organization_id, "project_id": scope.project_id}
    return row_type(**{**told, **moments, **ids, "id": UUID(document["id"]), **columns})


def document_of(body: BaseModel | None) -> dict[str, Any]:
    """What a request said."""
    return {} if body is None else body.model_dump(mode="json", by_alias=True, exclude_unset=True)
