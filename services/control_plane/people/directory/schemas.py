"""Bodies and answers about provisioning tokens."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from service_kit.schemas import Input, Name

from control_plane.changes import AuditedView


class ProvisioningTokenCreate(Input):
    name: Name
    default_role: str | None = None
    """What people get in the organization whom the directory adds; null: only what is bound to their groups."""
    expires_at: datetime | None = None


class ProvisioningTokenView(AuditedView):
    unaudited: ClassVar = frozenset({"last_used_at"})

    id: UUID
    name: str
    default_role: str | None
    hint: str
    created_by: UUID
    last_used_at: datetime | None
    """To the minute."""
    expires_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


class NewProvisioningTokenView(ProvisioningTokenView):
    token: str
    """Shown this once; sent as `Authorization: Bearer vs_…`."""
