"""What a flag is there for, and until when: nothing that is evaluated depends on it."""

from __future__ import annotations

from enum import StrEnum

FIELDS = frozenset({"purpose", "expected_end"})


class Purpose(StrEnum):
    """Release and experiment flags go when they are done; operational and permission flags are made to stay."""

    RELEASE = "release"
    EXPERIMENT = "experiment"
    OPERATIONAL = "operational"
    PERMISSION = "permission"

    @property
    def stays(self) -> bool:
        return self in (Purpose.OPERATIONAL, Purpose.PERMISSION)
