"""Answers that the audit log keeps, too."""

from __future__ import annotations

from typing import Any, ClassVar

from service_kit.schemas import Output


class AuditedView(Output):
    """Base of what an entity answers with: the audit log keeps all of it, except for what is named here."""

    unaudited: ClassVar[frozenset[str]] = frozenset()
    """Fields that tell of other rows than the entity's own."""

    def audited(self) -> dict[str, Any]:
        """The entity as the audit log keeps it."""
        return self.model_dump(mode="json", by_alias=True, exclude=set(self.unaudited))
