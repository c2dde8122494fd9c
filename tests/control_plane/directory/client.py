"""A tenant's directory, as a SCIM client of the tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
from control_plane.database import Database

from tests.control_plane.conftest import Tenant

USER, GROUP = "urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
DOMAIN = "example.com"
MakeTenant = Callable[[str], Awaitable[Tenant]]


@dataclass(frozen=True)
class Directory:
    """A tenant's SCIM client."""

    tenant: Tenant
    token: str

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        given = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/scim+json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        address = f"/scim/v2/{self.tenant.organization}{path}"
        return await self.tenant.api.client.request(method, address, json=body, headers=given)

    async def ok(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self(method, path, body)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    async def person(self, name: str = "ann@example.com", **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = await self.ok("POST", "/Users", {"schemas": [USER], "userName": name, **more})
        return made

    async def set(self, path: str, **values: Any) -> Any:
        operations = [{"op": "replace", "path": name, "value": value} for name, value in values.items()]
        return await self.ok("PATCH", path, {"schemas": [PATCH], "Operations": operations})

    async def members(self) -> dict[str, dict[str, Any]]:
        listed = await self.tenant.api.ok("GET", f"/organizations/{self.tenant.organization}/members")
        return {each["email"]: each for each in listed["items"]}

    async def audited(self, entity: str) -> list[tuple[str, str]]:
        path = f"/organizations/{self.tenant.organization}/audit?entity={entity}"
        return [(each["action"], each["actor"]["name"]) for each in (await self.tenant.api.ok("GET", path))["items"]]


def refusal(answer: httpx.Response) -> tuple[int, str | None]:
    """In SCIM's form."""
    document = answer.json()
    assert answer.headers["content-type"] == "application/scim+json"
    assert document["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert document["status"] == str(answer.status_code)
    assert document["detail"]
    return answer.status_code, document.get("scimType")


async def connected(tenant: Tenant, **more: Any) -> Directory:
    body = {"name": "Okta", "default_role": "viewer", **more}
    made = await tenant.api.ok("POST", f"/organizations/{tenant.organization}/provisioning-tokens", body)
    return Directory(tenant, made["token"])


async def speaks_for(database: Database, tenant: Tenant, domain: str = DOMAIN) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO email_domains VALUES ($1, $2, '', now(), 'administrator', now())", tenant.organization, domain
        )
