"""Which pages in browsers may call a service."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI
from service_kit.cors import CorsPolicy, Origins, Pages, allow_browsers
from service_kit.setting_values import read_value
from service_kit.settings import ServiceSettings, load_settings
from starlette.middleware.cors import CORSMiddleware

ACCESS = CorsPolicy(
    methods=("GET", "PATCH"), headers=("If-Match",), exposed=("ETag", "Retry-After"), setting="FF_SOME_CORS_ORIGINS"
)


class SomeSettings(ServiceSettings):
    port: int = 0
    origins: Origins = ("*",)


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", ()),
        (" , ", ()),
        ("*", ("*",)),
        ("https://app.example", ("https://app.example",)),
        ("https://app.example/, http://localhost:3000 ,", ("https://app.example", "http://localhost:3000")),
        ("capacitor://localhost", ("capacitor://localhost",)),
    ],
)
def test_a_setting_lists_origins_with_commas(
    monkeypatch: pytest.MonkeyPatch, text: str, origins: tuple[str, ...]
) -> None:
    monkeypatch.setenv("FF_ORIGINS", text)
    assert load_settings(SomeSettings).origins == origins


def test_without_the_setting_it_is_the_services_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FF_ORIGINS", raising=False)
    assert load_settings(SomeSettings).origins == ("*",)


@pytest.mark.parametrize(
    "text",
    [
        "app.example",
        "https://",
        "https://a.example/path",
        "https://a.example https://b.example",
        "*,https://a",
        "https://*.a?",
    ],
)
def test_what_no_browser_would_ever_send_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be origins like"):
        read_value(Origins, text)


async def preflight(
    origins: tuple[str, ...], origin: str, method: str = "PATCH", access: CorsPolicy = ACCESS
) -> httpx.Response:
    app = FastAPI()
    allow_browsers(app, Pages(origins, access))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        asked = {"origin": origin, "access-control-request-method": method}
        return await client.options("/", headers={**asked, "access-control-request-headers": "if-match"})


@pytest.mark.parametrize(
    ("origins", "status", "allowed"),
    [
        ((), 404, None),
        (("*",), 200, "*"),
        (("https://a.example",), 200, "https://a.example"),
        (("https://b.example",), 400, None),
    ],
)
async def test_a_page_is_allowed_by_its_origin(origins: tuple[str, ...], status: int, allowed: str | None) -> None:
    answer = await preflight(origins, "https://a.example")
    assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (status, allowed)
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("origins", "allowed"),
    [(("https://a.example",), "true"), (("https://b.example",), None), (("*",), None), ((), None)],
)
async def test_cookies_are_for_pages_that_are_named(origins: tuple[str, ...], allowed: str | None) -> None:
    access, origin = replace(ACCESS, cookies=True), "https://a.example"
    answer = await preflight(origins, origin, access=access)
    trusted = answer.headers.get("access-control-allow-origin") and answer.headers.get(
        "access-control-allow-credentials"
    )
    assert trusted == allowed
    headers = dict(Pages(origins, access).answer_headers(origin.encode(), b"service"))
    assert headers.get(b"access-control-allow-credentials") == (allowed and allowed.encode())
    if origins == ("*",):
        assert headers[b"access-control-allow-origin"] == b"*"


async def test_a_page_may_do_no_more_than_the_service_lets_it() -> None:
    assert (await preflight(("*",), "https://a.example", method="DELETE")).status_code == 400


@pytest.mark.parametrize("origins", [("*",), ("https://a.example",)])
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
@pytest.mark.parametrize("origin", [None, "https://a.example", "https://b.example"])
async def test_answers_have_the_headers_that_starlette_gives_them(
    origins: tuple[str, ...], method: str, origin: str | None
) -> None:
    quick, starlettes = FastAPI(), FastAPI()
    allow_browsers(quick, Pages(origins, ACCESS))
    starlettes.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=ACCESS.methods,
        allow_headers=ACCESS.headers,
        expose_headers=ACCESS.exposed,
    )

    async def nothing() -> dict[str, str]:
        return {}

    answers = []
    for app in (quick, starlettes):
        app.add_api_route("/", nothing)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
            answer = await client.request(method, "/", headers={} if origin is None else {"origin": origin})
            answers.append((answer.status_code, answer.headers.raw))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("origins", [(), ("https://b.example",)], ids=["none", "another"])
async def test_a_refused_page_is_logged_once_with_the_setting(
    origins: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    app = FastAPI()
    allow_browsers(app, Pages(origins, ACCESS))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        for _ in range(3):
            await client.get("/", headers={"origin": "https://a.example"})
            await client.options("/", headers={"origin": "https://a.example", "access-control-request-method": "GET"})
        await client.get("/", headers={"origin": "http://service"})
        await client.get("/", headers={"origin": "https://b.example"} if origins else {})
    told = [vars(record)["fields"] for record in caplog.records if record.name == "cors"]
    assert told == [{"origin": "https://a.example", "setting": "FF_SOME_CORS_ORIGINS"}]


async def test_many_refused_pages_fill_no_log(caplog: pytest.LogCaptureFixture) -> None:
    pages = Pages((), ACCESS)
    for number in range(1000):
        pages.answer_headers(f"https://{number}.example".encode(), b"service")
    assert len(caplog.records) == 100
