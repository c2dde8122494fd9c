"""Domains whose people sign in by their identity provider alone."""

from __future__ import annotations

from urllib.parse import quote

from service_kit.problems import Forbidden

from control_plane.database import Connection
from control_plane.people.email_domains import domain_of

_ENFORCED = """
SELECT EXISTS (SELECT FROM identity_providers p JOIN email_domains e
    ON e.organization_id = p.organization_id AND e.domain = $1 AND e.verified_at IS NOT NULL
    WHERE p.enabled AND p.enforced AND $1 = ANY(p.domains)
        AND NOT EXISTS (SELECT FROM memberships m JOIN users u ON u.id = m.user_id
            WHERE m.organization_id = p.organization_id AND lower(u.email) = lower($2)
                AND m.role_key = 'owner' AND m.deactivated_at IS NULL))
    AND NOT EXISTS (SELECT FROM users WHERE lower(email) = lower($2) AND is_administrator)
"""


class SingleSignOnRequired(Forbidden):
    """A password is no way in for this address."""

    default_code = "single_sign_on_required"

    def __init__(self, email: str) -> None:
        way = f"/api/v1/auth/oidc/start?email={quote(email)}"
        super().__init__(
            "people of this address sign in by their organization's identity provider", members={"sign_in_at": way}
        )


async def is_domain_enforced(tx: Connection, domain: str) -> bool:
    """Whether any of its people may not."""
    return await is_enforced(tx, f"@{domain}")


async def is_enforced(tx: Connection, email: str) -> bool:
    """Whether this person may not come in by a password. The owners of the organization that says so may, lest a broken
    provider locks everybody out; so may administrators of the installation."""
    enforced: bool = await tx.fetchval(_ENFORCED, domain_of(email), email)
    return enforced


async def refuse_password(tx: Connection, email: str) -> None:
    """Raises `SingleSignOnRequired`."""
    if await is_enforced(tx, email):
        raise SingleSignOnRequired(email)
