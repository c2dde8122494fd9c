"""From rows of memberships to what is answered, and kept by the audit log."""

from __future__ import annotations

import asyncpg

from control_plane.people.schemas import ApiTokenView, InvitationView, MemberView, TokenMaker


def member_view(row: asyncpg.Record) -> MemberView:
    return MemberView(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        role=row["role"],
        version=row["revision"],
        created_at=row["created_at"],
    )


def invitation_view(row: asyncpg.Record) -> InvitationView:
    return InvitationView(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        role=row["role"],
        mailed=row["mailed"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


def api_token_view(row: asyncpg.Record) -> ApiTokenView:
    maker = TokenMaker(id=row["maker_id"], email=row["maker_email"]) if row["maker_id"] else None
    return ApiTokenView(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        hint=row["hint"],
        created_by=maker,
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        created_at=row["created_at"],
    )
