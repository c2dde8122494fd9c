"""Who a request is for when a proxy passed it on: `X-Forwarded-For`, as the server reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


async def _nothing(*_: Any) -> None:
    """What the middleware would go on with."""


class TrustedProxies:
    """Whose word counts for whom a request is: addresses and networks, as in `FF_TRUSTED_PROXIES`."""

    def __init__(self, proxies: Sequence[str] = ()) -> None:
        self._hosts = ProxyHeadersMiddleware(_nothing, list(proxies)).trusted_hosts

    def client(self, peer: str, forwarded: str | None) -> str:
        """The client's address. `peer`: who has opened the connection; `forwarded`: the header, None without one."""
        if forwarded is None or peer not in self._hosts:
            return peer
        return self._hosts.get_trusted_client_address(forwarded)[0] or peer
