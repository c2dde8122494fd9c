"""Each operation that is no GET leaves an entry in the audit log: a whole day is lived, and after each call the log is
looked at. A new operation without one fails, unless it stands here with a reason."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import httpx
from control_plane.database import Database
from control_plane.publishing.relay import Relay
from control_plane.publishing.telemetry import RelayTelemetry
from service_kit.clock import ManualClock
from service_kit.telemetry import new_registry
from streams.memory import MemoryBus

from tests.control_plane.running_app import ADMINISTRATOR, app_on
from tests.upgrades.story import Speaker, tell

NO_TRACE = {
    "POST /api/v1/auth/refresh": "a session goes on; a second use is told, tests/control_plane/test_sessions.py",
    "POST /api/v1/auth/access-token": "a session goes on",
    "POST /api/v1/projects/{project}/environments/{environment}/explain": "it is a question, and changes nothing",
    "POST /api/v1/auth/password-resets": "in this day no mail is sent; tests/control_plane/test_password_resets.py",
}


@dataclass
class Auditor:
    """Counts the entries that each operation left, over all organizations."""

    database: Database

    async def count(self) -> int:
        async with self.database.connection() as connection:
            return int(await connection.fetchval("SELECT COALESCE(sum(number), 0) FROM audit_heads"))


async def test_each_operation_leaves_an_entry(database: Database, clock: ManualClock) -> None:
    app, auditor = await app_on(database, clock), Auditor(database)
    relay = Relay(database=database, bus=MemoryBus(), clock=clock, telemetry=RelayTelemetry(new_registry()))
    paths = [path for path in app.openapi()["paths"] if path.startswith("/api/v1")]
    templates = {path: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)) for path in paths}
    left: dict[str, list[int]] = defaultdict(list)

    class Watched(httpx.ASGITransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith(("/login", "/auth/sessions")):
                # Sign-ins of the same person in the same minute share an entry.
                clock.advance(61)
            before = await auditor.count()
            answer = await super().handle_async_request(request)
            matching = [name for name, pattern in templates.items() if pattern.fullmatch(request.url.path)]
            if request.method != "GET":
                left[f"{request.method} {min(matching, key=lambda name: name.count('{'))}"].append(
                    await auditor.count() - before
                )
            return answer

    async with httpx.AsyncClient(transport=Watched(app), base_url="http://recorded") as client:
        await tell(Speaker(client, templates), ADMINISTRATOR, relay.turn)
    operations = {
        f"{method.upper()} {path}"
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if path.startswith("/api/v1") and method != "get"
    }
    without: set[Any] = {operation for operation in operations if not any(left[operation])}
    assert without == NO_TRACE.keys()
