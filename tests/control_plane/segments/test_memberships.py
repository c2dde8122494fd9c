"""Which segments a context is in, and what uses a segment."""

from __future__ import annotations

from typing import Any

import pytest

US = {"attribute": "country", "operator": "eq", "value": "US"}


@pytest.fixture
async def shop(tenant: Any) -> str:
    shop = f"/projects/{tenant.project}"
    for segment in (
        {"key": "beta", "included": ["vip"], "if": US},
        {"key": "inner", "if": {"and": [US, {"segment": "beta"}]}},
        {"key": "plain"},
    ):
        await tenant.api.ok("POST", f"{shop}/segments", segment)
    listed = {"included": {"add": ["u1"]}, "excluded": {"add": ["out"]}}
    await tenant.api.ok("PATCH", f"{shop}/segments/beta/long-list", listed)
    return shop


async def test_a_context_is_told_its_segments(tenant: Any, shop: str) -> None:
    path = f"{tenant.path}/segments/evaluate"

    async def told(context: dict[str, Any], **more: Any) -> dict[str, tuple[bool | None, str]]:
        answer = await tenant.api.ok("POST", path, {"context": context, **more})
        return {key: (each["member"], each["reason"]) for key, each in answer["segments"].items()}

    condition = (False, "condition")
    assert await told({"targetingKey": "u1"}) == {
        "beta": (True, "included"),
        "inner": condition,
        "plain": (False, "not_included"),
    }
    assert await told({"targetingKey": "out", "country": "US"}, segments=["inner"]) == {
        "inner": condition,
        "beta": (False, "excluded"),
    }
    assert await told({"country": "US"}, segments=["beta"]) == {"beta": (True, "condition")}
    answer = await tenant.api.ok("POST", path, {"context": {"country": "US"}, "segments": ["inner"]})
    assert [part["matched"] for part in answer["segments"]["inner"]["if"]["and"]] == [True, True]
    gone = await tenant.api("POST", path, {"segments": ["gone"]})
    assert (gone.status_code, gone.json()["code"]) == (404, "segment_not_found")
    assert (await tenant.api("POST", path, {"segments": ["beta"] * 501})).status_code == 422


async def test_what_uses_a_segment_is_told_with_the_way(tenant: Any, shop: str) -> None:
    variations = [{"key": "on", "value": True}, {"key": "off", "value": False}]
    flag = {"type": "boolean", "variations": variations, "off_variation": "off", "default": {"variation": "off"}}
    for key in ("first", "second"):
        await tenant.api.ok("POST", f"{shop}/flags", {**flag, "key": key})
    rules = {"rules": [{"if": {"segment": "inner"}, "then": {"variation": "on"}}]}
    await tenant.api.changed("PATCH", f"{shop}/flags/first/environments/production", rules)
    needs = {"prerequisites": [{"flag": "first", "variation": "on"}]}
    await tenant.api.changed("PATCH", f"{shop}/flags/second/environments/production", needs)
    await tenant.api.ok("POST", f"{shop}/configs", {"key": "page", "value": {}})
    patch = {"overrides": [{"segment": "beta", "value": {"a": 1}}]}
    await tenant.api.changed("PATCH", f"{shop}/configs/page/environments/production", patch)

    users = await tenant.api.ok("GET", f"{shop}/segments/beta/users")
    inner, first = {"kind": "segment", "key": "inner"}, {"kind": "flag", "key": "first"}
    told = [(each["kind"], each["key"], each["environment"], each["path"]) for each in users["items"]]
    assert told == [
        ("config", "page", "production", []),
        ("segment", "inner", None, []),
        ("flag", "first", "production", [inner]),
        ("flag", "second", "production", [inner, first]),
    ]
    assert (all(each["active"] for each in users["items"]), users["truncated"]) == (True, False)
    assert (await tenant.api.ok("GET", f"{shop}/segments/plain/users"))["items"] == []
    assert (await tenant.api("GET", f"{shop}/segments/gone/users")).status_code == 404


async def test_the_past_of_a_long_list_is_explained(tenant: Any, shop: str, clock: Any) -> None:
    variations = [{"key": "on", "value": True}, {"key": "off", "value": False}]
    flag = {"type": "boolean", "variations": variations, "off_variation": "off", "default": {"variation": "off"}}
    await tenant.api.ok("POST", f"{shop}/flags", {**flag, "key": "first"})
    rules = {"enabled": True, "rules": [{"if": {"segment": "beta"}, "then": {"variation": "on"}}]}
    await tenant.api.changed("PATCH", f"{shop}/flags/first/environments/production", rules)
    then = clock.now()
    clock.advance(60)
    changes = ({"remove": ["u1"], "add": ["u2"]}, {"remove": ["u2"]})
    for change in changes:
        await tenant.api.ok("PATCH", f"{shop}/segments/beta/long-list", {"included": change})

    async def served(unit: str, **more: Any) -> str | None:
        asked = {"flag": "first", "context": {"targetingKey": unit}, **more}
        answer = await tenant.api.ok("POST", f"{tenant.path}/explain", asked)
        found: str | None = answer["decision"]["variation"]
        return found

    assert [await served(unit) for unit in ("u1", "u2", "out")] == ["off", "off", "off"]
    assert [await served(unit, at=then) for unit in ("u1", "u2", "out")] == ["on", "off", "off"]
