"""The edge's end of a client connection: slow ones are cut, and no address or key may hold too many."""

from __future__ import annotations

from asyncio import BaseTransport
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar

from messages.sdk_keys import SdkKey
from service_kit.response_headers import closing_answer
from service_kit.slow_clients import PatientHttpProtocol

_TOO_MANY = closing_answer(HTTPStatus.TOO_MANY_REQUESTS, (b"retry-after", b"1"))


@dataclass(slots=True)
class ConnectionLimits:
    """What is allowed, and what is open now by address and by key hash."""

    per_address: int
    per_key: int
    headers_seconds: float
    body_seconds: float
    addresses: Counter[str] = field(default_factory=Counter)
    keys: Counter[bytes] = field(default_factory=Counter)


class EdgeProtocol(PatientHttpProtocol):
    """Bound to its limits by `edge_protocol`."""

    limits: ClassVar[ConnectionLimits]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._address = ""
        self._keys: set[bytes] = set()
        self.app_state = {**self.app_state, "connection": self}

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self.limits.addresses[self._address] += 1
        if self.limits.addresses[self._address] > self.limits.per_address:
            self.transport.write(_TOO_MANY)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        _leave(self.limits.addresses, self._address)
        for key in self._keys:
            _leave(self.limits.keys, key)
        self._keys.clear()
        super().connection_lost(exc)

    def belongs_to(self, key: SdkKey) -> bool:
        """Counts this connection for the key once. False when the key has too many."""
        if key.sha256 in self._keys:
            return True
        if self.limits.keys[key.sha256] >= self.limits.per_key:
            return False
        self._keys.add(key.sha256)
        self.limits.keys[key.sha256] += 1
        return True


def _leave(counter: Counter[Any], name: Any) -> None:
    counter[name] -= 1
    if counter[name] <= 0:
        del counter[name]


def edge_protocol(
    limits: ConnectionLimits, base: type[EdgeProtocol] = EdgeProtocol, **bound: Any
) -> type[EdgeProtocol]:
    """The protocol class to hand to the server; `bound` are further attributes that `base` asks for."""
    return type(
        "BoundEdgeProtocol",
        (base,),
        {
            "limits": limits,
            "headers_seconds_max": limits.headers_seconds,
            "body_seconds_max": limits.body_seconds,
            **bound,
        },
    )
