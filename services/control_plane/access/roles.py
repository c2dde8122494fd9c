"""The built-in roles, from the most to the least. What each may do stands in `policy.csv`."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A role that every organization has; its own come beside them."""

    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    DEVELOPER = "developer"
    ANALYST = "analyst"
    VIEWER = "viewer"


KEEPERS = frozenset({Role.OWNER, Role.ADMINISTRATOR})
"""Held at a project or its organization, they write in its protected environments too."""
