"""Callers: an SDK key, by itself or by the token in the address of an event stream.

The token is made from the environment's salt and the key's hash, so that every edge knows it and none has to
remember it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from messages.sdk_keys import SdkKey

_product = re.compile(r"[A-Za-z0-9._-]{1,40}(?:/[A-Za-z0-9._+-]{1,20})?(?=[ ;(]|$)").match


@dataclass(frozen=True, slots=True)
class Caller:
    """The key as it was presented (exposures and usage are reported under it), and as it is known. `sdk`: what asks
    with it, as far as it says."""

    presented: bytes
    key: SdkKey
    sdk: str = ""


def stream_token(salt: str, key: SdkKey) -> str:
    mac = hmac.new(salt.encode(), b"event-stream\0" + key.sha256, hashlib.sha256).digest()
    return urlsafe_b64encode(mac).decode().rstrip("=")


def sdk_named(user_agent: str, sdk: str = "") -> str:
    """What asks, by its header `Verdict-SDK`, or the first product in its `User-Agent`; empty where neither says."""
    found = _product(sdk) or _product(user_agent)
    return "" if found is None else found.group()
