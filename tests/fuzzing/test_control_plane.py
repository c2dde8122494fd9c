"""The control plane, asked by its document as the owner of an organization in which everything exists."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Iterator

import pytest
from control_plane.database import Database
from control_plane.lifecycles.evidence import Evidence, UsageInquiry
from service_kit.clock import ManualClock

from devstack.parts import Postgres
from tests.contract.apps import apps
from tests.control_plane.conftest import PASSWORD, Api, Tenant, new_member, new_tenant, sign_in
from tests.control_plane.running_app import ADMINISTRATOR, app_on
from tests.control_plane.test_authorization import furnished
from tests.fuzzing.documented import Conversation, Operation, in_memory, named, operations_of

OPERATIONS = operations_of(apps()["control plane"])


class UnusedFlags:
    """As analytics tells it of an installation whose flags nobody has asked for."""

    async def ask(self, inquiry: UsageInquiry) -> Evidence:
        return {}


class Owner:
    """Asks as the owner of an organization; signs in again before each operation, as some end the session, an hour
    after the one before, when no wrong password counts any more."""

    def __init__(self, runner: asyncio.Runner, url: str) -> None:
        self._runner = runner
        self._database = runner.run(self._connected(url))
        app = runner.run(app_on(self._database, self._clock, flag_use=UnusedFlags()))
        self._api = Api(in_memory(app))
        self._email, places = runner.run(self._furnished())
        self._asked = Conversation(app, runner, self._api.client, places)

    async def _connected(self, url: str) -> Database:
        self._clock = ManualClock()
        database = await Database.connect(url, self._clock, pool_size=2)
        await database.migrate()
        return database

    async def _furnished(self) -> tuple[str, dict[str, str]]:
        tenant = await new_tenant(await sign_in(self._api, *ADMINISTRATOR), "acme")

        def make_member(tenant: Tenant, role: str) -> Awaitable[Api]:
            return new_member(tenant.api, tenant.organization, role)

        places = await furnished(tenant, make_member, self._database)
        return (await tenant.api.ok("GET", "/me"))["email"], places

    def findings(self, operation: Operation) -> list[str]:
        self._clock.advance(3600)
        signed_in = self._runner.run(sign_in(self._api, self._email, PASSWORD))
        self._asked.headers = {"Authorization": f"Bearer {signed_in.token}"}
        return self._asked.findings(operation)

    def close(self) -> None:
        self._runner.run(self._database.close())


@pytest.fixture(scope="module")
def owner(postgres_server: Postgres) -> Iterator[Owner]:
    name = f"test_{uuid.uuid4().hex}"
    with asyncio.Runner() as runner:
        owner = Owner(runner, postgres_server.create_database(name))
        yield owner
        owner.close()
    postgres_server.drop_database(name)


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_the_control_plane_answers_nothing_but_what_its_document_says(owner: Owner, operation: Operation) -> None:
    assert "\n\n".join(owner.findings(operation)) == ""
