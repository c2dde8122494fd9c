"""Requests as spans, where anything is traced: an ASGI middleware around all that answers."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_kit.traces import Span, span

_UNTRACED = frozenset(("/healthz", "/readyz", "/metrics"))


class TracedRequests:
    """Each request goes on in the trace that it names, or begins one. `paths`: those of them; None: all that tell more
    than how the process is."""

    def __init__(self, app: ASGIApp, paths: frozenset[str] | None = None) -> None:
        self._app = app
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._takes(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                _tell(served, scope, message)
            await send(message)

        with span(scope["method"], kind="server", parent=_traceparent_of(scope)) as served:
            await self._app(scope, receive, noted)

    def _takes(self, path: str) -> bool:
        return path not in _UNTRACED and (self._paths is None or path in self._paths)


def _tell(served: Span, scope: Scope, start: Message) -> None:
    # The template of the path, never the path: keys of people stand in some.
    method, route, status = scope["method"], str(getattr(scope.get("route"), "path", "unmatched")), start["status"]
    served.rename(f"{method} {route}")
    served.put({"http.request.method": method, "http.route": route, "http.response.status_code": status})
    for name, value in start["headers"]:
        if name == b"x-request-id":
            served.put({"verdict.request_id": value.decode("latin-1")})
    if status >= 500:
        served.fail(str(status))


def _traceparent_of(scope: Scope) -> str:
    """Of the caller; empty where there is none, or more than one."""
    found = [value for name, value in scope["headers"] if name == b"traceparent"]
    return found[0].decode("latin-1") if len(found) == 1 else ""
