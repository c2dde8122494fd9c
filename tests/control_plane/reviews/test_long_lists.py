"""Edits of long lists are agreed on: the keys that come and go are shown, laid over what stands then, never audited."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from .conftest import Shop, edit

BYPASS = {"X-Verdict-Bypass": "true", "X-Verdict-Reason": "test"}
SERVED = {"enabled": True, "rules": [{"if": {"segment": "beta"}, "then": {"variation": "on"}}]}


@pytest.fixture
async def served(shop: Shop) -> Shop:
    """Production serves by a segment whose long list holds two units."""
    await shop.owner.ok("POST", f"{shop.path}/segments", {"key": "beta"})
    await shop.set(SERVED)
    await change(shop, {"included": {"add": ["unit-1", "unit-2"]}})
    return shop


async def change(shop: Shop, body: dict[str, Any]) -> None:
    await shop.owner.ok("PATCH", f"{shop.path}/segments/beta/long-list", body, headers=BYPASS)


async def included(shop: Shop) -> list[str]:
    answer = await shop.owner("GET", f"{shop.path}/segments/beta/long-list/included")
    return sorted(line.strip('"') for line in answer.text.splitlines())


def list_edit(lists: dict[str, Any], **more: Any) -> dict[str, Any]:
    return edit("segment", "beta", "update", {"long_list": lists, **more})


async def test_a_direct_edit_says_how_it_goes_on_and_is_laid_over_what_stands_then(served: Shop) -> None:
    body = {"included": {"add": ["unit-1", "unit-3"], "remove": ["unit-2"]}, "on_experiments": "new_phase"}
    answer = await served.author("PATCH", f"{served.path}/segments/beta/long-list", body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "approval_required"), answer.text
    request = await served.propose(problem["edit"])
    [shown] = request["edits"]
    # A unit that is there already is no business of the request.
    moved = {"included": {"add": ["unit-3"], "remove": ["unit-2"]}, "excluded": {"add": [], "remove": []}}
    assert shown["document"] == {"long_list": moved, "on_experiments": "new_phase"}
    assert shown["environments"] == ["production"]
    words = [each for each in shown["difference"]["words"] if each.startswith("long_list_keys")]
    assert words == ['long_list_keys.included added: "unit-3"', 'long_list_keys.included removed: "unit-2"']
    assert await included(served) == ["unit-1", "unit-2"]

    await change(served, {"included": {"add": ["unit-9"], "remove": ["unit-1"]}})
    approved = await served.approve(request)
    assert approved["edits"][0]["collisions"] == []
    applier = await served.with_rights("applier", "project:read", "change:apply", "flag:read", "segment:read")
    assert (await served.apply(request, by=applier)).is_success
    assert await included(served) == ["unit-3", "unit-9"]
    assert (await served.apply(request)).json()["code"] == "not_open"
    told = msgspec.json.encode([(each["before"], each["after"]) for each in await served.audit(100)])
    assert b"unit-" not in told
    assert b'"included":{"add":1,"remove":1}' in told.replace(b" ", b"").replace(b"\\", b"")


async def test_what_a_list_does_not_take_is_refused_by_its_field(served: Shop) -> None:
    for document, field in (
        (list_edit({"excluded": {"add": ["unit-1"]}}), "long_list.excluded"),
        (list_edit({"included": {"add": [""]}}), "long_list.included.add[0]"),
        (list_edit({"everybody": {}}), "long_list.everybody"),
    ):
        refused = await served.author("POST", served.requests, {"title": "T", "edits": [document]})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, f"edits[0].document.{field}")
    unknown = {**list_edit({"included": {"add": ["unit-1"]}}), "key": "nobody"}
    refused = await served.author("POST", served.requests, {"title": "T", "edits": [unknown]})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown")


async def test_lists_and_other_fields_are_edited_together_and_one_after_another(served: Shop) -> None:
    first = list_edit({"included": {"add": ["unit-3"]}}, name="Beta")
    second = list_edit({"included": {"remove": ["unit-3"]}, "excluded": {"add": ["unit-3"]}})
    request = await served.approve(await served.propose(first, second))
    assert (await served.apply(request)).is_success
    segment = await served.owner.ok("GET", f"{served.path}/segments/beta")
    told = segment["long_list"]
    assert (segment["name"], told["included"], told["excluded"]) == ("Beta", 2, 1)
    assert await included(served) == ["unit-1", "unit-2"]


async def test_a_file_says_how_it_goes_on_where_a_request_holds_its_keys(served: Shop) -> None:
    path = f"{served.path}/segments/beta/long-list/included"
    for mode, key, document in (
        ("add", "unit-4", {"long_list": {"included": {"add": ["unit-4"]}}}),
        ("remove", "unit-1", {"long_list": {"included": {"remove": ["unit-1"]}}}),
        ("replace", "unit-4", None),
    ):
        sent: dict[str, Any] = {"content": key.encode(), "headers": {"Content-Type": "text/plain"}}
        answer = await served.author("PUT", f"{path}?mode={mode}", **sent)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "approval_required"), answer.text
        assert (problem.get("edit") or {}).get("document") == document
