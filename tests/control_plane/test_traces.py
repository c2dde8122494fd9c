"""Each operation that is no GET leaves an entry in the audit log: a whole day is lived, and after each call the log is
looked at. A new operation without one fails, unless it stands here with a reason. Each entry says who did it, by which
right, from which address, in which request and why."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

import asyncpg
import httpx
from control_plane.access.rights import Right
from control_plane.database import Database
from control_plane.publishing.relay import Relay
from control_plane.publishing.telemetry import RelayTelemetry
from control_plane.webhooks.events import EVENT_TYPES, event_type
from service_kit.clock import ManualClock
from service_kit.reasons import REASON_HEADER
from service_kit.telemetry import new_registry
from streams.memory import MemoryBus

from tests.control_plane.rollouts.harm import find_harm
from tests.control_plane.running_app import ADMINISTRATOR, app_on
from tests.upgrades.story import Beside, Speaker, tell

NO_TRACE = {
    "POST /api/v1/auth/refresh": "a session goes on; a second use is told, tests/control_plane/test_sessions.py",
    "POST /api/v1/auth/access-token": "a session goes on",
    "POST /api/v1/projects/{project}/environments/{environment}/explain": "it is a question, and changes nothing",
    "POST /api/v1/projects/{project}/environments/{environment}/explanations": "the same",
    "POST /api/v1/projects/{project}/environments/{environment}/segments/evaluate": "the same",
    "POST /api/v1/projects/{project}/change-requests/{number}/impact": "it counts, and tells when it is applied",
    "POST /api/v1/projects/{project}/environments/{environment}/preview": "it is a question, and saves nothing",
    "POST /api/v1/projects/{project}/environments/{environment}/segments/{key}/estimate": "it is a question",
    "POST /api/v1/projects/{project}/change-requests/{number}/comments": "it stands in the request, with its author",
    "POST /api/v1/organizations/{organization}/identity-providers/{provider}/check": "it is a question",
    "POST /api/v1/organizations/{organization}/email-domains/{domain}/verify": "in this day no name server says so",
    "POST /api/v1/csp-reports": "a browser tells it, of nobody's doing; counted and logged",
    "POST /api/v1/auth/password-resets": "in this day no mail is sent; tests/control_plane/test_password_resets.py",
}
WITHOUT_RIGHT = {
    "DELETE /api/v1/me/sessions": "one's own",
    "DELETE /api/v1/me/sessions/current": "one's own",
    "DELETE /api/v1/me/sessions/{session}": "one's own",
    "DELETE /api/v1/organizations/{organization}/own-tokens/{token}": "one's own",
    "POST /api/v1/auth/invitations/accept": "whoever has the link",
    "POST /api/v1/auth/login": "whoever knows the password",
    "POST /api/v1/auth/password-resets/use": "whoever has the link",
    "POST /api/v1/auth/sessions": "whoever knows the password",
    "POST /api/v1/me/invitations/accept": "whoever has the link",
    "POST /api/v1/organizations": "administrators of the installation, who belong to no organization by that",
    "POST /api/v1/organizations/{organization}/own-tokens": "one's own, with no right that one lacks",
    "PUT /api/v1/me/password": "one's own",
}
"""Operations for which nobody is asked for a right, and who may."""


@dataclass
class Auditor:
    """Counts the entries that each operation left, over all organizations."""

    database: Database

    async def count(self) -> int:
        async with self.database.connection() as connection:
            return int(await connection.fetchval("SELECT COALESCE(sum(number), 0) FROM audit_heads"))

    async def of_request(self, request_id: str) -> list[asyncpg.Record]:
        async with self.database.connection() as connection:
            return await connection.fetch("SELECT * FROM audit_entries WHERE request_id = $1", request_id)

    async def kinds(self) -> set[tuple[str, str]]:
        """What was done to which kind of entity."""
        async with self.database.connection() as connection:
            rows = await connection.fetch("SELECT DISTINCT entity, action FROM audit_entries")
        return {(row["entity"], row["action"]) for row in rows}


async def test_each_operation_leaves_an_entry(database: Database, clock: ManualClock) -> None:
    app, auditor, numbers = await app_on(database, clock), Auditor(database), itertools.count(1)
    relay = Relay(database=database, bus=MemoryBus(), clock=clock, telemetry=RelayTelemetry(new_registry()))
    paths = [path for path in app.openapi()["paths"] if path.startswith("/api/v1")]
    templates = {path: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)) for path in paths}
    left: dict[str, list[int]] = defaultdict(list)
    rightless: set[str] = set()

    class Watched(httpx.ASGITransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith(("/login", "/auth/sessions")):
                # Sign-ins of the same person in the same minute share an entry.
                clock.advance(61)
            matching = [name for name, pattern in templates.items() if pattern.fullmatch(request.url.path)]
            operation = f"{request.method} {min(matching, key=lambda name: name.count('{'))}"
            request.headers[REASON_HEADER] = quote(f"because of {operation}")
            request.headers["X-Request-Id"] = f"request-{next(numbers)}"
            before = await auditor.count()
            answer = await super().handle_async_request(request)
            if request.method != "GET":
                left[operation].append(await auditor.count() - before)
            for entry in await auditor.of_request(request.headers["X-Request-Id"]):
                assert entry["address"] == "127.0.0.1"
                # What a change request or a rollout does is told with its name.
                assert re.split(r" \((?:change request|rollout) ", entry["reason"])[0] == f"because of {operation}"
                assert entry["actor_kind"] in ("user", "token")
                assert UUID(entry["actor_id"]).int
                assert entry["actor_name"]
                assert (entry["behalf_name"] is not None) == (entry["actor_kind"] == "token")
                if entry["used_right"] is None:
                    rightless.add(operation)
                else:
                    Right(entry["used_right"])
            return answer

    async with httpx.AsyncClient(transport=Watched(app), base_url="http://recorded") as client:
        await tell(Speaker(client, templates), ADMINISTRATOR, Beside(relay.turn, partial(find_harm, database)))
    operations = {
        f"{method.upper()} {path}"
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if path.startswith("/api/v1") and method != "get"
    }
    without: set[Any] = {operation for operation in operations if not any(left[operation])}
    assert without == NO_TRACE.keys()
    assert rightless == WITHOUT_RIGHT.keys()
    unlisted = sorted(each for each in await auditor.kinds() if event_type(*each) not in EVENT_TYPES)
    assert unlisted == [], "webhooks/events.py lists what a webhook may ask for"
