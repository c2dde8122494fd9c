"""Long lists over HTTP: edited, uploaded, read, told, brought back."""

from __future__ import annotations

from typing import Any

import pytest
from control_plane.database import Database
from control_plane.publishing.queries import unpublished

LIST = "/segments/beta/long-list"


@pytest.fixture
async def shop(tenant: Any) -> str:
    shop = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{shop}/segments", {"key": "beta"})
    return shop


async def upload(tenant: Any, path: str, text: str, form: str = "text/csv", **headers: str) -> Any:
    return await tenant.api("PUT", path, content=text.encode(), headers={"Content-Type": form, **headers})


async def keys(tenant: Any, shop: str, listing: str = "included") -> list[str]:
    answer = await tenant.api("GET", f"{shop}{LIST}/{listing}")
    assert answer.headers["content-type"] == "application/x-ndjson"
    return sorted(line.strip('"') for line in answer.text.splitlines())


async def test_a_list_is_edited_by_key_and_by_file(tenant: Any, shop: str) -> None:
    body = {"included": {"add": ["u1", "u2"]}, "excluded": {"add": ["out"]}}
    edited = await tenant.api.changed("PATCH", f"{shop}{LIST}", body, read=f"{shop}/segments/beta")
    told = edited["long_list"]
    assert (told["included"], told["excluded"], edited["version"]) == (2, 1, 2)
    assert edited["environment_versions"] == {"production": 3}
    assert (await tenant.api.ok("GET", f"{shop}/segments/beta"))["long_list"] == told
    # What is there already makes no version.
    same = await tenant.api.ok("PATCH", f"{shop}{LIST}", {"included": {"add": ["u1"], "remove": ["u9"]}})
    assert (same["version"], same["environment_versions"]) == (2, {})

    answer = await upload(tenant, f"{shop}{LIST}/included?mode=add", 'key\nu3\n"u,4"\n')
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')
    assert await keys(tenant, shop) == ["u,4", "u1", "u2", "u3"]
    await upload(tenant, f"{shop}{LIST}/included?mode=remove", "u3\n", "text/plain")
    await upload(tenant, f"{shop}{LIST}/excluded", '"gone"\n{"key": "away"}\n', "application/x-ndjson")
    assert (await keys(tenant, shop), await keys(tenant, shop, "excluded")) == (["u,4", "u1", "u2"], ["away", "gone"])
    emptied = await upload(tenant, f"{shop}{LIST}/included", "")
    assert (emptied.json()["long_list"]["included"], await keys(tenant, shop)) == (0, [])
    none = (await upload(tenant, f"{shop}{LIST}/excluded", "")).json()
    assert none["long_list"] is None

    audit = (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit"))["items"]
    entry = next(each for each in audit if each["entity"] == "segment" and each["after"]["version"] == 2)
    assert entry["after"]["long_list"] == told
    assert entry["before"]["long_list"] is None


async def test_wrong_edits_change_nothing(tenant: Any, shop: str) -> None:
    await tenant.api.ok("PATCH", f"{shop}{LIST}", {"included": {"add": ["u1"]}})
    for body, field in (
        ({"excluded": {"add": ["u1"]}}, "excluded"),
        ({"included": {"add": [""]}}, "included.add[0]"),
        ({"included": {"add": ["é" * 600]}}, "included.add[0]"),
        ({"included": {"add": ["a\0b"]}}, "included.add[0]"),
        ({"included": {"add": ["u"] * 20_001}}, "included.add"),
        ({"included": ["u2"]}, "included"),
        ({"keys": []}, "keys"),
    ):
        refused = await tenant.api("PATCH", f"{shop}{LIST}", body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    wrong = await upload(tenant, f"{shop}{LIST}/included", '"u2"\nu3\n', "application/x-ndjson")
    assert (wrong.status_code, wrong.json()["errors"]) == (
        422,
        [{"field": "line 2", "code": "form", "reason": "is no JSON"}],
    )
    assert (await upload(tenant, f"{shop}{LIST}/included", "u2", "text/html")).status_code == 415
    assert (await upload(tenant, f"{shop}{LIST}/everybody", "u2")).status_code == 422
    assert (await upload(tenant, f"{shop}{LIST}/included?mode=swap", "u2")).status_code == 422
    old = await upload(tenant, f"{shop}{LIST}/included", "u2", **{"If-Match": '"1"'})
    assert (old.status_code, await keys(tenant, shop)) == (412, ["u1"])
    await tenant.api.ok("POST", f"{shop}/segments/beta/archive")
    assert (await tenant.api("PATCH", f"{shop}{LIST}", {"included": {"add": ["u2"]}})).status_code == 409


async def test_a_key_is_not_included_here_and_excluded_there(tenant: Any, shop: str) -> None:
    one = f"{shop}/segments/beta"
    await tenant.api.changed("PATCH", one, {"included": ["vip"]})
    await tenant.api.ok("PATCH", f"{shop}{LIST}", {"included": {"add": ["vip"]}, "excluded": {"add": ["out"]}})
    for method, path, body, field in (
        ("PATCH", f"{shop}{LIST}", {"included": {"remove": ["vip"]}, "excluded": {"add": ["vip"]}}, "excluded"),
        ("PATCH", one, {"included": ["vip", "out"]}, "included"),
        ("PATCH", one, {"included": [], "excluded": ["vip"]}, "excluded"),
    ):
        etag = (await tenant.api("GET", one)).headers["etag"]
        refused = await tenant.api(method, path, body, headers={"If-Match": etag})
        [error] = refused.json()["errors"]
        assert (refused.status_code, error["field"], error["code"]) == (422, field, "both_lists")
    assert (await upload(tenant, f"{shop}{LIST}/excluded?mode=add", "vip\n")).status_code == 422
    await tenant.api.ok("PATCH", f"{shop}{LIST}", {"excluded": {"remove": ["out"]}})
    await tenant.api.changed("PATCH", one, {"included": ["out"]})


async def test_whoever_is_listed_is_found_and_explained(tenant: Any, shop: str) -> None:
    await tenant.api.ok("PATCH", f"{shop}{LIST}", {"included": {"add": ["u1"]}, "excluded": {"add": ["out"]}})
    flag = {
        "key": "new",
        "type": "boolean",
        "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    }
    await tenant.api.ok("POST", f"{shop}/flags", {**flag, "off_variation": "off", "default": {"variation": "off"}})
    settings = f"{shop}/flags/new/environments/production"
    rules = [{"if": {"segment": "beta"}, "then": {"variation": "on"}}]
    await tenant.api.changed("PATCH", settings, {"enabled": True, "rules": rules})
    for unit, variation, reason in (
        ("u1", "on", "included"),
        ("out", "off", "excluded"),
        ("u2", "off", "not_included"),
    ):
        asked = {"flag": "new", "context": {"targetingKey": unit}}
        told = await tenant.api.ok("POST", f"{tenant.path}/explain", asked)
        assert told["decision"]["variation"] == variation
        assert told["segments"]["beta"]["reason"] == reason
    found = await tenant.api.ok("GET", f"{tenant.path}/overrides/u1")
    assert found["segments"] == [{"segment": "beta", "listed": "included"}]


async def test_a_list_is_brought_back(tenant: Any, shop: str) -> None:
    one = f"{shop}/segments/beta"
    await tenant.api.ok("PATCH", f"{shop}{LIST}", {"included": {"add": ["u1", "u2"]}})
    await upload(tenant, f"{shop}{LIST}/included", "u3\nu4\n")
    await tenant.api.changed("PATCH", one, {"included": ["vip"]})
    history = f"{shop}/history/segment/beta"
    await tenant.api.ok("POST", f"{history}/versions/2/restore")
    assert (await keys(tenant, shop), (await tenant.api.ok("GET", one))["included"]) == (["u1", "u2"], [])
    await tenant.api.ok("POST", f"{history}/undo")
    assert (await keys(tenant, shop), (await tenant.api.ok("GET", one))["included"]) == (["u3", "u4"], ["vip"])
    await tenant.api.ok("POST", f"{history}/versions/1/restore")
    assert (await tenant.api.ok("GET", one))["long_list"] is None
    await tenant.api.ok("POST", f"{history}/versions/3/restore")
    await tenant.api.ok("DELETE", one)
    gone = await tenant.api("POST", f"{history}/versions/3/restore")
    assert (gone.status_code, gone.json()["code"]) == (409, "not_undoable")


async def test_lists_count_as_bytes(tenant: Any, shop: str) -> None:
    quotas = f"{shop}/quotas"

    async def used() -> int:
        return next(
            int(each["used"])
            for each in (await tenant.api.ok("GET", quotas))["items"]
            if each["quota"] == "environment_bytes"
        )

    before = await used()
    told = (await tenant.api.ok("PATCH", f"{shop}{LIST}", {"included": {"add": ["u" * 1000]}}))["long_list"]
    assert told["bytes"] > 1000
    assert told["bytes"] <= await used() - before < told["bytes"] + 300
    await tenant.api.ok("DELETE", f"{shop}/segments/beta")
    assert await used() < before


async def test_what_a_list_has_to_publish_is_known_beforehand(tenant: Any, shop: str, database: Database) -> None:
    """So that much of it takes its turn beside what others change."""
    told = await tenant.api.ok("PATCH", f"{shop}{LIST}", {"included": {"add": ["u1", "u2"]}})
    async with database.transaction() as tx:
        waiting = await unpublished(tx)
    assert [row["list_bytes"] for row in waiting] == [told["long_list"]["bytes"]]
