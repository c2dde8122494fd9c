"""Admission of requests: the address's limit, the SDK key, the key's limit; the same for every endpoint."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

from messages.sdk_keys import SdkKey
from service_kit.clock import Clock
from service_kit.credentials import require_key
from service_kit.problems import Forbidden, TooManyRequests, Unauthorized, Unavailable
from service_kit.query_parameters import check_parameters
from service_kit.rate_limits import RateLimit
from starlette.datastructures import Headers
from starlette.requests import Request

from edge_evaluator.memory.callers import Caller, sdk_named
from edge_evaluator.memory.flag_memory import FlagMemory


class KeyedConnection(Protocol):
    """A client's connection, as far as admission cares."""

    def belongs_to(self, kind: str, name: Hashable) -> bool:
        """False when the caller has too many connections already."""

    @property
    def unread_bytes(self) -> int:
        """How much waits to be sent."""

    def abort(self) -> None:
        """Ends it without sending the rest."""


def connection_of(request: Request) -> KeyedConnection | None:
    """None where the server has no such thing."""
    connection: KeyedConnection | None = getattr(request.state, "connection", None)
    return connection


def sdk_of(headers: Headers) -> str:
    return sdk_named(headers.get("user-agent", ""), headers.get("verdict-sdk", ""))


class Admission:
    """Lets a request in by its address and its SDK key, or refuses it."""

    def __init__(self, memory: FlagMemory, keys: RateLimit, addresses: RateLimit, clock: Clock) -> None:
        self.memory = memory
        self.keys = keys
        self.addresses = addresses
        self.clock = clock

    def admit(self, request: Request, *, parameters_are_attributes: bool = False) -> Caller:
        """Raises Unauthorized, TooManyRequests, Unavailable for an unknown key while not all are known, or
        InvalidInput for parameters in the address that the route doesn't have."""
        self._count_address(request)
        presented = require_key(request.scope["headers"])
        key = self.memory.find(presented, self.clock.now())
        caller = Caller(presented, self._counted(key, request), sdk_of(request.headers))
        if not parameters_are_attributes:
            check_parameters(request, request.scope["route"].query_parameters)
        return caller

    def admit_stream(self, request: Request, token: str) -> SdkKey:
        """The same for the token in an event stream's address."""
        self._count_address(request)
        key = self._counted(self.memory.find_stream(token, self.clock.now()), request)
        check_parameters(request, request.scope["route"].query_parameters)
        return key

    def _count_address(self, request: Request) -> None:
        address = request.client.host if request.client else ""
        if not self.addresses.allowance(address).take():
            raise self.addresses.refusal("too many requests from this address")

    def _counted(self, key: SdkKey | None, request: Request) -> SdkKey:
        if key is None:
            if not self.memory.knows_all:
                raise Unavailable("not every configuration has arrived yet", code="no_configuration")
            raise Unauthorized("the SDK key is unknown, revoked or expired", code="sdk_key_invalid")
        if not self.keys.allowance(key.sha256).take():
            raise self.keys.refusal("too many requests with this key")
        connection = connection_of(request)
        if connection is not None and not connection.belongs_to("key", key.sha256):
            raise TooManyRequests(
                "too many connections with this key", code="too_many_connections", limit="connections_per_key"
            )
        return key


def require_server_key(caller: Caller) -> None:
    """Raises Forbidden for a client key."""
    if caller.key.is_client:
        raise Forbidden("a server key is needed here", code="server_key_required")
