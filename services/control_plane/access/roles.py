"""The roles, from the most to the least."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"


_RANK = {role: rank for rank, role in enumerate(reversed(Role))}


def higher(one: Role | None, other: Role | None) -> Role | None:
    """The role with more rights; None is no role."""
    if one is None or other is None:
        return one or other
    return one if _RANK[one] >= _RANK[other] else other


def lower(one: Role, other: Role) -> Role:
    """The role with fewer rights."""
    return one if _RANK[one] <= _RANK[other] else other
