"""Pages for people bring all that they need, and may load and run nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import httpx
import pytest

from tests.contract.apps import apps

APPS = apps()
LOADING = {"src", "href", "action", "data", "srcset", "poster", "xlink:href", "formaction"}


class Page(HTMLParser):
    """What a page has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses |= {value or "" for name, value in attrs if name in LOADING}


@pytest.mark.parametrize("name", APPS)
async def test_the_documentation_of_a_service_is_one_page_of_its_own(name: str) -> None:
    app = APPS[name]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.get("/api/docs")
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert "default-src 'none'" in policy
    assert "script" not in policy
    page = Page(answer.text)
    assert not page.tags & {"script", "link", "iframe", "object", "embed", "img", "base", "form"}
    assert page.addresses == {"/openapi.json"}
    assert not re.search(r"url\(|@import", answer.text.partition("</style>")[0])
    for path, operations in app.openapi()["paths"].items():
        assert answer.text.count(f"<code>{path}</code>") >= len(operations)
