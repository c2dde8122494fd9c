"""Which pages in browsers may call a service (CORS). Cookies are for named pages alone, and only where a service has
them."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_kit.logs import get_logger
from service_kit.setting_values import Reads

ANY_ORIGIN = ("*",)
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@,]+")
_PREFLIGHT_SECONDS = 600
_VARY = (b"vary", b"Origin")
_ALLOWED = b"access-control-allow-origin"
_LOGGED_SECONDS = 600.0
_LOGGED_MAX = 100
_ORIGIN_LENGTH_SHOWN = 200
_log = get_logger("cors")


def _origins(value: Any) -> tuple[str, ...]:
    if not isinstance(value, str):
        return tuple(value)
    origins = tuple(each.strip().rstrip("/") for each in value.split(",") if each.strip())
    if origins == ANY_ORIGIN:
        return origins
    for origin in origins:
        if _ORIGIN.fullmatch(origin) is None:
            raise ValueError("must be origins like https://app.example.com with commas between them, or * for any")
    return origins


Origins = Annotated[tuple[str, ...], Reads(_origins)]
"""A setting: origins with commas between them, `*` for any, empty for none."""


def origin_of(address: str) -> str:
    """The origin of a page at this address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()


@dataclass(frozen=True, slots=True)
class CorsPolicy:
    """What a service lets pages do: the methods, the headers they may send, and those of answers they may read.

    `setting`: the environment variable that names the pages. `cookies`: those that it names may send theirs."""

    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    setting: str
    cookies: bool = False


class Pages:
    """The pages that may call a service, by their origins. A refused one is logged now and then, with the setting."""

    def __init__(self, origins: tuple[str, ...], policy: CorsPolicy) -> None:
        self.origins = origins
        self.policy = policy
        exposed = ((b"access-control-expose-headers", ", ".join(policy.exposed).encode()),) if policy.exposed else ()
        self._refused = exposed
        self._cookies = ((b"access-control-allow-credentials", b"true"),) if self.cookies else ()
        self._any = ((_ALLOWED, b"*"), *exposed, _VARY)
        self._logged: dict[str, float] = {}

    @property
    def cookies(self) -> bool:
        """Whether pages may send theirs; never where any page may call."""
        return self.policy.cookies and self.origins != ANY_ORIGIN

    def answer_headers(self, origin: bytes | None, host: bytes | None) -> tuple[tuple[bytes, bytes], ...]:
        """What the answer to a request from a page has besides; `origin` None: no page."""
        if origin is None:
            return (_VARY,) if self.origins else ()
        if self.origins == ANY_ORIGIN:
            return self._any
        named = origin.decode("latin-1")
        if named in self.origins:
            return (*self._refused, (_ALLOWED, origin), *self._cookies, _VARY)
        if host is None or origin.partition(b"://")[2] != host:
            self.note_refusal(named)
        return (*self._refused, _VARY) if self.origins else ()

    def note_refusal(self, origin: str) -> None:
        """Once in ten minutes for each origin, and for at most a hundred of them."""
        now = time.monotonic()
        if len(self._logged) >= _LOGGED_MAX:
            self._logged = {each: at for each, at in self._logged.items() if now - at < _LOGGED_SECONDS}
        if now - self._logged.get(origin, -_LOGGED_SECONDS) >= _LOGGED_SECONDS and len(self._logged) < _LOGGED_MAX:
            self._logged[origin] = now
            _log.warning(
                "a page was refused: its origin is not among those that may call",
                origin=origin[:_ORIGIN_LENGTH_SHOWN],
                setting=self.policy.setting,
            )


def allow_browsers(app: Starlette, pages: Pages) -> None:
    """Lets these pages call the app; the refusal of a preflight is a 400."""
    app.add_middleware(
        _PagesMiddleware,
        pages=pages,
        allow_origins=pages.origins,
        allow_methods=pages.policy.methods,
        allow_headers=pages.policy.headers,
        allow_credentials=pages.cookies,
        max_age=_PREFLIGHT_SECONDS,
    )


class _PagesMiddleware(CORSMiddleware):
    """Starlette's, which answers preflights; other answers get the same headers as from there, in a fraction of the
    time."""

    def __init__(self, app: ASGIApp, /, pages: Pages, **options: Any) -> None:
        super().__init__(app, **options)
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        origin = host = None
        preflight = False
        for name, value in scope["headers"]:
            if name == b"origin":
                origin = value
            elif name == b"host":
                host = value
            elif name == b"access-control-request-method":
                preflight = scope["method"] == "OPTIONS"
        more = self._pages.answer_headers(origin, host)
        if origin is not None and preflight and self._pages.origins:
            await self.preflight_response(Headers(scope=scope))(scope, receive, send)
            return

        async def marked_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self.app(scope, receive, marked_send if more else send)
