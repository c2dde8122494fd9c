"""From rows of memberships to what is answered, and kept by the audit log."""

from __future__ import annotations

import asyncpg

from control_plane.people.schemas import ApiTokenView, InvitationView, MemberView, SessionView, TokenMaker
from control_plane.people.session_terms import Session


def member_view(row: asyncpg.Record) -> MemberView:
    return MemberView(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        role=row["role"],
        version=row["revision"],
        created_at=row["created_at"],
        deactivated_at=row["deactivated_at"],
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


def session_view(row: asyncpg.Record, asking: Session | None) -> SessionView:
    return SessionView(
        id=row["id"],
        kind=row["kind"],
        current=asking is not None and asking.id == row["id"],
        user_agent=row["user_agent"],
        network=row["network"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        idle_until=row["idle_until"],
        expires_at=row["expires_at"],
    )


def api_token_view(row: asyncpg.Record) -> ApiTokenView:
    maker = TokenMaker(id=row["maker_id"], email=row["maker_email"]) if row["maker_id"] else None
    return ApiTokenView(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        project_id=row["project_id"],
        environment_id=row["environment_id"],
        rights=row["rights"],
        hint=row["hint"],
        created_by=maker,
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        created_at=row["created_at"],
    )
