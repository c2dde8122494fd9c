"""One-time links: what an invitation and a password reset are followed by. Stored as SHA-256 alone, and used once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from service_kit.problems import NotFound

Purpose = Literal["invitation", "password-reset"]
LIFETIMES: dict[Purpose, timedelta] = {"invitation": timedelta(days=7), "password-reset": timedelta(days=1)}


class LinkEnded(NotFound):
    """The same answer for a link that never was, was used, withdrawn, replaced, or is too old."""

    default_code = "link_ended"

    def __init__(self) -> None:
        super().__init__("this link is not valid (any more): ask for a new one")


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """A link that was just made. `secret` is what it carries."""

    purpose: Purpose
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def digest(self) -> bytes:
        return digest_of(self.secret)

    def address(self, base_url: str) -> str:
        """In the fragment, which browsers keep to themselves: no log and no referrer ever holds it."""
        return f"{base_url.rstrip('/')}/link#{self.purpose}={self.secret}"


def digest_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
