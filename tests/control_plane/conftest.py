"""A control plane on a migrated database of the test's own, spoken to over HTTP."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import httpx
import pytest
from control_plane.database import Database
from fastapi import FastAPI
from service_kit.clock import ManualClock

from devstack.parts import Postgres
from tests.control_plane.running_app import ADMINISTRATOR, app_on

PASSWORD = "a password of one's own"
Made = TypeVar("Made")
_keys = itertools.count(1)


@dataclass
class Api:
    """The API as one person sees it."""

    client: httpx.AsyncClient
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None:
            more["json"] = body
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    async def ok(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = await self(method, path, body, **more)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    async def changed(self, method: str, path: str, body: Any = None, *, read: str | None = None) -> Any:
        """A write with the ETag that stands now."""
        etag = (await self("GET", read or path)).headers["etag"]
        return await self.ok(method, path, body, headers={"If-Match": etag})

    def of(self, token: str) -> Api:
        return Api(self.client, token)


@dataclass(frozen=True)
class Tenant:
    """An organization with one project and one environment, and its owner's API."""

    api: Api
    organization: str
    project: str
    environment: str

    @property
    def path(self) -> str:
        return f"/projects/{self.project}/environments/{self.environment}"

    def told_by(self, api: Api) -> Tenant:
        """The same, by way of this API's client."""
        return replace(self, api=api.of(self.api.token))


@dataclass(frozen=True)
class Furnished(Generic[Made]):
    """A database with something in it, to be copied: making it takes longer than most tests."""

    name: str
    made: Made
    """Its people speak to nobody: a test gives them its own client."""


def furnish(
    server: Postgres, name: str, template: str, make: Callable[[Api, Database], Awaitable[Made]]
) -> Furnished[Made]:
    """A copy of the template with what is made there, at the moment at which each test's clock stands."""
    url = server.create_database(name, template=template)

    async def with_app() -> Made:
        clock = ManualClock()
        database = await Database.connect(url, clock, pool_size=4)
        transport = httpx.ASGITransport(await app_on(database, clock), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            made = await make(Api(client), database)
        await database.close()
        return made

    return Furnished(name, asyncio.run(with_app()))


@dataclass(frozen=True)
class Beginning:
    """What most tests begin with."""

    admin: Api
    tenant: Tenant


@pytest.fixture(scope="session")
def furnished(postgres_server: Postgres, migrated: str) -> Furnished[Beginning]:
    async def make(anonymous: Api, _: Database) -> Beginning:
        admin = await sign_in(anonymous, *ADMINISTRATOR)
        return Beginning(admin, await new_tenant(admin, "acme"))

    return furnish(postgres_server, "furnished", migrated, make)


@pytest.fixture
def begins_furnished(request: pytest.FixtureRequest) -> bool:
    """Whether the database has the tenant from the beginning. No where the app or clock of a test must see it made."""
    return "tenant" in request.fixturenames


@pytest.fixture
def beginning(request: pytest.FixtureRequest, begins_furnished: bool) -> Beginning | None:
    """What there is already, unless the test makes it."""
    if not begins_furnished:
        return None
    before: Furnished[Beginning] = request.getfixturevalue("furnished")
    return before.made


@pytest.fixture
def template(request: pytest.FixtureRequest, migrated: str, begins_furnished: bool) -> str:
    """The name of the database that the test's own is a copy of."""
    return str(request.getfixturevalue("furnished").name) if begins_furnished else migrated


@pytest.fixture
def postgres_url(postgres_server: Postgres, template: str) -> Iterator[str]:
    """The address of a migrated database, dropped after the test."""
    name = f"test_{uuid.uuid4().hex}"
    yield postgres_server.create_database(name, template=template)
    postgres_server.drop_database(name)


@pytest.fixture
def empty_postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """The address of an empty database, dropped after the test."""
    name = f"test_{uuid.uuid4().hex}"
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


@pytest.fixture
async def database(postgres_url: str, clock: ManualClock) -> AsyncIterator[Database]:
    database = await Database.connect(postgres_url, clock, pool_size=12)
    await database.migrate()
    yield database
    await database.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def app(database: Database, clock: ManualClock) -> FastAPI:
    return await app_on(database, clock)


@pytest.fixture
async def anonymous(app: FastAPI) -> AsyncIterator[Api]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Api(client)


async def sign_in(api: Api, email: str, password: str) -> Api:
    answer = await api.ok("POST", "/auth/login", {"email": email, "password": password})
    return api.of(answer["access_token"])


@pytest.fixture
async def admin(anonymous: Api, beginning: Beginning | None) -> Api:
    return anonymous.of(beginning.admin.token) if beginning else await sign_in(anonymous, *ADMINISTRATOR)


async def invited(owner: Api, organization: str, email: str, role: str) -> str:
    """What the link of an invitation carries."""
    body = {"email": email, "role": role}
    made = await owner.ok("POST", f"/organizations/{organization}/invitations", body)
    return str(made["link"].partition("#invitation=")[2])


async def joined(owner: Api, organization: str, email: str, role: str) -> Api:
    """Somebody new with this address, who has accepted and chosen `PASSWORD`."""
    body = {"secret": await invited(owner, organization, email, role), "password": PASSWORD}
    answer = await owner.of("").ok("POST", "/auth/invitations/accept", body)
    return owner.of(answer["access_token"])


async def new_member(owner: Api, organization: str, role: str) -> Api:
    """Somebody new in the organization, signed in."""
    return await joined(owner, organization, f"person-{next(_keys)}@example.com", role)


async def new_tenant(admin: Api, key: str) -> Tenant:
    """An organization owned by somebody who is no administrator."""
    organization = await admin.ok("POST", "/organizations", {"key": key, "name": key})
    owner = await new_member(admin, organization["id"], "owner")
    body = {"key": "shop", "name": "Shop"}
    project = await owner.ok("POST", f"/organizations/{organization['id']}/projects", body)
    environment = {"key": "production", "name": "Production"}
    await owner.ok("POST", f"/projects/{project['id']}/environments", environment)
    return Tenant(owner, organization["id"], project["id"], "production")


@pytest.fixture
async def tenant(admin: Api, beginning: Beginning | None) -> Tenant:
    return beginning.tenant.told_by(admin) if beginning else await new_tenant(admin, "acme")


@pytest.fixture
async def make_tenant(admin: Api) -> Callable[[str], Awaitable[Tenant]]:
    """A further tenant with this key."""
    return lambda key: new_tenant(admin, key)


@pytest.fixture
def make_member() -> Callable[[Tenant, str], Awaitable[Api]]:
    """Somebody new with this role in the tenant's organization."""
    return lambda tenant, role: new_member(tenant.api, tenant.organization, role)
