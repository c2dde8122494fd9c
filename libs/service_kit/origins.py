"""The origin of what is being done: the client's address, the reason that it gave, and the right that was used."""

from __future__ import annotations

from collections.abc import MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection


@dataclass(slots=True)
class _Origin:
    """Of one request. Whatever works for it sees the same one."""

    address: str
    reason: str = ""
    right: str = ""


_present: ContextVar[_Origin | None] = ContextVar("origin", default=None)


def begin_origin(scope: MutableMapping[str, Any]) -> None:
    """Of the request that is served from now on, without a reason or a right so far."""
    client = scope.get("client")
    _present.set(_Origin(client[0] if client else ""))


def current_address() -> str:
    """Of the client that is being served, or an empty text outside of a request."""
    present = _present.get()
    return present.address if present else ""


def current_reason() -> str:
    """Given with the request; empty: none."""
    present = _present.get()
    return present.reason if present else ""


def current_right() -> str:
    """By which the request does what it does; empty: nobody has asked for one."""
    present = _present.get()
    return present.right if present else ""


def note_reason(reason: str) -> None:
    """Outside of a request it is nobody's."""
    if present := _present.get():
        present.reason = reason


def note_right(right: str) -> None:
    """The last one noted stands. Outside of a request it is nobody's."""
    if present := _present.get():
        present.right = right


def address_of(request: HTTPConnection) -> str:
    """The peer's, or what a trusted proxy says."""
    return request.client.host if request.client else ""
