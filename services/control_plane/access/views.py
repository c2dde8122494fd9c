"""From rows of memberships to what is answered, and kept by the audit log."""

from __future__ import annotations

import asyncpg

from control_plane.access.schemas import MemberView


def member_view(row: asyncpg.Record) -> MemberView:
    return MemberView(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        role=row["role"],
        version=row["revision"],
        created_at=row["created_at"],
    )
