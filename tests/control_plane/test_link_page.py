"""The page that a one-time link opens: it needs nothing from elsewhere, and is told nothing of the link."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import httpx
from fastapi import FastAPI


async def page(app: FastAPI, path: str = "/link") -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.get(path)


async def test_the_page_is_its_own_assets(app: FastAPI) -> None:
    answer = await page(app)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert re.findall(r"""(?:src|href|url|action)\s*[=(]\s*["']?[^"')\s>]+""", answer.text) == []
    assert "//" not in re.sub(r"^\s*//.*$", "", answer.text, flags=re.MULTILINE)


async def test_a_browser_runs_what_was_written_here_and_nothing_else(app: FastAPI) -> None:
    answer = await page(app)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["connect-src"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        [content] = re.findall(rf"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert policy[rule] == f"'sha256-{digest}'"
    assert " on" not in re.sub(r"<script>.*?</script>", "", answer.text.replace("one", ""), flags=re.DOTALL)
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_the_page_calls_operations_that_there_are(app: FastAPI) -> None:
    text = (await page(app)).text
    called: set[Any] = set(re.findall(r'send\("(/[a-z/-]+)"', text))
    assert called == {
        "/auth/password-resets/use",
        "/auth/invitations/accept",
        "/auth/sessions",
        "/me/invitations/accept",
    }
    assert {f"/api/v1{path}" for path in called} <= app.openapi()["paths"].keys()
