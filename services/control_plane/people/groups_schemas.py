"""Bodies and answers about groups."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from service_kit.schemas import Input, Name, Output

from control_plane.access.schemas import RoleKey
from control_plane.changes import AuditedView

GroupKey = RoleKey


class GroupCreate(Input):
    key: GroupKey
    name: Name


class GroupPatch(Input):
    name: Name


class GroupView(AuditedView):
    unaudited: ClassVar = frozenset({"members"})

    id: UUID
    key: str
    name: str
    provisioned: bool
    """Kept by a directory (SCIM), and by nobody else."""
    members: int
    version: int
    created_at: datetime


class GroupMemberView(Output):
    id: UUID
    email: str
    name: str
