"""The server's end of a client's connection: slow ones are cut, and no address or caller may hold too many."""

from __future__ import annotations

from asyncio import BaseTransport
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, ClassVar, TypeVar

from service_kit.response_headers import closing_answer
from service_kit.slow_clients import PatientHttpProtocol
from service_kit.workers.levels import Levels
from service_kit.workers.shared_counts import WorkerCounts

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
    addresses: Levels = field(default_factory=lambda: Levels("connections_per_address"))
    callers: Levels = field(default_factory=lambda: Levels("connections_per_caller"))

    def shared(self, counts: WorkerCounts | None) -> ConnectionLimits:
        """The same, of all workers together."""
        return replace(
            self,
            addresses=Levels("connections_per_address", counts),
            callers=Levels("connections_per_caller", counts),
        )

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
        self.limits.addresses.add(self._address)
        over = self.limits.addresses[self._address] > self.limits.per_address
        if over and not self.limits.is_proxy(self._address):
            self.transport.write(_TOO_MANY)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.limits.addresses.take_off(self._address)
        for caller in self._callers:
            self.limits.callers.take_off(caller)
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
        self.limits.callers.add(caller)
        return True

    @property
    def unread_bytes(self) -> int:
        """How much waits here until the client reads on."""
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Ends the connection without sending what waits."""
        self.transport.abort()


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
