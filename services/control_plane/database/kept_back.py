"""Rows that a transaction writes as late as it can, all of a kind by one statement: others wait for their locks for
moments."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RowKind:
    """`sql` writes rows that it is given as one JSON list of objects. `tables`: where that shows, also by triggers."""

    sql: str
    tables: tuple[str, ...]

    def concerns(self, sql: str) -> bool:
        """Whether a statement may see or undo what is written: by its name, or because a row that goes takes others
        along."""
        return "DELETE " in sql or any(each in sql for each in self.tables)


@dataclass(slots=True)
class KeptBack:
    """Rows of one kind, and the names of what they are about."""

    kind: RowKind
    rows: list[dict[str, object]] = field(default_factory=list)
    names: set[object] = field(default_factory=set)
