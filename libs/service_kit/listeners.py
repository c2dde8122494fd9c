"""The app as its ports show it: which paths each answers, what every answer carries, and when readiness says no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from ipaddress import ip_address

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_kit.problems import NotFound, problem_response
from service_kit.response_headers import NO_STORE

METRICS_PATH = "/metrics"
READINESS_PATH = "/readyz"
ADMIN_PATHS = frozenset({METRICS_PATH, READINESS_PATH, "/healthz"})


_FORWARDED = frozenset({b"x-forwarded-for", b"forwarded", b"via", b"x-real-ip"})


@dataclass(slots=True)
class Availability:
    """Why requests shall go elsewhere, whatever the app's own checks say; None: they shall come."""

    refusal: str | None = None


class MetricsAccess:
    """Who reads metrics on a public port: who has the token or, where none is set, who asks from this machine and for
    himself. Metrics name tenants' projects and environments."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode() if token else b""

    def allows(self, scope: Scope) -> bool:
        if self._expected:
            given = [value for name, value in scope["headers"] if name == b"authorization"]
            return len(given) == 1 and compare_digest(given[0], self._expected)
        forwarded = any(name in _FORWARDED for name, _ in scope["headers"])
        return not forwarded and bool(scope["client"]) and _is_loopback(scope["client"][0])


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


class Listener:
    """ASGI: what one port shows of an app."""

    def __init__(self, app: ASGIApp, availability: Availability, shows: Callable[[Scope], bool]) -> None:
        self._app = app
        self._availability = availability
        self._shows = shows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def marked_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                for name, _ in headers:
                    if name == b"cache-control":
                        break
                else:
                    message["headers"] = [*headers, NO_STORE]
            await send(message)

        path = scope["path"]
        app = self._app
        if not self._shows(scope):
            app = problem_response(NotFound("Not Found"))
        elif self._availability.refusal and path == READINESS_PATH:
            app = JSONResponse({"status": "unready", "checks": {"serving": self._availability.refusal}}, 503)
        await app(scope, receive, marked_send)


def public_listener(app: ASGIApp, availability: Availability, metrics: MetricsAccess | None) -> Listener:
    """`metrics`: who reads them here; None: nobody."""
    return Listener(app, availability, lambda scope: scope["path"] != METRICS_PATH or _may_read(metrics, scope))


def _may_read(metrics: MetricsAccess | None, scope: Scope) -> bool:
    return metrics is not None and metrics.allows(scope)


def admin_listener(app: ASGIApp, availability: Availability) -> Listener:
    """Health, readiness and metrics, and nothing else of the app."""
    return Listener(app, availability, lambda scope: scope["path"] in ADMIN_PATHS)
