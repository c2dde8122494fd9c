"""What holds of browsers: a cookie that pages can't read, and writes with it only from pages that may.

A browser sends the cookie along with whatever any page of the same site makes it ask. So a write with it says from
which page it comes (`Origin`, which no page can choose) and carries a header that pages elsewhere may not send.
"""

from __future__ import annotations

from datetime import datetime

from fastapi import Request, Response
from service_kit.cors import ANY_ORIGIN, origin_of
from service_kit.origins import address_of
from service_kit.problems import Forbidden

from control_plane.people.login_limit import network_of
from control_plane.people.session_terms import Client, SessionKind

CSRF_HEADER = "X-Verdict-CSRF"
COOKIE = "verdict_session"
SECURE_COOKIE = "__Host-verdict_session"
"""Over TLS: a browser takes it from this very host alone, so that no neighbour in the domain can set it."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Browsers:
    """`public_url`: where people reach the control plane. `origins`: pages elsewhere that may write; any (`*`) is
    none, because with a cookie each has to be named."""

    def __init__(self, public_url: str = "", origins: tuple[str, ...] = ()) -> None:
        self._secure = public_url.startswith("https:")
        named = () if origins == ANY_ORIGIN else origins
        self._origins = frozenset((*named, *([origin_of(public_url)] if public_url else ())))

    def client(self, request: Request, kind: SessionKind | None = None) -> Client:
        """Who signs in; a page says that it is one by the header that its writes have. Raises `Forbidden` for a page
        that may not."""
        kind = kind or ("cookie" if CSRF_HEADER in request.headers else "tokens")
        if kind == "cookie":
            self._check_origin(request, required=False)
        return Client(kind, network_of(address_of(request)), request.headers.get("user-agent", ""))

    def cookie(self, request: Request) -> str | None:
        """That of this kind of connection alone: another name proves nothing."""
        return request.cookies.get(self._name(request)) or None

    def check_write(self, request: Request) -> None:
        """Of a request with a cookie. Raises `Forbidden`."""
        if request.method in _SAFE:
            return
        self._check_origin(request, required=True)
        if not request.headers.get(CSRF_HEADER):
            raise Forbidden(f"a write with a cookie needs the header {CSRF_HEADER}", code="csrf_header_missing")

    def give(self, request: Request, response: Response, cookie: str, ends: datetime) -> None:
        """Sets the cookie."""
        response.set_cookie(
            self._name(request),
            cookie,
            expires=ends,
            path="/",
            secure=self.is_secure(request),
            httponly=True,
            samesite="lax",
        )

    def take_back(self, request: Request, response: Response) -> None:
        response.delete_cookie(
            self._name(request), path="/", secure=self.is_secure(request), httponly=True, samesite="lax"
        )

    def _check_origin(self, request: Request, *, required: bool) -> None:
        origin = request.headers.get("origin", "")
        own = f"{request.url.scheme}://{request.headers.get('host', '')}"
        if origin in (own, *self._origins) or not (origin or required):
            return
        raise Forbidden("this page may not do it: its origin is not among those that may", code="origin_not_allowed")

    def _name(self, request: Request) -> str:
        return SECURE_COOKIE if self.is_secure(request) else COOKIE

    def is_secure(self, request: Request) -> bool:
        """Whether cookies go over TLS alone."""
        return self._secure or request.url.scheme == "https"
