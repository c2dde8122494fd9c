"""A certified provider that runs, and a control plane that may reach it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from control_plane.database import Database
from fastapi import FastAPI
from service_kit.clock import SystemClock
from service_kit.outbound import OutboundGuard

from tests.control_plane.conftest import Api, Tenant, new_tenant, sign_in
from tests.control_plane.running_app import ADMINISTRATOR, app_on
from tests.identity_provider.running_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Browser,
    RunningProvider,
    installed,
    running_provider,
)

BACK = "http://verdict.test/api/v1/auth/oidc/callback"
ANN = {"email": "ann@example.com", "email_verified": True, "name": "Ann", "groups": ["staff", "engineers"]}
RECORDS: dict[str, list[str]] = {}
"""What name servers say."""


@pytest.fixture(scope="session")
def node_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    with running_provider(installed(tmp_path_factory.mktemp("identity_provider"))) as running:
        yield running


@pytest.fixture
def clock() -> SystemClock:
    """That of the provider."""
    return SystemClock()


@pytest.fixture
def begins_furnished() -> bool:
    """The clock is that of the provider."""
    return False


async def records_of(name: str) -> Sequence[str]:
    return RECORDS.get(name, [])


@pytest.fixture
async def app(database: Database, clock: SystemClock) -> FastAPI:
    RECORDS.clear()
    return await app_on(database, clock, guard=OutboundGuard(["127.0.0.1"]), text_records=records_of)


@pytest.fixture
async def anonymous(app: FastAPI) -> AsyncIterator[Api]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://verdict.test") as client:
        yield Api(client)


async def verified(owner: Api, organization: str, domain: str) -> None:
    """A domain of the organization, by its record."""
    answer = await proved(owner, organization, domain)
    assert answer.is_success, answer.text


async def proved(owner: Api, organization: str, domain: str) -> httpx.Response:
    """The answer to a domain whose record stands in the DNS."""
    path = f"/organizations/{organization}/email-domains"
    made = await owner.ok("POST", path, {"domain": domain})
    RECORDS[made["record_name"]] = [made["record_value"]]
    return await owner("POST", f"{path}/{domain}/verify")


@dataclass
class Company:
    """A tenant whose people sign in with a provider."""

    tenant: Tenant
    running: RunningProvider
    provider: dict[str, Any]
    app: FastAPI

    @property
    def path(self) -> str:
        return f"/organizations/{self.tenant.organization}"

    async def change(self, **changes: Any) -> dict[str, Any]:
        path = f"{self.path}/identity-providers/{self.provider['id']}"
        changed: dict[str, Any] = await self.tenant.api.changed("PATCH", path, changes)
        return changed

    def browser(self, base_url: str = "http://verdict.test") -> httpx.AsyncClient:
        """One that nobody has used."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=base_url, headers={"Accept": "text/html"})

    async def begin(self, browser: httpx.AsyncClient, login: str = "ann", **more: str) -> str:
        """Where the provider sends the browser back to."""
        started = await browser.get("/api/v1/auth/oidc/start", params={"email": "somebody@example.com", **more})
        assert started.status_code == 303, started.text
        async with httpx.AsyncClient(timeout=30) as client:
            return await Browser(client).sign_in(started.headers["location"], login, back=BACK)

    async def sign_in(self, login: str = "ann", **more: str) -> tuple[httpx.AsyncClient, httpx.Response]:
        """A browser, and the answer to its coming back."""
        browser = self.browser()
        back = await self.begin(browser, login, **more)
        return browser, await browser.get(back)

    async def members(self) -> dict[str, dict[str, Any]]:
        listed = await self.tenant.api.ok("GET", f"{self.path}/members")
        return {each["email"]: each for each in listed["items"]}

    async def audited(self, action: str) -> list[dict[str, Any]]:
        found = await self.tenant.api.ok("GET", f"{self.path}/audit?action={action}")
        return list(found["items"])


@pytest.fixture
async def company(anonymous: Api, app: FastAPI, node_provider: RunningProvider) -> Company:
    node_provider.reset(BACK)
    node_provider.tell(accounts={"ann": ANN})
    tenant = await new_tenant(await sign_in(anonymous, *ADMINISTRATOR), "acme")
    await verified(tenant.api, tenant.organization, "example.com")
    body = {
        "name": "Okta",
        "issuer": node_provider.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "scopes": ["openid", "email", "profile", "groups"],
        "domains": ["example.com"],
        "default_role": "viewer",
    }
    provider = await tenant.api.ok("POST", f"/organizations/{tenant.organization}/identity-providers", body)
    return Company(tenant, node_provider, provider, app)
