"""The server's end of a client's connection: slow ones are cut, and no address or caller may hold too many."""

from __future__ import annotations

from asyncio import BaseTransport
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, ClassVar, TypeVar

from service_kit.response_headers import closing_answer
from service_kit.slow_clients import PatientHttpProtocol

_TOO_MANY = closing_answer(HTTPStatus.TOO_MANY_REQUESTS, (b"retry-after", b"1"))


@dataclass(slots=True, kw_only=True)
class ConnectionLimits:
    """What is allowed, and what is open now.

    `per_caller`: how many a caller of a kind (a key, an organization) may have. `proxies`: whose connections are those
    of many clients, so that no limit by address is theirs.
    """

    per_address: int
    per_caller: Mapping[str, int]
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    headers_seconds: float = PatientHttpProtocol.headers_seconds_max
    body_seconds: float = PatientHttpProtocol.body_seconds_max
    addresses: Counter[str] = field(default_factory=Counter)
    callers: Counter[tuple[str, Hashable]] = field(default_factory=Counter)

    def is_proxy(self, address: str) -> bool:
        if not self.proxies:
            return False
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.proxies)


class LimitedProtocol(PatientHttpProtocol):
    """Bound to its limits by `bound_protocol`. Requests see it as `connection` in their state."""

    limits: ClassVar[ConnectionLimits]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._address = ""
        self._callers: set[tuple[str, Hashable]] = set()
        self.app_state = {**self.app_state, "connection": self}

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self.limits.addresses[self._address] += 1
        over = self.limits.addresses[self._address] > self.limits.per_address
        if over and not self.limits.is_proxy(self._address):
            self.transport.write(_TOO_MANY)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        _leave(self.limits.addresses, self._address)
        for caller in self._callers:
            _leave(self.limits.callers, caller)
        self._callers.clear()
        super().connection_lost(exc)

    def belongs_to(self, kind: str, name: Hashable) -> bool:
        """Counts this connection for the caller once. False when the caller has too many."""
        caller = kind, name
        if caller in self._callers:
            return True
        if self.limits.callers[caller] >= self.limits.per_caller[kind]:
            return False
        self._callers.add(caller)
        self.limits.callers[caller] += 1
        return True


def _leave(counter: Counter[Any], name: Any) -> None:
    counter[name] -= 1
    if counter[name] <= 0:
        del counter[name]


ProtocolT = TypeVar("ProtocolT", bound=LimitedProtocol)


def bound_protocol(base: type[ProtocolT], limits: ConnectionLimits, **bound: Any) -> type[ProtocolT]:
    """The protocol class to hand to the server; `bound` are further attributes that `base` asks for."""
    attributes = {
        "limits": limits,
        "headers_seconds_max": limits.headers_seconds,
        "body_seconds_max": limits.body_seconds,
        **bound,
    }
    return type(f"Bound{base.__name__}", (base,), attributes)
