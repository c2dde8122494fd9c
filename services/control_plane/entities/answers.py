"""Entities as they are answered and as the audit log keeps them: values of JSON, written field by field.

The models in `schemas` say what the API promises of them; tests hold every answer to its model, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from control_plane.entities.models import EntityRow
from control_plane.entities.schemas import Warned

OF_WRITES = frozenset({"environment_versions", "warnings"})
"""Fields that tell of a write: no part of the entity."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One entity. `unaudited`: fields that tell of other rows than its own, or of the write."""

    document: dict[str, Any]
    unaudited: frozenset[str] = OF_WRITES

    @property
    def version(self) -> int:
        version: int = self.document["version"]
        return version

    @property
    def environment_versions(self) -> dict[str, int]:
        versions: dict[str, int] = self.document["environment_versions"]
        return versions

    @property
    def warnings(self) -> list[Warned]:
        return [Warned(**each) for each in self.document["warnings"]]

    def audited(self) -> dict[str, Any]:
        """The entity as the audit log keeps it."""
        return {name: value for name, value in self.document.items() if name not in self.unaudited}

    def written(self, versions: Mapping[str, int], warnings: Sequence[Warned]) -> Answered:
        """What answers a write."""
        told = [{"code": each.code, "detail": each.detail} for each in warnings]
        return Answered({**self.document, "environment_versions": dict(versions), "warnings": told}, self.unaudited)


def entity_document(row: EntityRow) -> dict[str, Any]:
    """What every entity answers with; a kind adds what is its own."""
    return {
        "id": str(row.id),
        "key": row.key,
        "name": row.name,
        "description": row.description,
        "tags": row.tags,
        "owner": row.owner,
        "archived": row.archived,
        "version": row.version,
        "created_at": told_moment(row.created_at),
        "updated_at": told_moment(row.updated_at),
        "environment_versions": {},
        "warnings": [],
    }


def told_moment(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.isoformat().replace("+00:00", "Z")
