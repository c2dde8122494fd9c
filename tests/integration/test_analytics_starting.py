"""`analytics` as a process while ClickHouse is away: it says so, and stops when it is told."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx
import pytest
from analytics.commands.load import STOP_SECONDS

from devstack.parts import Nats
from devstack.ports import free_port
from tests.waiting import until


async def listens(client: httpx.AsyncClient) -> bool:
    return (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("command", ["serve", "load"])
async def test_it_waits_for_clickhouse_and_stops_when_told(command: str, nats_server: Nats, tmp_path: Path) -> None:
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FF_")}
    settings = {
        "FF_PORT": str(port),
        "FF_NATS_URL": nats_server.url,
        "FF_CLICKHOUSE_URL": "http://127.0.0.1:1",
        "FF_AUTH_JWT_SECRET": "s" * 32,
    }
    log = tmp_path / "log.txt"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "analytics.main", command, env=inherited | settings, stderr=out
        )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
        await until(lambda: "ClickHouse is away" in log.read_text())
        await until(lambda: listens(client), despite=httpx.TransportError)
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert "tables" in answer.json()["checks"]["clickhouse"]
        assert (await client.get("/healthz")).status_code == 200
    process.terminate()
    # Nothing is under way, so nothing is waited for.
    ended = await asyncio.wait_for(process.wait(), STOP_SECONDS - 1)
    assert ended in (0, -signal.SIGTERM)
    assert "Traceback" not in log.read_text()
