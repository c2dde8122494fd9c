"""Organizations, projects, environments and SDK keys over HTTP."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from control_plane.database import Database


async def test_an_organization_is_made_by_an_administrator_who_owns_it(admin: Any) -> None:
    answer = await admin("POST", "/organizations", {"key": "acme", "name": "Acme"})
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == f"/api/v1/organizations/{made['id']}"
    assert answer.headers["etag"] == '"1"'
    assert (await admin.ok("GET", "/organizations/acme"))["id"] == made["id"]
    assert (await admin.ok("GET", "/me"))["organizations"][0]["role"] == "owner"
    again = await admin("POST", "/organizations", {"key": "acme", "name": "Acme"})
    assert (again.status_code, again.json()["code"]) == (409, "key_taken")


async def test_only_administrators_make_organizations(tenant: Any) -> None:
    answer = await tenant.api("POST", "/organizations", {"key": "other", "name": "Other"})
    assert answer.status_code == 403


async def test_a_project_is_found_by_id_and_by_key(tenant: Any) -> None:
    by_id = await tenant.api.ok("GET", f"/projects/{tenant.project}")
    assert await tenant.api.ok("GET", "/projects/shop") == by_id


async def test_lists_come_in_pages(tenant: Any) -> None:
    path = f"/organizations/{tenant.organization}/projects"
    for key in ("b", "a", "c"):
        await tenant.api.ok("POST", path, {"key": key, "name": key})
    keys: list[str] = []
    cursor: str | None = None
    while True:
        page = await tenant.api.ok("GET", path, params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        keys += [each["key"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert keys == ["a", "b", "c", "shop"]


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 201}, {"cursor": "!"}, {"cursor": "AAA="}])
async def test_a_wrong_page_is_refused(tenant: Any, params: dict[str, Any]) -> None:
    answer = await tenant.api("GET", f"/organizations/{tenant.organization}/projects", params=params)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] in params


async def test_an_edit_needs_the_version_that_stands(tenant: Any) -> None:
    path = f"/projects/{tenant.project}"
    without = await tenant.api("PATCH", path, {"name": "New"})
    assert (without.status_code, without.json()["code"]) == (428, "precondition_required")
    malformed = await tenant.api("PATCH", path, {"name": "New"}, headers={"If-Match": "*"})
    assert (malformed.status_code, malformed.json()["code"]) == (400, "invalid_if_match")
    changed = await tenant.api("PATCH", path, {"name": "New"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    old = await tenant.api("PATCH", path, {"name": "Old"}, headers={"If-Match": '"1"'})
    assert (old.status_code, old.json()["code"]) == (412, "precondition_failed")
    assert (await tenant.api.ok("GET", path))["name"] == "New"


async def test_an_unknown_field_is_refused_by_name(tenant: Any) -> None:
    answer = await tenant.api("PATCH", f"/projects/{tenant.project}", {"nmae": "x"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "nmae"


async def test_each_write_of_an_environment_takes_its_next_version(tenant: Any) -> None:
    before = await tenant.api.ok("GET", tenant.path)
    assert before["config_version"] == 1
    changed = await tenant.api.changed("PATCH", tenant.path, {"pii_attributes": ["email"], "hash_user_keys": True})
    assert changed["environment_versions"] == {"production": 2}
    assert (changed["pii_attributes"], changed["hash_user_keys"]) == (["email"], True)
    publication = await tenant.api.ok("GET", f"{tenant.path}/publication")
    assert publication == {"version": 2, "published_version": 0, "published_at": None, "blocked": None}


async def test_an_archived_environment_is_hidden_until_restored(tenant: Any) -> None:
    environments = f"/projects/{tenant.project}/environments"
    archived = await tenant.api.changed("POST", f"{tenant.path}/archive", read=tenant.path)
    assert archived["archived"]
    assert (await tenant.api.ok("GET", environments))["items"] == []
    assert len((await tenant.api.ok("GET", environments, params={"archived": True}))["items"]) == 1
    restored = await tenant.api.changed("POST", f"{tenant.path}/restore", read=tenant.path)
    assert not restored["archived"]
    assert restored["config_version"] == 3


@pytest.mark.parametrize("of", ["environment", "project"])
async def test_archive_and_restore_compare_a_version_only_when_one_is_sent(tenant: Any, of: str) -> None:
    path = tenant.path if of == "environment" else f"/projects/{tenant.project}"
    for action in ("archive", "restore"):
        old = await tenant.api("POST", f"{path}/{action}", headers={"If-Match": '"9"'})
        assert (old.status_code, old.json()["code"]) == (412, "precondition_failed")
        assert (await tenant.api.ok("POST", f"{path}/{action}"))["archived"] is (action == "archive")


async def test_an_archived_project_refuses_writes(tenant: Any) -> None:
    project = f"/projects/{tenant.project}"
    await tenant.api.changed("POST", f"{project}/archive", read=project)
    refused = await tenant.api("POST", f"{project}/environments", {"key": "dev", "name": "Dev"})
    assert (refused.status_code, refused.json()["code"]) == (409, "project_archived")
    assert (await tenant.api.ok("GET", tenant.path))["config_version"] == 2
    await tenant.api.changed("POST", f"{project}/restore", read=project)
    await tenant.api.ok("POST", f"{project}/environments", {"key": "dev", "name": "Dev"})


async def test_an_sdk_key_is_shown_once_and_stored_hashed(tenant: Any, database: Database) -> None:
    answer = await tenant.api("POST", f"{tenant.path}/sdk-keys", {"kind": "server", "name": "backend"})
    assert answer.status_code == 201
    made = answer.json()
    assert made["key"].startswith("sdk-server-")
    assert len(made["key"]) == len("sdk-server-") + 43
    assert made["environment_versions"] == {"production": 2}
    async with database.connection() as connection:
        stored = await connection.fetchval("SELECT sha256 FROM sdk_keys")
        rows = await connection.fetch("SELECT before, after FROM audit_entries")
    assert stored == hashlib.sha256(made["key"].encode()).digest()
    assert made["key"] not in str(rows)
    listed = await tenant.api.ok("GET", f"{tenant.path}/sdk-keys")
    assert made["key"] not in str(listed)
    assert listed["items"][0]["hint"] == made["key"][-4:]


async def test_a_key_is_rotated_with_an_overlap_and_revoked(tenant: Any) -> None:
    keys = f"{tenant.path}/sdk-keys"
    old = await tenant.api.ok("POST", keys, {"kind": "client", "name": "web"})
    new = await tenant.api.ok("POST", f"{keys}/{old['id']}/rotate", {"overlap_seconds": 60})
    assert new["key"].startswith("sdk-client-")
    assert new["key"] != old["key"]
    listed = {each["id"]: each for each in (await tenant.api.ok("GET", keys))["items"]}
    assert listed[old["id"]]["expires_at"] is not None
    assert listed[new["id"]]["expires_at"] is None
    revoked = await tenant.api.ok("DELETE", f"{keys}/{new['id']}")
    assert revoked["revoked_at"] is not None
    assert (await tenant.api.ok("DELETE", f"{keys}/{new['id']}"))["environment_versions"] == {}
    refused = await tenant.api("POST", f"{keys}/{new['id']}/rotate", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "key_revoked")


@pytest.mark.parametrize("moment", ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00", "9999-12-31T23:59:59-23:59"])
async def test_a_key_expires_in_the_future_with_an_offset(tenant: Any, moment: str) -> None:
    body = {"kind": "server", "name": "backend", "expires_at": moment}
    answer = await tenant.api("POST", f"{tenant.path}/sdk-keys", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "expires_at"


@pytest.mark.parametrize("key", ["", "Upper", "-dash", "a b", "x" * 129, "ä", "a\n"])
async def test_a_key_has_a_form(tenant: Any, key: str) -> None:
    answer = await tenant.api("POST", f"/projects/{tenant.project}/environments", {"key": key, "name": "x"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "key"


async def test_a_project_key_of_two_organizations_is_ambiguous(admin: Any) -> None:
    for organization in ("one", "two"):
        made = await admin.ok("POST", "/organizations", {"key": organization, "name": organization})
        await admin.ok("POST", f"/organizations/{made['id']}/projects", {"key": "shop", "name": "Shop"})
    answer = await admin("GET", "/projects/shop")
    assert (answer.status_code, answer.json()["code"]) == (409, "ambiguous_project")


async def test_an_environment_names_the_attributes_that_exposures_carry(tenant: Any) -> None:
    changed = await tenant.api.changed("PATCH", tenant.path, {"exposure_attributes": ["country", "address.city"]})
    assert changed["exposure_attributes"] == ["country", "address.city"]
    for names, field in (([""], "exposure_attributes[0]"), (["a"] * 21, "exposure_attributes")):
        answer = await tenant.api("PATCH", tenant.path, {"exposure_attributes": names}, headers={"If-Match": '"2"'})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert (await tenant.api.ok("GET", tenant.path))["exposure_attributes"] == ["country", "address.city"]


async def test_an_environment_has_a_color_of_the_list(tenant: Any) -> None:
    assert (await tenant.api.ok("GET", tenant.path))["color"] == "automatic"
    changed = await tenant.api.changed("PATCH", tenant.path, {"color": "violet"})
    assert changed["color"] == "violet"
    assert (await tenant.api.changed("PATCH", tenant.path, {"name": "Live"}))["color"] == "violet"
    environments = f"/projects/{tenant.project}/environments"
    made = await tenant.api.ok("POST", environments, {"key": "dev", "name": "Dev", "color": "teal"})
    assert made["color"] == "teal"
    refused = await tenant.api("POST", environments, {"key": "other", "name": "Other", "color": "#ff0000"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "color")
