"""`dry_run=true`: a write is checked and told as it would be made, and nothing of it is left."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control_plane.conftest import Tenant
from tests.control_plane.flags.test_flag_lists import FLAG

SEGMENT = {"key": "beta", "included": ["u1"]}
CONFIG: dict[str, Any] = {"key": "page", "value": {"retries": 3}, "schema": {"properties": {"retries": {"maximum": 9}}}}
SETTINGS = "/flags/checkout/environments/production"
WRITES: dict[str, tuple[str, str, dict[str, Any] | None, str]] = {
    "create a flag": ("POST", "/flags", {"key": "new", **FLAG}, ""),
    "change a flag": ("PATCH", "/flags/checkout", {"name": "Till"}, "/flags/checkout"),
    "clone a flag": ("POST", "/flags/checkout/clone", {"key": "copied"}, ""),
    "set a flag": ("PATCH", SETTINGS, {"enabled": True}, SETTINGS),
    "switch a flag on": ("PUT", f"{SETTINGS}/enabled", {"enabled": True}, SETTINGS),
    "switch a flag off": ("PUT", f"{SETTINGS}/enabled", {"enabled": False}, SETTINGS),
    "create a segment": ("POST", "/segments", {"key": "new"}, ""),
    "change a segment": ("PATCH", "/segments/beta", {"included": ["u2"]}, "/segments/beta"),
    "create a config": ("POST", "/configs", {**CONFIG, "key": "new"}, ""),
    "change a config": ("PATCH", "/configs/page", {"value": {"retries": 4}}, "/configs/page"),
    "archive a flag": ("POST", "/flags/checkout/archive", None, "/flags/checkout"),
    "restore a flag": ("POST", "/flags/old/restore", None, "/flags/old"),
    "archive a segment": ("POST", "/segments/beta/archive", None, "/segments/beta"),
    "archive a config": ("POST", "/configs/page/archive", None, "/configs/page"),
    "archive a metric": ("POST", "/metrics/bought/archive", None, "/metrics/bought"),
    "archive a layer": ("POST", "/layers/checkout/archive", None, "/layers/checkout"),
    "archive a holdout": ("POST", "/holdouts/kept-out/archive", None, "/holdouts/kept-out"),
    "change a long list": ("PATCH", "/segments/beta/long-list", {"included": {"add": ["u9"]}}, "/segments/beta"),
    "set a config": (
        "PATCH",
        "/configs/page/environments/production",
        {"value": {"retries": 5}},
        "/configs/page/environments/production",
    ),
}


DELETED = ("/flags/old", "/segments/beta", "/configs/gone", "/metrics/bought", "/layers/checkout")


@pytest.fixture
async def project(tenant: Tenant) -> str:
    path = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{path}/flags", {"key": "checkout", **FLAG})
    await tenant.api.ok("POST", f"{path}/segments", SEGMENT)
    await tenant.api.ok("POST", f"{path}/configs", CONFIG)
    await tenant.api.ok("POST", f"{path}/flags", {"key": "old", **FLAG})
    await tenant.api.ok("POST", f"{path}/flags/old/archive")
    await tenant.api.ok("POST", f"{path}/configs", {**CONFIG, "key": "gone"})
    await tenant.api.ok("POST", f"{path}/configs/gone/archive")
    await tenant.api.ok("POST", f"{path}/metrics", {"key": "bought", "aggregation": "conversion", "event": "bought"})
    await tenant.api.ok("POST", f"{path}/layers", {"key": "checkout"})
    await tenant.api.ok("POST", f"{path}/holdouts", {"key": "kept-out", "share": 5})
    return path


async def head_of(tenant: Tenant) -> tuple[int, int]:
    (entry,) = (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?limit=1"))["items"]
    return entry["number"], (await tenant.api.ok("GET", tenant.path))["config_version"]


@pytest.mark.parametrize("write", list(WRITES))
async def test_what_would_be_written_is_told_and_nothing_is(tenant: Tenant, project: str, write: str) -> None:
    method, path, body, read = WRITES[write]
    etag = (await tenant.api("GET", f"{project}{read}")).headers["etag"] if read else '"0"'
    before = await head_of(tenant)
    headers = {"If-Match": etag, "Prefer": "wait=1"} if read else {}
    tried = await tenant.api(method, f"{project}{path}?dry_run=true", body, headers=headers)
    told = tried.json()
    assert (tried.status_code, told["environment_versions"]) == (200 if read else 201, {}), tried.text
    assert told["changes"][0]["words"] or write == "switch a flag off"
    assert "etag" not in tried.headers
    assert await head_of(tenant) == before
    made = (await tenant.api(method, f"{project}{path}", body, headers=headers)).json()
    once = {"id", "created_at", "updated_at", "environment_versions", "changes", "propagation"}
    assert {k: v for k, v in told.items() if k not in once} == {k: v for k, v in made.items() if k not in once}
    assert "changes" not in made


async def test_it_is_refused_as_the_write_would_be(tenant: Tenant, project: str, make_member: Any) -> None:
    api = tenant.api
    stale = {"If-Match": '"9"'}
    path = f"{project}/flags/checkout?dry_run=true"
    assert (await api("PATCH", path, {"name": "x"}, headers=stale)).status_code == 412
    assert (await api("POST", f"{project}/flags?dry_run=true", {"key": "checkout", **FLAG})).status_code == 409
    wrong = {"rules": [{"if": {"segment": "nobody"}, "then": {"variation": "on"}}]}
    answer = await api("PATCH", f"{project}{SETTINGS}?dry_run=true", wrong, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["errors"][0]["field"][:8]) == (422, "rules[0]")
    viewer = await make_member(tenant, "viewer")
    assert (await viewer("POST", f"{project}/segments?dry_run=true", {"key": "new"})).status_code == 403
    await api.changed("PUT", f"{tenant.path}/approval-policy", {"required": True})
    answer = await api("PUT", f"{project}{SETTINGS}/enabled?dry_run=true", {"enabled": True})
    assert answer.json()["code"] == "approval_required"


async def test_the_next_request_writes_again(tenant: Tenant, project: str) -> None:
    await tenant.api.ok("POST", f"{project}/segments?dry_run=true", {"key": "new"})
    await tenant.api.ok("POST", f"{project}/segments?dry_run=false", {"key": "new"})
    assert (await tenant.api("GET", f"{project}/segments/new")).status_code == 200


@pytest.mark.parametrize("path", DELETED)
async def test_a_deletion_is_told_and_nothing_is_deleted(tenant: Tenant, project: str, path: str) -> None:
    before = await head_of(tenant)
    told = await tenant.api.ok("DELETE", f"{project}{path}?dry_run=true")
    assert told["environment_versions"] == {}
    (change,) = told["changes"]
    assert (change["key"], change["action"]) == (path.rpartition("/")[2], "delete")
    assert await head_of(tenant) == before
    assert "changes" not in await tenant.api.ok("DELETE", f"{project}{path}")
    assert (await tenant.api("GET", f"{project}{path}")).status_code == 404


async def test_a_deletion_is_refused_as_it_would_be(tenant: Tenant, project: str) -> None:
    rule = {"rules": [{"if": {"segment": "beta"}, "then": {"variation": "on"}}]}
    await tenant.api.changed("PATCH", f"{project}{SETTINGS}", rule)
    refused = (("DELETE", "/segments/beta"), ("POST", "/segments/beta/archive"), ("DELETE", "/flags/checkout"))
    for method, path in refused:
        tried = await tenant.api(method, f"{project}{path}?dry_run=true")
        made = await tenant.api(method, f"{project}{path}")
        assert (tried.status_code, tried.json()["code"]) == (made.status_code, made.json()["code"])
        assert tried.status_code == 409


async def test_a_file_of_keys_is_told_and_not_taken(tenant: Tenant, project: str) -> None:
    path = f"{project}/segments/beta/long-list/included"
    headers = {"Content-Type": "text/plain"}
    before = await head_of(tenant)
    told = await tenant.api.ok("PUT", f"{path}?dry_run=true", content=b"u7\nu8\n", headers=headers)
    assert (told["long_list"]["included"], told["changes"][0]["key"]) == (2, "beta")
    assert await head_of(tenant) == before
    assert (await tenant.api.ok("GET", f"{project}/segments/beta"))["long_list"] is None
    wrong = await tenant.api("PUT", f"{path}?dry_run=true", content=b"u7\n\0\n", headers=headers)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "line 2")
