"""Writes with `Prefer: wait=N` say how far they came; any other answer is as it would be without."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from control_plane.database import Database
from fastapi import FastAPI
from service_kit.clock import ManualClock

from tests.control_plane.conftest import Api, Tenant, new_tenant, sign_in
from tests.control_plane.fleet.edges import HeardFleet
from tests.control_plane.running_app import ADMINISTRATOR, app_on
from tests.waiting import turns, until

FLAG = {
    "key": "checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "off"},
}
WAIT = {"Prefer": "wait=30"}


@dataclass
class Stand:
    """A control plane that hears two edges, and a project in it."""

    app: FastAPI
    database: Database
    heard: HeardFleet
    tenant: Tenant
    environment: UUID

    @property
    def api(self) -> Api:
        return self.tenant.api

    @property
    def flags(self) -> str:
        return f"/projects/{self.tenant.project}/flags"

    @property
    def switch(self) -> str:
        return f"{self.flags}/checkout/environments/production/enabled"

    async def version(self) -> int:
        async with self.database.connection() as connection:
            found: int = await connection.fetchval("SELECT version FROM environments WHERE id = $1", self.environment)
        return found

    async def serve(self, *edges: str, version: int | None = None) -> None:
        for edge in edges:
            self.heard.hear(edge, version or await self.version(), str(self.environment))

    async def answered_when_served(self, asked: Any) -> httpx.Response:
        """Its answer, which comes no sooner than when both edges serve it."""
        before = await self.version()
        request = asyncio.create_task(asked)
        await until(lambda: self.is_waited_for(before))
        await turns()
        assert not request.done()
        await self.serve("a", "b")
        answer: httpx.Response = await request
        return answer

    async def is_waited_for(self, before: int) -> bool:
        return await self.version() > before and bool(self.heard.fleet._watchers)


@pytest.fixture
async def stand(database: Database, clock: ManualClock) -> AsyncIterator[Stand]:
    heard = HeardFleet(clock)
    app = await app_on(database, clock, fleet=heard.fleet)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        tenant = await new_tenant(await sign_in(Api(client), *ADMINISTRATOR), "acme")
        async with database.connection() as connection:
            environment = await connection.fetchval("SELECT id FROM environments")
        stand = Stand(app, database, heard, tenant, environment)
        heard.pass_seconds(3)
        await stand.serve("a", "b")
        yield stand


async def test_a_write_is_answered_when_all_edges_serve_it(stand: Stand) -> None:
    plain = await stand.api.ok("POST", stand.flags, {**FLAG, "key": "plain"})
    answer = await stand.answered_when_served(stand.api("POST", stand.flags, FLAG, headers=WAIT))
    body = answer.json()
    assert (answer.status_code, answer.headers["preference-applied"]) == (201, "wait=30")
    assert body["propagation"] == {"edges": 2, "confirmed": 2, "milliseconds": 0, "laggards": []}
    assert body.keys() - {"propagation"} == plain.keys()
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert (answer.headers["etag"], answer.headers["location"].split("/")[-1]) == ('"1"', "checkout")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "{flag}/environments/production/enabled", {"enabled": True}),
        ("PATCH", "{flag}", {"default": {"variation": "on"}}),
        ("POST", "{flag}/archive", None),
        ("POST", "{environment}/sdk-keys", {"kind": "server", "name": "Backend"}),
        ("PATCH", "{environment}", {"pii_attributes": ["email"]}),
        ("POST", "{project}/archive", None),
    ],
    ids=["switch", "change of a flag", "archive", "new SDK key", "change of an environment", "archive of the project"],
)
async def test_every_kind_of_write_waits(stand: Stand, method: str, path: str, body: Any) -> None:
    await stand.api.ok("POST", stand.flags, FLAG)
    await stand.serve("a", "b")
    address = path.format(flag=f"{stand.flags}/checkout", environment=stand.tenant.path, project=stand.flags[:-6])
    headers = WAIT | ({"If-Match": '"1"'} if method == "PATCH" else {})
    answer = await stand.answered_when_served(stand.api(method, address, body, headers=headers))
    assert answer.is_success, answer.text
    assert answer.json()["propagation"]["confirmed"] == 2


async def test_at_the_limit_it_succeeds_and_names_the_laggards(stand: Stand) -> None:
    await stand.api.ok("POST", stand.flags, FLAG)
    before = await stand.version()
    request = asyncio.create_task(stand.api("PUT", stand.switch, {"enabled": True}, headers={"Prefer": "wait=1"}))
    await until(lambda: stand.is_waited_for(before))
    await stand.serve("a")
    answer = await request
    assert (answer.status_code, answer.headers["preference-applied"]) == (200, "wait=1")
    found = answer.json()["propagation"]
    assert (found["edges"], found["confirmed"], found["laggards"]) == (2, 1, ["b"])
    assert answer.json()["enabled"] is True


async def test_nobody_is_waited_for_where_there_is_no_edge(stand: Stand) -> None:
    stand.heard.pass_seconds(10)
    answer = await stand.api("POST", stand.flags, FLAG, headers=WAIT)
    assert answer.json()["propagation"] == {"edges": 0, "confirmed": 0, "milliseconds": 0, "laggards": []}
    assert answer.headers["preference-applied"] == "wait=30"


@pytest.mark.parametrize("preference", ["wait=soon", "wait=0", "respond-async", "wait=-3", ""])
async def test_another_preference_changes_nothing(stand: Stand, preference: str) -> None:
    answer = await stand.api("POST", stand.flags, FLAG, headers={"Prefer": preference})
    assert answer.status_code == 201
    assert ("propagation" in answer.json(), "preference-applied" in answer.headers) == (False, False)


async def test_what_changes_no_environment_and_what_is_refused_does_not_wait(stand: Stand) -> None:
    projects = f"/organizations/{stand.tenant.organization}/projects"
    made = await stand.api("POST", projects, {"key": "p", "name": "P"}, headers=WAIT)
    read = await stand.api("GET", stand.flags, headers=WAIT)
    refused = await stand.api("POST", stand.flags, {**FLAG, "type": "none"}, headers=WAIT)
    tried = await stand.api("POST", f"{stand.flags}?dry_run=true", FLAG, headers=WAIT)
    unknown = await stand.api("POST", "/projects/nothing/flags", FLAG, headers=WAIT)
    stranger = await stand.api.of("").__call__("POST", stand.flags, FLAG, headers=WAIT)
    answers = [made, read, tried, refused, unknown, stranger]
    assert [each.status_code for each in answers] == [201, 200, 201, 422, 404, 401]
    assert not any("preference-applied" in each.headers or "propagation" in each.text for each in answers)


async def test_who_waits_holds_no_connection_to_the_database(stand: Stand) -> None:
    await stand.api.ok("POST", stand.flags, FLAG)
    requests = []
    for enabled in (True, False):
        before = await stand.version()
        requests.append(asyncio.create_task(stand.api("PUT", stand.switch, {"enabled": enabled}, headers=WAIT)))
        await until(partial(stand.is_waited_for, before))
    assert stand.database.in_use == 0
    over = await stand.api("PUT", stand.switch, {"enabled": True}, headers=WAIT)
    assert (over.status_code, "propagation" in over.json()) == (200, False)
    await stand.serve("a", "b")
    for request in requests:
        assert (await request).json()["propagation"]["confirmed"] == 2


async def test_a_client_that_leaves_is_not_waited_for(stand: Stand) -> None:
    await stand.api.ok("POST", stand.flags, FLAG)
    gone = asyncio.Event()
    sent: list[Any] = []
    body = b'{"enabled": true}'

    async def receive() -> Any:
        if not receive_body:
            await gone.wait()
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": receive_body.pop(), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    receive_body = [body]
    path = f"/api/v1{stand.switch}"
    scope = {
        "type": "http",
        "method": "PUT",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [
            (b"authorization", f"Bearer {stand.api.token}".encode()),
            (b"content-type", b"application/json"),
            (b"prefer", b"wait=30"),
        ],
        "scheme": "http",
        "server": ("test", 80),
        "client": ("10.0.0.1", 1000),
    }
    before = await stand.version()
    request = asyncio.create_task(stand.app(scope, receive, send))
    await until(lambda: stand.is_waited_for(before))
    gone.set()
    await request
    assert not stand.heard.fleet._watchers
