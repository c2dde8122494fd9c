"""Explanations of many flags at once, and of settings that aren't saved."""

from __future__ import annotations

from typing import Any

import pytest
from service_kit.clock import ManualClock

from tests.control_plane.explanations.test_explanations import FLAG, RULES, asked, prepared

CONTEXT = {"context": {"targetingKey": "u1"}}


async def test_a_draft_is_explained_and_not_saved(tenant: Any) -> None:
    await prepared(tenant)
    path = f"{tenant.path}/explain"
    draft = {"rules": [], "targets": [{"key": "u1", "variation": "off", "expires_at": "2100-01-01T00:00:00Z"}]}
    told = await tenant.api.ok("POST", path, asked("u1") | {"draft": draft})
    assert (told["decision"]["variation"], told["decision"]["reason"]) == ("off", "TARGETING_MATCH")
    told = await tenant.api.ok("POST", path, asked("u1") | {"draft": {"enabled": False}})
    assert told["decision"]["reason"] == "DISABLED"
    assert (await tenant.api.ok("POST", path, asked("u1")))["decision"]["variation"] == "on"


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"rules": [{"if": {"segment": "beta"}, "then": {"variation": "gone"}}]}, "draft.rules[0].then.variation"),
        ({"rule": []}, "draft.rule"),
        ({"targets": [{"key": "u1", "variation": "on", "expires_at": "soon"}]}, "draft.targets[0].expires_at"),
    ],
    ids=["variation", "field", "moment"],
)
async def test_a_wrong_draft_is_refused_where_it_is_wrong(tenant: Any, draft: dict[str, Any], field: str) -> None:
    await prepared(tenant)
    answer = await tenant.api("POST", f"{tenant.path}/explain", asked("u1") | {"draft": draft})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(field.rpartition(".")[0])


async def test_drafts_are_of_flags_and_of_now(tenant: Any, clock: ManualClock) -> None:
    await prepared(tenant)
    await tenant.api.ok("POST", f"/projects/{tenant.project}/configs", {"key": "page", "value": {}})
    clock.advance(60)
    draft = {"draft": {"enabled": False}}
    for body in (asked("u1") | {"at": round(clock.now()) - 1000}, {**asked("u1"), "flag": "page"}):
        answer = await tenant.api("POST", f"{tenant.path}/explain", body | draft)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "draft")


async def test_all_flags_are_explained_page_by_page(tenant: Any) -> None:
    await prepared(tenant)
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", {**FLAG, "key": "another"})
    await tenant.api.ok("POST", f"/projects/{tenant.project}/configs", {"key": "page", "value": {"a": 1}})
    path = f"{tenant.path}/explanations"
    whole = await tenant.api.ok("POST", path, CONTEXT)
    assert [(each["flag"], each["decision"]["reason"]) for each in whole["items"]] == [
        ("another", "DISABLED"),
        ("checkout", "TARGETING_MATCH"),
        ("page", "STATIC"),
    ]
    assert {each["steps"] for each in whole["items"]} == {None}
    first = await tenant.api.ok("POST", f"{path}?limit=2", CONTEXT)
    rest = await tenant.api.ok("POST", f"{path}?limit=2&cursor={first['next_cursor']}", CONTEXT)
    assert (first["items"] + rest["items"], rest["next_cursor"]) == (whole["items"], None)


async def test_some_are_explained_with_their_steps_as_each_alone(tenant: Any) -> None:
    await prepared(tenant)
    told = await tenant.api.ok(
        "POST", f"{tenant.path}/explanations", {**CONTEXT, "flags": ["gone", "checkout"], "steps": True}
    )
    alone = await tenant.api.ok("POST", f"{tenant.path}/explain", asked("u1"))
    assert told["items"] == [
        {"flag": "gone", "decision": None, "steps": None},
        {"flag": "checkout", "decision": alone["decision"], "steps": alone["steps"]},
    ]


async def test_many_are_explained_as_of_a_moment(tenant: Any, clock: ManualClock) -> None:
    await prepared(tenant)
    clock.advance(60)
    then = round(clock.now())
    clock.advance(60)
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", {**FLAG, "key": "another"})
    settings = f"/projects/{tenant.project}/flags/checkout/environments/production"
    await tenant.api.changed("PATCH", settings, {"enabled": False, "rules": RULES})
    told = await tenant.api.ok("POST", f"{tenant.path}/explanations", {**CONTEXT, "at": then})
    assert [(each["flag"], (each["decision"] or {}).get("reason")) for each in told["items"]] == [
        ("another", None),
        ("checkout", "TARGETING_MATCH"),
    ]


async def test_no_more_than_two_hundred_are_named(tenant: Any) -> None:
    many = [f"flag-{number}" for number in range(201)]
    answer = await tenant.api("POST", f"{tenant.path}/explanations", {**CONTEXT, "flags": many})
    assert answer.status_code == 422
