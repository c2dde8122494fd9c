"""Groups: what they hold, their members may; and nobody lets others into more than they have."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control_plane.conftest import Api, Tenant


@pytest.fixture
async def at(tenant: Tenant) -> str:
    await tenant.api.ok("POST", f"/organizations/{tenant.organization}/groups", {"key": "web", "name": "Web"})
    return f"/organizations/{tenant.organization}"


async def person_of(api: Api) -> str:
    return str((await api.ok("GET", "/me"))["id"])


async def test_members_hold_what_their_group_holds(tenant: Tenant, make_member: Any, at: str) -> None:
    viewer = await make_member(tenant, "viewer")
    identity = await person_of(viewer)
    group = await tenant.api.ok("GET", f"{at}/groups/web")
    binding = {"group": group["id"], "role": "developer", "project": "shop"}
    await tenant.api.ok("POST", f"{at}/bindings", binding)
    segment = {"key": "beta", "included": ["u1"]}
    segments = f"/projects/{tenant.project}/segments"
    assert (await viewer("POST", segments, segment)).status_code == 403
    await tenant.api.ok("PUT", f"{at}/groups/web/members/{identity}")
    await tenant.api.ok("PUT", f"{at}/groups/web/members/{identity}")
    assert [each["id"] for each in (await tenant.api.ok("GET", f"{at}/groups/web/members"))["items"]] == [identity]
    assert (await tenant.api.ok("GET", f"{at}/groups/web"))["members"] == 1
    await viewer.ok("POST", segments, segment)
    assert (await tenant.api("DELETE", f"{at}/groups/web/members/{identity}")).status_code == 204
    assert (await viewer("POST", segments, {**segment, "key": "gamma"})).status_code == 403
    assert (await tenant.api("DELETE", f"{at}/groups/web/members/{identity}")).status_code == 404


async def test_nobody_lets_others_into_more_than_they_have(tenant: Tenant, make_member: Any, at: str) -> None:
    group = await tenant.api.ok("GET", f"{at}/groups/web")
    await tenant.api.ok("POST", f"{at}/bindings", {"group": group["id"], "role": "owner"})
    administrator = await make_member(tenant, "administrator")
    mine = await person_of(administrator)
    answer = await administrator("PUT", f"{at}/groups/web/members/{mine}")
    assert (answer.status_code, answer.json()["code"]) == (403, "right_not_held")
    assert (await administrator("DELETE", f"{at}/groups/web")).json()["code"] == "right_not_held"
    assert (await tenant.api("DELETE", f"{at}/groups/web")).status_code == 204
    assert (await tenant.api.ok("GET", f"{at}/bindings"))["items"] == []


async def test_a_group_is_renamed_and_what_is_wrong_is_named(tenant: Tenant, at: str) -> None:
    renamed = await tenant.api.changed("PATCH", f"{at}/groups/web", {"name": "The web"})
    assert (renamed["name"], renamed["version"]) == ("The web", 2)
    taken = await tenant.api("POST", f"{at}/groups", {"key": "web", "name": "Again"})
    assert (taken.status_code, taken.json()["code"]) == (409, "key_taken")
    nobody = await tenant.api("PUT", f"{at}/groups/web/members/00000000-0000-0000-0000-000000000001")
    assert nobody.json()["errors"][0]["code"] == "unknown_user"
    assert (await tenant.api("GET", f"{at}/groups/none")).status_code == 404
