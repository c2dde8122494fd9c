"""Callers: an SDK key, by itself or by the token in the address of an event stream.

The token is made from the environment's salt and the key's hash, so that every edge knows it and none has to
remember it.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from messages.sdk_keys import SdkKey


@dataclass(frozen=True, slots=True)
class Caller:
    """The key as it was presented (the exposure is reported under it), and as it is known."""

    presented: bytes
    key: SdkKey


def stream_token(salt: str, key: SdkKey) -> str:
    mac = hmac.new(salt.encode(), b"event-stream\0" + key.sha256, hashlib.sha256).digest()
    return urlsafe_b64encode(mac).decode().rstrip("=")
