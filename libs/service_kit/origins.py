"""The origin of what is being done: the client's address and the id of its request."""

from __future__ import annotations

from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

from starlette.requests import HTTPConnection

_address: ContextVar[str] = ContextVar("client_address", default="")


def current_address() -> str:
    """Of the client that is being served, or an empty text outside of a request."""
    return _address.get()


def set_address(scope: MutableMapping[str, Any]) -> None:
    client = scope.get("client")
    _address.set(client[0] if client else "")


def address_of(request: HTTPConnection) -> str:
    """The peer's, or what a trusted proxy says."""
    return request.client.host if request.client else ""
