"""People who ask analytics, with tokens like the control plane's."""

from __future__ import annotations

from uuid import UUID

from analytics.access import Authenticator
from analytics.catalog.catalog import Catalog
from service_kit.clock import Clock, ManualClock
from service_kit.setting_values import Secret
from service_kit.token_keys import SharedSecret
from service_kit.tokens import Claims, TokenIssuer

SECRET = "a secret of more than thirty-two bytes"
PERSON = UUID(int=1)
_YEARS = 20 * 366 * 86_400
"""Of a token's life: neither the tests' clocks nor the wall get there."""


def authenticator(catalog: Catalog, clock: Clock) -> Authenticator:
    return Authenticator(catalog, clock, Secret(SECRET))


def bearer(role: str = "administrator", organization: str = "org-1", *, generation: int = 1) -> dict[str, str]:
    """The headers of somebody who had this role at the sign-in."""
    claims = Claims(PERSON, generation, private={"organizations": {organization: role}})
    token = TokenIssuer(SharedSecret(Secret(SECRET)), ManualClock()).issue(claims, _YEARS)
    return {"Authorization": f"Bearer {token}"}
