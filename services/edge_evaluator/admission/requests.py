"""Admission of requests: the address's limit, the SDK key, the key's limit; the same for every endpoint."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

from messages.sdk_keys import KeyFault, RefusedKey, SdkKey, key_hash
from service_kit.clock import Clock
from service_kit.credentials import Headers, key_in, require_key
from service_kit.problems import Forbidden, Problem, TooManyRequests, Unauthorized, Unavailable
from service_kit.query_parameters import check_parameters
from service_kit.rate_limits import RateLimit
from starlette import datastructures
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


def sdk_of(headers: datastructures.Headers) -> str:
    return sdk_named(headers.get("user-agent", ""), headers.get("verdict-sdk", ""))


class Admission:
    """Lets a request in by its address and its SDK key, or refuses it."""

    def __init__(self, memory: FlagMemory, keys: RateLimit, addresses: RateLimit, clock: Clock) -> None:
        self.memory = memory
        self.keys = keys
        self.addresses = addresses
        self.clock = clock

    def admit(
        self, request: Request, *, parameters_are_attributes: bool = False, in_address: str | None = None
    ) -> Caller:
        """Raises Unauthorized, TooManyRequests, Unavailable for an unknown key while not all are known, or
        InvalidInput for parameters in the address that the route doesn't have.

        `in_address`: a client key that counts where no header holds a key; a server key there is Forbidden."""
        self._count_address(request.client.host if request.client else "")
        headers = request.scope["headers"]
        by_address = bool(in_address) and key_in(headers) is None
        presented = (in_address or "").encode() if by_address else require_key(headers)
        key = self._found(presented)
        if by_address and not key.is_client:
            raise Forbidden(
                "client_key: this is a server key; send it as Authorization, and rotate it, as addresses are logged",
                code="client_key_required",
                members={"key_kind": key.kind},
            )
        caller = Caller(presented, self._counted(key, request), sdk_of(request.headers))
        if not parameters_are_attributes:
            check_parameters(request, request.scope["route"].query_parameters)
        return caller

    def admit_call(self, headers: Headers, address: str, sdk: str, *, otherwise: bytes | None = None) -> Caller:
        """The same for a call by gRPC, whose metadata are its headers. `otherwise`: the key of one that has none."""
        self._count_address(address)
        presented = key_in(headers) or otherwise or require_key(headers)
        key = self._found(presented)
        self._count_key(key)
        return Caller(presented, key, sdk)

    def admit_stream(self, request: Request, token: str) -> SdkKey:
        """The same for the token in an event stream's address."""
        self._count_address(request.client.host if request.client else "")
        key = self.memory.find_stream(token, self.clock.now())
        if key is None:
            raise self._refusal(RefusedKey(KeyFault.UNKNOWN), "the token's SDK key is unknown, revoked or expired")
        self._counted(key, request)
        check_parameters(request, request.scope["route"].query_parameters)
        return key

    def _found(self, presented: bytes) -> SdkKey:
        sha256 = key_hash(presented)
        key = self.memory.find_hash(sha256, self.clock.now())
        if key is None:
            raise self._refusal(self.memory.refused(sha256))
        return key

    def _refusal(self, refused: RefusedKey, detail: str | None = None) -> Problem:
        if not self.memory.knows_all:
            return Unavailable("not every configuration has arrived yet", code="no_configuration")
        known = {} if refused.kind is None else {"key_kind": refused.kind}
        members = {"reason": refused.fault, **known}
        return Unauthorized(detail or refused.told, code="sdk_key_invalid", members=members)

    def _count_address(self, address: str) -> None:
        if not self.addresses.allowance(address).take():
            raise self.addresses.refusal("too many requests from this address")

    def _count_key(self, key: SdkKey) -> None:
        if not self.keys.allowance(key.sha256).take():
            raise self.keys.refusal("too many requests with this key")

    def _counted(self, key: SdkKey, request: Request) -> SdkKey:
        self._count_key(key)
        connection = connection_of(request)
        if connection is not None and not connection.belongs_to("key", key.sha256):
            raise TooManyRequests(
                "too many connections with this key", code="too_many_connections", limit="connections_per_key"
            )
        return key


def require_server_key(caller: Caller) -> None:
    """Raises Forbidden for a client key."""
    if caller.key.is_client:
        raise Forbidden(
            "this is a client key; a server key is needed here",
            code="server_key_required",
            members={"key_kind": caller.key.kind},
        )
