"""The page that a one-time link opens: it asks for a password, and hands both in. It needs nothing from elsewhere, and
what the link carries stays in the browser until it is used. Where the pages are served, one of them does this."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from fastapi import APIRouter, Response

_PAGE = (Path(__file__).parent / "link_page.html").read_text(encoding="utf-8")


def _allowed(tag: str) -> str:
    content = re.search(rf"<{tag}>(.*?)</{tag}>", _PAGE, re.DOTALL)
    assert content is not None  # noqa: S101 - the page is ours
    return "'sha256-" + base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode() + "'"


_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; script-src {_allowed('script')}; style-src {_allowed('style')}; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def build_router() -> APIRouter:
    router = APIRouter()

    @router.get("/link", include_in_schema=False)
    async def link() -> Response:
        """A page; the link's secret is in the fragment, which never comes here."""
        return Response(_PAGE, media_type="text/html; charset=utf-8", headers=_HEADERS)

    return router
