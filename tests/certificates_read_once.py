"""The certificates that this machine trusts, read once per process: each client of httpx reads them anew, for 20 ms."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from typing import Any

import httpx


def read_once() -> None:
    """Lets the clients of httpx share what they trust, where they are given nothing else to trust."""
    make = _made_once(httpx.create_ssl_context)
    for module in (httpx, httpx._config, httpx._transports.default):
        vars(module)["create_ssl_context"] = make


def _made_once(make: Callable[..., ssl.SSLContext]) -> Callable[..., ssl.SSLContext]:
    kept: dict[object, ssl.SSLContext] = {}

    def context(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
        if verify is not True or cert is not None:
            return make(verify, cert, trust_env)
        key = (trust_env, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        if key not in kept:
            kept[key] = make(trust_env=trust_env)
        return kept[key]

    return context
