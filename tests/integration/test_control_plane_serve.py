"""`control_plane serve` as a process: its settings, its first administrator, and what it does without its database."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from chaos.proxy import FaultProxy
from devstack.parts import Nats, Postgres
from devstack.ports import free_port
from tests.waiting import until

SETTINGS = {
    "FF_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "FF_AUTH_JWT_SECRET": "a-secret-of-the-tests-with-more-than-32-bytes",
    "FF_ADMIN_EMAIL": "admin@example.com",
    "FF_ADMIN_PASSWORD": "correct horse battery",
}
LOGIN = {"email": SETTINGS["FF_ADMIN_EMAIL"], "password": SETTINGS["FF_ADMIN_PASSWORD"]}


def environment(**changes: str | None) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FF_")}
    return {name: value for name, value in {**inherited, **SETTINGS, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"FF_DATABASE_URL": None}, "FF_DATABASE_URL: must be given"),
        ({"FF_DATABASE_URL": "postgresql://verdict:pa/ss@word@127.0.0.1:5432/verdict"}, "FF_DATABASE_URL: must be"),
        ({"FF_AUTH_JWT_SECRET": None}, "FF_AUTH_JWT_SECRET: must be given"),
        ({"FF_AUTH_JWT_SECRET": "short"}, "FF_AUTH_JWT_SECRET: must have at least 32 bytes"),
        ({"FF_ADMIN_PASSWORD": None}, "give both FF_ADMIN_EMAIL and FF_ADMIN_PASSWORD"),
        ({"FF_ADMIN_PASSWORD": "tooshort"}, "FF_ADMIN_PASSWORD has 12 to 256 characters"),
        ({"FF_PORT": "99999"}, "FF_PORT: "),
        ({"FF_SMTP_URL": "mail.example.com:25"}, "FF_SMTP_URL: must be smtp://"),
        ({"FF_SMTP_URL": "smtp://u:hush@mail.example.com"}, "FF_SMTP_URL needs FF_MAIL_FROM and FF_PUBLIC_URL"),
        ({"FF_PUBLIC_URL": "ftp://nowhere"}, "FF_PUBLIC_URL: must be an address like https://"),
    ],
    ids=[
        "no database",
        "database address that is none",
        "no secret",
        "short secret",
        "no password",
        "short password",
        "port out of range",
        "mail server that is none",
        "mail without a sender",
        "public address that is none",
    ],
)
def test_wrong_settings_are_named_without_their_values(changes: dict[str, str | None], named: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "control_plane.main", "serve"],
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    for value in changes.values():
        assert value is None or value == "99999" or value not in done.stderr


def test_whoever_runs_the_server_makes_a_link_for_any_account(postgres_url: str) -> None:
    run = partial(
        subprocess.run,
        env=environment(FF_DATABASE_URL=postgres_url, FF_PUBLIC_URL="https://verdict.example.com/"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    program = [sys.executable, "-m", "control_plane.main"]
    run([*program, "migrate"])
    add_administrator(postgres_url)
    done = run([*program, "password-reset", "Admin@Example.com"])
    assert (done.returncode, done.stdout.partition("=")[0]) == (0, "https://verdict.example.com/link#password-reset")
    done = run([*program, "password-reset", "nobody@example.com"])
    assert (done.returncode, done.stdout) == (1, "")
    assert "no account" in done.stderr


def add_administrator(postgres_url: str) -> None:
    async def add() -> None:
        connection = await asyncpg.connect(postgres_url)
        await connection.execute("INSERT INTO users (email, name) VALUES ($1, 'Admin')", LOGIN["email"])
        await connection.close()

    asyncio.run(add())


def test_migrate_ends_when_it_is_done(postgres_url: str) -> None:
    command = [sys.executable, "-m", "control_plane.main", "migrate"]
    for expected in ("0001_access.sql", '"applied":[]'):
        done = subprocess.run(
            command,
            env=environment(FF_DATABASE_URL=postgres_url),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert expected in done.stderr


@pytest.mark.parametrize("command", ["serve", "relay", "schedule"])
async def test_it_waits_for_a_database_that_is_not_there_and_stops_when_told(command: str, tmp_path: Path) -> None:
    port = free_port()
    log = tmp_path / "log.txt"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "control_plane.main", command, env=environment(FF_PORT=str(port)), stderr=out
        )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:

        async def is_refused_a_connection() -> bool:
            answer = await client.get("/readyz")
            missing = answer.json()["checks"]["database"]
            assert (answer.status_code, missing[:28]) == (503, "the database is not open yet")
            return "Connect" in missing

        await until(is_refused_a_connection, despite=httpx.TransportError)
        assert (await client.get("/healthz")).status_code == 200
        if command == "serve":
            assert (await client.post("/api/v1/auth/login", json=LOGIN)).status_code == 503
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 30) in (0, -signal.SIGTERM)
    assert "the database can't be opened, trying again" in log.read_text()
    assert "Traceback" not in log.read_text()


@pytest.fixture
async def way(fresh_postgres: Postgres) -> AsyncIterator[FaultProxy]:
    """Between the control plane and its database."""
    way = FaultProxy("postgres", urlsplit(fresh_postgres.url).port or 5432)
    await way.start()
    yield way
    await way.close()


@pytest.fixture
async def client(
    fresh_postgres: Postgres, way: FaultProxy, nats_server: Nats, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    port = free_port()
    settings = environment(
        FF_DATABASE_URL=fresh_postgres.url.replace(f":{way.target}/", f":{way.port}/"),
        FF_REQUEST_SECONDS="2",
        FF_NATS_URL=nats_server.url,
        FF_PORT=str(port),
        FF_RELAY_ENABLED="false",
        FF_CORS_ORIGINS="https://admin.example.com",
    )
    with (tmp_path / "log.txt").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "control_plane.main", "serve", env=settings, stderr=log, stdout=log
        )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
        await until_ready(client)
        yield client
    process.terminate()
    # The signal that ended it, after everything was closed.
    assert await process.wait() in (0, -signal.SIGTERM)
    text = (tmp_path / "log.txt").read_text()
    assert not any(each in text for each in (SETTINGS["FF_ADMIN_PASSWORD"], SETTINGS["FF_AUTH_JWT_SECRET"]))


async def until_ready(client: httpx.AsyncClient) -> None:
    async def is_ready() -> bool:
        return (await client.get("/readyz")).status_code == 200

    await until(is_ready, despite=httpx.TransportError)


async def test_configured_origins_may_call_it_from_a_browser(client: httpx.AsyncClient) -> None:
    for origin, allowed in (("https://admin.example.com", "https://admin.example.com"), ("https://evil.example", None)):
        headers = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
        preflight = await client.options("/api/v1/me", headers=headers)
        assert preflight.headers.get("access-control-allow-origin") == allowed
        answer = await client.get("/api/v1/me", headers={"Origin": origin})
        assert answer.headers.get("access-control-allow-origin") == allowed
        assert answer.status_code == 401


async def test_without_its_database_it_answers_503_and_comes_back(
    client: httpx.AsyncClient, fresh_postgres: Postgres
) -> None:
    token = (await client.post("/api/v1/auth/login", json=LOGIN)).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    assert (await client.get("/api/v1/me")).status_code == 200
    statuses: set[int] = set()
    stopping = asyncio.Event()

    def unavailable_after(seen: int) -> bool:
        return 503 in statuses and len(statuses) >= seen

    async def ask() -> None:
        while not stopping.is_set():
            answer = await client.post("/api/v1/organizations", json={"key": os.urandom(8).hex(), "name": "x"})
            statuses.add(answer.status_code)
            if answer.status_code == 503:
                assert int(answer.headers["retry-after"]) >= 1
                assert answer.json()["code"] in ("database_unavailable", "database_timeout", "commit_unknown")

    asking = [asyncio.create_task(ask()) for _ in range(8)]
    for _ in range(3):
        seen = len(statuses)
        await asyncio.to_thread(fresh_postgres.kill)
        await until(partial(unavailable_after, seen))
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200
        await asyncio.to_thread(fresh_postgres.start)
        await until_ready(client)
    stopping.set()
    await asyncio.gather(*asking)
    assert statuses == {201, 503}
    organizations = (await client.get("/api/v1/organizations?limit=1")).json()["items"]
    verdict = await client.get(f"/api/v1/organizations/{organizations[0]['id']}/audit/verification")
    assert verdict.json()["intact"]


async def test_a_database_behind_a_black_hole_is_told_in_time_and_nothing_is_half_done(
    client: httpx.AsyncClient, way: FaultProxy
) -> None:
    token = (await client.post("/api/v1/auth/login", json=LOGIN)).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    told: dict[str, str] = {}

    async def create() -> None:
        key = os.urandom(8).hex()
        # What is promised in all, the black hole in the middle of it or not.
        async with asyncio.timeout(10):
            answer = await client.post("/api/v1/organizations", json={"key": key, "name": "x"})
        if answer.status_code == 201:
            told[key] = "stored"
            return
        assert (answer.status_code, int(answer.headers["retry-after"]) >= 1) == (503, True)
        told[key] = answer.json()["code"]

    creating = [asyncio.create_task(create()) for _ in range(30)]
    await until(lambda: "stored" in told.values())
    way.swallow()
    await asyncio.gather(*creating, *(create() for _ in range(30)))
    async with asyncio.timeout(10):
        login = await client.post("/api/v1/auth/login", json=LOGIN)
        ready = await client.get("/readyz")
    assert (login.status_code, ready.status_code) == (503, 503)
    assert (await client.get("/healthz")).status_code == 200
    way.mend()
    await until_ready(client)
    await create()
    kept = {each["key"] for each in (await client.get("/api/v1/organizations?limit=100")).json()["items"]}
    assert {"stored", "database_timeout"} <= set(told.values())
    for key, code in told.items():
        assert code == "commit_unknown" or (key in kept) == (code == "stored"), code
