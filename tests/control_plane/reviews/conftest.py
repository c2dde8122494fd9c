"""A shop whose production wants its changes agreed on, and the people who do it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from control_plane.database import Database
from control_plane.previews.impacts import ImpactInquiry, Silence
from fastapi import FastAPI
from messages.generated.impact_pb2 import ImpactReply
from service_kit.clock import ManualClock

from devstack.parts import Postgres
from tests.control_plane.conftest import Api, Beginning, Furnished, Tenant, furnish, new_member
from tests.control_plane.running_app import app_on

VARIATIONS = [{"key": "on", "value": True}, {"key": "off", "value": False}]
FLAG = {
    "key": "checkout",
    "type": "boolean",
    "variations": VARIATIONS,
    "off_variation": "off",
    "default": {"variation": "off"},
}
POLICY = {"required": True, "people": 1}
EVERYBODY = {"if": {"attribute": "plan", "operator": "exists"}, "then": {"variation": "on"}}


def rule(plan: str, serves: str = "on") -> dict[str, Any]:
    return {
        "id": plan,
        "if": {"attribute": "plan", "operator": "eq", "value": plan},
        "then": {"variation": serves},
    }


def settings_edit(document: dict[str, Any], key: str = "checkout", environment: str = "production") -> dict[str, Any]:
    return {
        "entity": "flag_settings",
        "key": key,
        "environment": environment,
        "action": "update",
        "document": document,
    }


def edit(entity: str, key: str, action: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"entity": entity, "key": key, "action": action, "document": document or {}}


@dataclass
class StandingImpacts:
    """Answers as it is told, and keeps what it was asked."""

    told: ImpactReply | Silence = field(default_factory=lambda: Silence("timeout", "no answer came in time"))
    asked: list[ImpactInquiry] = field(default_factory=list)

    async def ask(self, inquiry: ImpactInquiry) -> ImpactReply | Silence:
        self.asked.append(inquiry)
        return self.told


@pytest.fixture
def impacts() -> StandingImpacts:
    return StandingImpacts()


@pytest.fixture
async def app(database: Database, clock: ManualClock, impacts: StandingImpacts) -> FastAPI:
    return await app_on(database, clock, impacts=impacts)


@dataclass
class Shop:
    """One project; `author` and `reviewer` are developers, `second` is another one."""

    tenant: Tenant
    author: Api
    reviewer: Api
    second: Api
    database: Database

    @property
    def owner(self) -> Api:
        return self.tenant.api

    @property
    def path(self) -> str:
        return f"/projects/{self.tenant.project}"

    @property
    def requests(self) -> str:
        return f"{self.path}/change-requests"

    @property
    def policy_path(self) -> str:
        return f"{self.path}/environments/production/approval-policy"

    def settings(self, environment: str = "production", key: str = "checkout") -> str:
        return f"{self.path}/flags/{key}/environments/{environment}"

    async def policy(self, **more: Any) -> Any:
        return await self.owner.changed("PUT", self.policy_path, {**POLICY, **more})

    async def set(self, document: dict[str, Any]) -> Any:
        """A direct write in production by the owner, who bypasses what stands in the way."""
        path = self.settings()
        etag = (await self.owner("GET", path)).headers["etag"]
        headers = {"If-Match": etag, "X-Verdict-Bypass": "true", "X-Verdict-Reason": "test"}
        return await self.owner.ok("PATCH", path, document, headers=headers)

    async def propose(self, *edits: dict[str, Any], by: Api | None = None, title: str = "A change") -> Any:
        return await (by or self.author).ok("POST", self.requests, {"title": title, "edits": list(edits)})

    async def review(self, request: Any, by: Api, verdict: str = "approve") -> httpx.Response:
        stands = await by("GET", f"{self.requests}/{request['number']}")
        path = f"{self.requests}/{request['number']}/reviews"
        return await by("POST", path, {"verdict": verdict}, headers={"If-Match": stands.headers["etag"]})

    async def approve(self, request: Any, *people: Api) -> Any:
        for person in people or (self.reviewer,):
            answer = await self.review(request, person)
            assert answer.is_success, answer.text
        return await self.read(request)

    async def apply(self, request: Any, by: Api | None = None, **more: Any) -> httpx.Response:
        return await (by or self.author)("POST", f"{self.requests}/{request['number']}/apply", **more)

    async def audit(self, limit: int = 20) -> list[dict[str, Any]]:
        """The newest entries of the log first, with all that is kept of them."""
        async with self.database.transaction() as tx:
            rows = await tx.fetch("SELECT * FROM audit_entries ORDER BY number DESC LIMIT $1", limit)
        return [dict(row) for row in rows]

    async def with_rights(self, key: str, *rights: str) -> Api:
        """Somebody new in the organization with a role that gives these rights."""
        async with self.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO roles (organization_id, key, name, rights, created_at, updated_at) "
                "VALUES ($1::text::uuid, $2, $2, $3, $4, $4)",
                self.tenant.organization,
                key,
                list(rights),
                tx.now,
            )
        person = await new_member(self.owner, self.tenant.organization, "viewer")
        identity = (await person.ok("GET", "/me"))["id"]
        async with self.database.transaction() as tx:
            await tx.execute("UPDATE memberships SET role_key = $2 WHERE user_id = $1::text::uuid", identity, key)
        return person

    async def read(self, request: Any) -> Any:
        return await self.owner.ok("GET", f"{self.requests}/{request['number']}")


async def new_shop(tenant: Tenant, database: Database) -> Shop:
    author, reviewer, second = [await new_member(tenant.api, tenant.organization, "developer") for _ in range(3)]
    shop = Shop(tenant, author, reviewer, second, database)
    await tenant.api.ok("POST", f"{shop.path}/environments", {"key": "staging", "name": "Staging"})
    await tenant.api.ok("POST", f"{shop.path}/flags", FLAG)
    await shop.policy()
    return shop


@pytest.fixture(scope="session")
def furnished_shop(postgres_server: Postgres, furnished: Furnished[Beginning]) -> Furnished[Shop]:
    async def make(anonymous: Api, database: Database) -> Shop:
        return await new_shop(furnished.made.tenant.told_by(anonymous), database)

    return furnish(postgres_server, "furnished_shop", furnished.name, make)


@pytest.fixture
def template(request: pytest.FixtureRequest, template: str) -> str:
    return str(request.getfixturevalue("furnished_shop").name) if "shop" in request.fixturenames else template


@pytest.fixture
def shop(tenant: Tenant, database: Database, furnished_shop: Furnished[Shop]) -> Shop:
    made = furnished_shop.made
    author, reviewer, second = [tenant.api.of(each.token) for each in (made.author, made.reviewer, made.second)]
    return Shop(tenant, author, reviewer, second, database)
