"""The pages are served at every address that no operation has, under a policy that lets nothing else in."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from control_plane.ui.build import read_build
from control_plane.ui.pages import serve_pages
from control_plane.ui.policy import PagePolicy
from fastapi import FastAPI
from service_kit.http import Shell
from service_kit.telemetry import new_registry
from service_kit.typed_app import create_app

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = b"console.log('a page');" * 50


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A build as Vite leaves it, with a secret beside it."""
    build = tmp_path / "dist"
    assets = build / "assets"
    assets.mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("nobody's business")
    (build / "index.html").write_text('<!doctype html><div id="root"></div><script type="module" src="/assets/a.js">')
    (build / "robots.txt").write_text("User-agent: *\n")
    (assets / "a.js").write_bytes(SCRIPT)
    (assets / "a.js.gz").write_bytes(gzip.compress(SCRIPT))
    (assets / "a.js.br").write_bytes(b"packed by brotli")
    (assets / "b.svg").write_text("<svg/>")
    return build


def with_pages(folder: Path | None, policy: PagePolicy | None = None) -> httpx.AsyncClient:
    """Of an app with two operations."""
    app: FastAPI = create_app("pages", Shell(registry=new_registry()), checks={})

    @app.get("/api/v1/things")
    async def read() -> str:
        return "a thing"

    @app.post("/made")
    async def make() -> str:
        return "made"

    serve_pages(app, read_build(str(folder)) if folder else None, policy or PagePolicy())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@pytest.fixture
async def client(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with with_pages(folder) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/p/shop/flags", "/p/shop/flags/a.b/rules?env=production", "/analytics"])
async def test_a_page_is_the_index_with_a_nonce_of_its_own(client: httpx.AsyncClient, path: str) -> None:
    answers = [await client.get(path, headers=BROWSER) for _ in range(2)]
    nonces = []
    for answer in answers:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert answer.headers["cache-control"] == "no-store"
        (nonce,) = re.findall(r'<script nonce="([^"]{24,})" type="module" src="/assets/a.js">', answer.text)
        assert f"style-src 'self' 'nonce-{nonce}';" in answer.headers["content-security-policy"]
        nonces.append(nonce)
    assert nonces[0] != nonces[1]


async def test_the_policy_is_the_whole_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers=BROWSER)
    policy = re.sub(r"nonce-[\w-]+", "nonce-N", answer.headers["content-security-policy"])
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-N'; connect-src 'self'; img-src 'self' data:; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types default; report-uri /api/v1/csp-reports"
    )
    assert answer.headers["referrer-policy"] == answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "strict-transport-security" not in answer.headers


async def test_tls_alone_is_said_where_it_is_set(folder: Path) -> None:
    async with with_pages(folder, PagePolicy(hsts_seconds=600)) as client:
        for path in ("/", "/assets/a.js"):
            answer = await client.get(path, headers=BROWSER)
            assert answer.headers["strict-transport-security"] == "max-age=600"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/things", 200),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/scim/v2/Nothing", 404),
        ("GET", "/assets/nothing.js", 404),
        ("POST", "/p/shop/flags", 404),
        ("GET", "/made", 405),
    ],
)
async def test_what_an_api_owns_is_no_page(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await client.request(method, path, headers=BROWSER)
    assert answer.status_code == status
    assert "html" not in answer.headers["content-type"]


async def test_a_program_gets_a_problem_instead_of_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/p/shop/flags", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("identity", ""),
        ("", ""),
        ("br;q=nonsense", "br"),
    ],
)
async def test_an_asset_comes_packed_as_its_reader_can_read(
    client: httpx.AsyncClient, accepted: str, encoding: str
) -> None:
    async with client.stream("GET", "/assets/a.js", headers={"Accept-Encoding": accepted}) as answer:
        body = b"".join([piece async for piece in answer.aiter_raw()])
    unpacked = gzip.decompress(body) if encoding == "gzip" else body
    assert unpacked == (b"packed by brotli" if encoding == "br" else SCRIPT)
    assert answer.headers.get("content-encoding", "") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert int(answer.headers["content-length"]) == len(body)


async def test_who_has_an_asset_is_told_so_by_its_form(client: httpx.AsyncClient) -> None:
    packed = await client.head("/assets/a.js", headers={"Accept-Encoding": "gzip"})
    plain = await client.head("/assets/a.js", headers={"Accept-Encoding": "identity"})
    assert (plain.status_code, plain.content, plain.headers["content-length"]) == (200, b"", str(len(SCRIPT)))
    assert packed.headers["etag"] != plain.headers["etag"]
    again = {"Accept-Encoding": "gzip", "If-None-Match": f'"other", W/{packed.headers["etag"]}'}
    answer = await client.get("/assets/a.js", headers=again)
    assert (answer.status_code, answer.content) == (304, b"")
    answer = await client.get("/assets/a.js", headers={**again, "Accept-Encoding": "identity"})
    assert answer.status_code == 200


async def test_what_has_no_hash_is_asked_for_again(client: httpx.AsyncClient) -> None:
    answer = await client.get("/robots.txt")
    assert (answer.text, answer.headers["cache-control"]) == ("User-agent: *\n", "no-cache")


@pytest.mark.parametrize(
    "path", ["/assets/%2e%2e/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/assets/a.js.br"]
)
async def test_nothing_but_the_build_is_served(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers=BROWSER)
    assert answer.status_code == 404
    assert "business" not in answer.text


async def test_an_absent_build_is_said_to_people_and_once_to_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read_build(str(tmp_path)) is None
    async with with_pages(None) as client:
        answer = await client.get("/p/shop/flags", headers=BROWSER)
        assert answer.status_code == 404
        assert "make web" in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert (await client.get("/", headers={"Accept": "application/json"})).json()["code"] == "not_found"
        assert (await client.get("/assets/a.js")).status_code == 404
    assert capsys.readouterr().out.count("there is no build of the pages") <= 1
