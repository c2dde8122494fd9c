"""Requests that share a process: each organization has as much of its time as any other, and so many under way.

Until it is known who asks, a request is its address's. A credential that was found to be somebody's of late has that
one's turns from the beginning; it gives no right to anything.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from contextvars import ContextVar
from hashlib import blake2b
from typing import Literal

from starlette.types import ASGIApp, Receive, Scope, Send

from service_kit.fair_steps import FairSteps
from service_kit.problems import TooManyRequests

Kind = Literal["address", "organization"]
UNDER_WAY_MAX: dict[Kind, int] = {"address": 1024, "organization": 256}
_KNOWN_MAX = 10_000


class _Served:
    """Whose a request is: `name` has its turns, and among those of `counted` it is under way."""

    __slots__ = ("address", "counted", "credential", "name", "requests")

    def __init__(self, requests: FairRequests, scope: Scope) -> None:
        self.requests = requests
        self.credential = _credential_of(scope)
        client = scope.get("client")
        self.address = f"address {client[0] if client else ''}"
        self.name = requests.known.get(self.credential, self.address)
        self.counted: str | None = None


_present: ContextVar[_Served | None] = ContextVar("served", default=None)


def served_name() -> str:
    """Whom the process works for at this moment; empty: nobody's request."""
    served = _present.get()
    return served.name if served else ""


def serve(kind: Kind, name: str) -> None:
    """The request that is being served is this one's from now on. Raises `TooManyRequests` where too many of it are
    under way."""
    served = _present.get()
    if served is not None:
        served.requests.count(served, kind, name)


class FairRequests:
    """ASGI middleware, around all others."""

    def __init__(self, app: ASGIApp, steps: FairSteps) -> None:
        self._app = app
        self._steps = steps
        self._under_way: Counter[str] = Counter()
        self.known: OrderedDict[bytes, str] = OrderedDict()
        """Whose a credential was, by its digest."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        served = _Served(self, scope)
        token = _present.set(served)
        try:
            await self._steps.done(_called(self._app, scope, receive, send), lambda: served.name)
        finally:
            if served.counted == served.address:
                # It was asked who that is, and nobody is.
                self.known.pop(served.credential, None)
            self._leave(served)
            _present.reset(token)

    def count(self, served: _Served, kind: Kind, name: str) -> None:
        whose = f"{kind} {name}"
        if whose == served.counted:
            return
        if self._under_way[whose] >= UNDER_WAY_MAX[kind]:
            raise TooManyRequests(
                f"too many requests of this {kind} are under way", limit=f"requests_under_way_per_{kind}"
            )
        self._leave(served)
        self._under_way[whose] += 1
        served.counted = whose
        if kind == "organization":
            served.name = whose
            self._remember(served)

    def _remember(self, served: _Served) -> None:
        if served.credential:
            self.known[served.credential] = served.name
            self.known.move_to_end(served.credential)
            if len(self.known) > _KNOWN_MAX:
                self.known.popitem(last=False)

    def _leave(self, served: _Served) -> None:
        if served.counted is None:
            return
        self._under_way[served.counted] -= 1
        if not self._under_way[served.counted]:
            del self._under_way[served.counted]
        served.counted = None


async def _called(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


def _credential_of(scope: Scope) -> bytes:
    """A digest of what the request proves by who asks; empty where it proves nothing."""
    proofs = [value for name, value in scope["headers"] if name in (b"authorization", b"cookie")]
    return blake2b(b"\n".join(proofs), digest_size=16).digest() if proofs else b""
