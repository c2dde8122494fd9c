"""The pages, at every address that no operation has: the index with a nonce of its own each time, and its assets."""

from __future__ import annotations

import base64
import hashlib
from secrets import token_urlsafe

from fastapi import FastAPI
from service_kit.logs import get_logger
from service_kit.problems import NotFound
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from control_plane.ui.build import Build, File
from control_plane.ui.policy import PagePolicy

_NONCE_BYTES = 18
_FOREVER = "public, max-age=31536000, immutable"
_ASKED_AGAIN = "no-cache"
_OPERATIONS = ("/api/", "/scim/", "/.well-known/", "/assets/")
_READS = frozenset({"GET", "HEAD"})
_HTML = "text/html; charset=utf-8"
_STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}"
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_ABSENT = (
    f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Verdict</title><style>{_STYLE}</style>'
    "<h1>The pages are not built</h1><p>This control plane serves its API, and has no build of the admin UI. "
    "In a source tree <code>make web</code> makes one (it needs Node 20.19 or later); then start again.</p>"
    '<p>The API is described <a href="/api/docs">here</a>.</p>'
)
_ABSENT_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; frame-ancestors 'none'"
_log = get_logger("ui")


def serve_pages(app: FastAPI, build: Build | None, policy: PagePolicy) -> None:
    """Serves them from this build; without one, each address says so to a browser."""
    pages = _Pages(build, policy, app.router.default)
    app.router.routes.append(Route("/assets/{path:path}", pages.asset, methods=["GET"], include_in_schema=False))
    app.router.default = pages
    if build is None:
        _log.warning("there is no build of the pages: make web makes one, FF_UI=off does without")


class _Pages:
    """ASGI app for what no route has: after all of them, so that an operation's own refusals stay."""

    def __init__(self, build: Build | None, policy: PagePolicy, otherwise: ASGIApp) -> None:
        self._build = build
        self._policy = policy
        self._otherwise = otherwise
        self._route = Route("/{page}", self.asset)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answer(Request(scope)) if scope["type"] == "http" and scope["method"] in _READS else None
        if answer is None:
            await self._otherwise(scope, receive, send)
            return
        scope["route"] = self._route
        await answer(scope, receive, send)

    async def asset(self, request: Request) -> Response:
        """A file of the build; raises `NotFound`."""
        file = self._build.files.get(request.url.path) if self._build else None
        if file is None:
            raise NotFound("there is nothing at this address")
        return self._told(request, file, _FOREVER)

    def _answer(self, request: Request) -> Response | None:
        """None for what is no page."""
        path = request.scope["path"]
        if self._build is not None and (file := self._build.files.get(path)) is not None:
            return self._told(request, file, _ASKED_AGAIN)
        if path.startswith(_OPERATIONS) or "text/html" not in request.headers.get("accept", ""):
            return None
        if self._build is None:
            headers = {"Content-Security-Policy": _ABSENT_POLICY, "Cache-Control": "no-store"}
            return Response(_ABSENT, 404, headers=headers, media_type=_HTML)
        nonce = token_urlsafe(_NONCE_BYTES)
        return Response(self._build.page(nonce), headers=self._policy.of_page(nonce), media_type=_HTML)

    def _told(self, request: Request, file: File, kept: str) -> Response:
        form = file.form(request.headers.get("accept-encoding", ""))
        headers = {**self._policy.always, "Cache-Control": kept, "ETag": form.etag, "Vary": "Accept-Encoding"}
        if form.encoding:
            headers["Content-Encoding"] = form.encoding
        known = request.headers.get("if-none-match", "")
        if form.etag in (each.strip().removeprefix("W/") for each in known.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(form.body, headers=headers, media_type=file.kind)
