"""Pseudonyms of user keys and personal attributes: HMAC-SHA-256 under a key of the environment's own.

The ingestor stores them, analytics makes the same ones again to find one person's rows. The same text gives the
same stand-in within an environment, whatever field or event type it stood in, and different ones elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac

_PURPOSE = b"verdict/pseudonyms/v1\0"


class Pseudonyms:
    """The pseudonyms of one environment.

    `secret` is the installation's `FF_PII_SECRET`; losing or changing it cuts the tie to rows already stored."""

    def __init__(self, secret: str, environment_id: str) -> None:
        key = hmac.digest(secret.encode(), _PURPOSE + environment_id.encode(), "sha256")
        self._keyed = hmac.new(key, digestmod=hashlib.sha256)

    def of(self, text: str) -> str:
        """64 lower-case hexadecimal digits."""
        mac = self._keyed.copy()
        mac.update(text.encode())
        return mac.hexdigest()
