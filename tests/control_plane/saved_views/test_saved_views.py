"""Saved views: one's own, and those that are shared with the project."""

from __future__ import annotations

from typing import Any

from control_plane.saved_views.service import OWN_MAX

from tests.control_plane.conftest import Api, Tenant

MINE = {"page": "flags", "name": "Mine", "filters": {"tag": ["web"], "state": "on"}}


async def names(api: Api, at: str) -> list[tuple[str, bool]]:
    return [(each["name"], each["own"]) for each in (await api.ok("GET", at))["items"]]


async def test_ones_own_is_seen_by_nobody_else(tenant: Tenant, make_member: Any) -> None:
    at = f"/projects/{tenant.project}/saved-views"
    viewer = await make_member(tenant, "viewer")
    own = await viewer.ok("POST", at, MINE)
    assert (await names(viewer, at), await names(tenant.api, at)) == ([("Mine", True)], [])
    assert (await tenant.api("DELETE", f"{at}/{own['id']}")).status_code == 404
    changed = await viewer.ok("PUT", f"{at}/{own['id']}", {**MINE, "filters": {}}, headers={"If-Match": '"1"'})
    assert (changed["filters"], changed["version"]) == ({}, 2)
    stale = await viewer("PUT", f"{at}/{own['id']}", MINE, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    await viewer.ok("DELETE", f"{at}/{own['id']}")
    assert await names(viewer, at) == []


async def test_nobody_learns_of_ones_own_from_the_audit_log(tenant: Tenant, make_member: Any) -> None:
    at = f"/projects/{tenant.project}/saved-views"
    developer, viewer = await make_member(tenant, "developer"), await make_member(tenant, "viewer")
    own = await developer.ok("POST", at, MINE)
    log = f"/organizations/{tenant.organization}/audit?entity=saved_view"
    (entry,) = (await viewer.ok("GET", log))["items"]
    assert (entry["after"]["page"], entry["after"]["shared"]) == ("flags", False)
    assert entry["after"].keys().isdisjoint({"name", "filters"})
    assert MINE["name"] not in entry["summary"]
    await developer.ok("PUT", f"{at}/{own['id']}", {**MINE, "shared": True})
    shared = (await viewer.ok("GET", log))["items"][0]
    assert (shared["after"]["name"], shared["after"]["filters"]) == (MINE["name"], MINE["filters"])
    assert shared["before"].keys().isdisjoint({"name", "filters"})


async def test_an_archived_project_keeps_no_new_ones(tenant: Tenant) -> None:
    project = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{project}/archive")
    refused = await tenant.api("POST", f"{project}/saved-views", MINE)
    assert (refused.status_code, refused.json()["code"]) == (409, "project_archived")


async def test_sharing_asks_for_the_right_to_change_flags(tenant: Tenant, make_member: Any) -> None:
    at = f"/projects/{tenant.project}/saved-views"
    viewer, developer = await make_member(tenant, "viewer"), await make_member(tenant, "developer")
    assert (await viewer("POST", at, {**MINE, "shared": True})).status_code == 403
    shared = await developer.ok("POST", at, {**MINE, "name": "Ours", "shared": True})
    await developer.ok("POST", at, {**MINE, "page": "segments", "name": "Mine"})
    assert await names(viewer, at) == [("Ours", False)]
    assert await names(developer, f"{at}?of=segments") == [("Mine", True)]
    assert (await viewer("DELETE", f"{at}/{shared['id']}")).status_code == 403
    await tenant.api.ok("PUT", f"{at}/{shared['id']}", {**MINE, "name": "All", "shared": True})
    assert await names(viewer, at) == [("All", False)]


async def test_there_are_limits(tenant: Tenant, database: Any) -> None:
    at = f"/projects/{tenant.project}/saved-views"
    large = await tenant.api("POST", at, {**MINE, "filters": {"q": "x" * 5000}})
    assert (large.status_code, large.json()["errors"][0]["field"]) == (422, "filters")
    await tenant.api.ok("POST", at, MINE)
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO saved_views SELECT gen_random_uuid(), organization_id, project_id, page, name, filters, "
            "shared, owner_id, owner_name, version, created_at, updated_at FROM saved_views, generate_series(2, $1)",
            OWN_MAX,
        )
    full = await tenant.api("POST", at, MINE)
    assert (full.status_code, full.json()["code"]) == (409, "quota_exceeded")
