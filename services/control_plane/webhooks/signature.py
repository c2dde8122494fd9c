"""Signatures of Standard Webhooks: HMAC-SHA-256 over id, time and body, under a secret that begins with `whsec_`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(message_id: str, timestamp: int, body: bytes, keys: Iterable[str]) -> Mapping[str, str]:
    """The headers that a receiver verifies. `timestamp` in seconds; a signature for each of the secrets, so that a
    receiver that has either of two finds its own."""
    signatures = (_signature(f"{message_id}.{timestamp}.".encode() + body, key) for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def _signature(content: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
