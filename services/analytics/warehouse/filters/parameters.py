"""Server-side parameters of one expression."""

from __future__ import annotations

from typing import Any


class Parameters:
    """Values by name; `add` answers the text that stands for one in SQL. A value that is there has its name already."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._texts: dict[tuple[str, str], str] = {}
        self.values: dict[str, Any] = {}

    def add(self, value: Any, kind: str) -> str:
        known = (kind, repr(value))
        if known not in self._texts:
            name = f"{self._prefix}_{len(self.values)}"
            self.values[name] = value
            self._texts[known] = f"{{{name}:{kind}}}"
        return self._texts[known]
