"""OFREP's paths as clients write them: after an address that ends in `/`, and with a slash at their end."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


def extra_slashes(path: bytes) -> slice:
    """What is left of a path, as it was sent, without the slash too many before and after one of OFREP's."""
    begin = 1 if path.startswith(b"//ofrep/") else 0
    end = -1 if path.endswith(b"/") and path.startswith(b"/ofrep/", begin) else None
    return slice(begin, end)


class OfrepPaths:
    """ASGI middleware: what is inside sees each path in its one form."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raw = scope["raw_path"]
            # As it was sent: an encoded slash belongs to a key.
            left = extra_slashes(raw)
            scope = {**scope, "path": scope["path"][left], "raw_path": raw[left]}
        await self._app(scope, receive, send)
