"""Bodies and answers about e-mail domains."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import StringConstraints
from service_kit.schemas import Input

from control_plane.changes import AuditedView

EmailDomain = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        max_length=253,
        pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    ),
]
"""As the name service has it: international ones in their `xn--` form."""


class EmailDomainCreate(Input):
    domain: EmailDomain


class EmailDomainView(AuditedView):
    domain: str
    record_name: str
    """Where the TXT record stands that verifies the domain."""
    record_value: str
    """What it says."""
    verified_at: datetime | None
    verified_by: Literal["dns", "administrator"] | None
    """`administrator`: one of the installation has given their word."""
    created_at: datetime
