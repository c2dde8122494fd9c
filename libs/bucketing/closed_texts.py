"""Enumerations of texts: Python's own `StrEnum`, and the same for Python 3.10, which has none."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 11):
    from enum import StrEnum
else:
    from enum import Enum

    class StrEnum(str, Enum):
        """Members are texts, and are written as such."""

        def __str__(self) -> str:
            return str.__str__(self)

        def __format__(self, form: str) -> str:
            return str.__format__(self, form)


__all__ = ["StrEnum"]
