"""Lives the story's day on a real database, and keeps what was said."""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from functools import partial
from pathlib import Path

import httpx
from control_plane.database import Database
from control_plane.database.migrate import read_migrations
from control_plane.publishing.relay import Relay
from control_plane.publishing.telemetry import RelayTelemetry
from fastapi import FastAPI
from service_kit.clock import SystemClock
from service_kit.telemetry import new_registry
from streams.memory import MemoryBus

from devstack.stack import Stack
from tests.control_plane.rollouts.harm import find_harm
from tests.control_plane.running_app import ADMINISTRATOR, app_on
from tests.upgrades.recorder import recorded
from tests.upgrades.recording import FOLDER, Statement, write_recording
from tests.upgrades.story import Beside, Speaker, tell


async def live(database: Database) -> tuple[list[Statement], set[str], FastAPI]:
    """What a day says to a migrated database, the operations that were called, and the app that was asked."""
    clock = SystemClock()
    relay = Relay(database=database, bus=MemoryBus(), clock=clock, telemetry=RelayTelemetry(new_registry()))
    with recorded() as said:
        app = await app_on(database, clock)
        paths = [path for path in app.openapi()["paths"] if path.startswith("/api/v1")]
        templates = {path: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)) for path in paths}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://recorded") as client:
            speaker = Speaker(client, templates)
            await tell(speaker, ADMINISTRATOR, Beside(relay.turn, partial(find_harm, database)))
    return said, speaker.called, app


async def record(folder: Path) -> Path:
    """Writes the recording of this version into `folder`, named after its newest migration."""
    newest = read_migrations()[-1].number
    with tempfile.TemporaryDirectory() as scratch, Stack(Path(scratch), ("postgres",), durable=False) as stack:
        database = await Database.connect(stack.postgres.create_database("recorded"), SystemClock(), pool_size=1)
        try:
            await database.migrate()
            said, _, _ = await live(database)
        finally:
            await database.close()
    path = folder / f"{newest:04}.jsonl"
    write_recording(path, said)
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(record(FOLDER))}\n")
