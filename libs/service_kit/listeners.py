"""The app as its ports show it: which paths each answers, what every answer carries, and when readiness says no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_kit.problems import NotFound, problem_response
from service_kit.response_headers import NO_STORE

METRICS_PATH = "/metrics"
READINESS_PATH = "/readyz"
ADMIN_PATHS = frozenset({METRICS_PATH, READINESS_PATH, "/healthz"})


@dataclass(slots=True)
class Availability:
    """Why requests shall go elsewhere, whatever the app's own checks say; None: they shall come."""

    refusal: str | None = None


class Listener:
    """ASGI: what one port shows of an app."""

    def __init__(self, app: ASGIApp, availability: Availability, shows: Callable[[str], bool]) -> None:
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
        if not self._shows(path):
            app = problem_response(NotFound("Not Found"))
        elif self._availability.refusal and path == READINESS_PATH:
            app = JSONResponse({"status": "unready", "checks": {"serving": self._availability.refusal}}, 503)
        await app(scope, receive, marked_send)


def public_listener(app: ASGIApp, availability: Availability, *, metrics: bool) -> Listener:
    """`metrics`: whether they are told here."""
    return Listener(app, availability, (lambda _: True) if metrics else (lambda path: path != METRICS_PATH))


def admin_listener(app: ASGIApp, availability: Availability) -> Listener:
    """Health, readiness and metrics, and nothing else of the app."""
    return Listener(app, availability, ADMIN_PATHS.__contains__)
