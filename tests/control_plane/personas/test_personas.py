"""Personas: named evaluation contexts of a project."""

from __future__ import annotations

from typing import Any

from control_plane.personas.service import PERSONAS_MAX

from tests.control_plane.conftest import Tenant

CONTEXT = {"targetingKey": "anna", "plan": "pro", "visits": 3}


async def test_a_persona_is_made_replaced_and_deleted(tenant: Tenant, make_member: Any) -> None:
    at = f"/projects/{tenant.project}/personas"
    made = await tenant.api("PUT", f"{at}/anna", {"context": CONTEXT})
    assert (made.json()["name"], made.json()["context"], made.headers["etag"]) == ("anna", CONTEXT, '"1"')
    stale = await tenant.api("PUT", f"{at}/anna", {"context": {}}, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    await tenant.api.changed("PUT", f"{at}/anna", {"name": "Anna, pays", "context": CONTEXT})
    viewer = await make_member(tenant, "viewer")
    assert [each["name"] for each in (await viewer.ok("GET", at))["items"]] == ["Anna, pays"]
    assert (await viewer("PUT", f"{at}/bert", {"context": {}})).status_code == 403
    await tenant.api.ok("DELETE", f"{at}/anna")
    assert (await tenant.api("GET", f"{at}/anna")).status_code == 404
    entries = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?entity=persona")
    assert [each["action"] for each in entries["items"]] == ["delete", "update", "create"]


async def test_a_persona_is_asked_with(tenant: Tenant) -> None:
    await tenant.api.ok("PUT", f"/projects/{tenant.project}/personas/anna", {"context": CONTEXT})
    (persona,) = (await tenant.api.ok("GET", f"/projects/{tenant.project}/personas"))["items"]
    told = await tenant.api.ok("POST", f"{tenant.path}/explanations", {"context": persona["context"]})
    assert told["items"] == []


async def test_there_is_a_limit_of_number_and_of_size(tenant: Tenant, database: Any) -> None:
    at = f"/projects/{tenant.project}/personas"
    large = await tenant.api("PUT", f"{at}/large", {"context": {"text": "x" * 17_000}})
    assert (large.status_code, large.json()["errors"][0]["code"]) == (422, "too_large")
    await tenant.api.ok("PUT", f"{at}/first", {"context": {}})
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO personas SELECT organization_id, project_id, 'p' || n, name, description, context, version, "
            "created_at, updated_at FROM personas, generate_series(2, $1) AS n",
            PERSONAS_MAX,
        )
    full = await tenant.api("PUT", f"{at}/one-more", {"context": {}})
    assert (full.status_code, full.json()["code"]) == (409, "quota_exceeded")
    await tenant.api.ok("PUT", f"{at}/first", {"context": CONTEXT})
