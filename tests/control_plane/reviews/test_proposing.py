"""A change request holds edits as the API takes them, tried out when they are proposed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from control_plane.access import ProjectScope
from control_plane.reviews import repository
from control_plane.reviews.approvals import proposed_effects
from control_plane.reviews.records import NOUNS
from control_plane.reviews.repository import RequestFilter

from tests.control_plane.conftest import Api, Tenant

from .conftest import EVERYBODY, FLAG, Shop, edit, rule, settings_edit


async def test_a_request_shows_what_it_changes_in_words_and_as_a_patch(shop: Shop) -> None:
    made = await shop.propose(settings_edit({"enabled": True, "rules": [rule("pro")]}), title="Pro first")
    assert (made["number"], made["state"], made["title"], made["revision"]) == (1, "open", "Pro first", 1)
    assert made["environments"] == ["production"]
    assert made["approved"] is False
    [approval] = made["approvals"]
    assert (approval["environment"], approval["needed"], approval["missing"]) == ("production", 1, 1)
    [told] = made["edits"]
    assert told["base_version"] == 1
    assert {step["path"] for step in told["difference"]["patch"]} == {"/enabled", "/rules/0"}
    assert any(line.startswith("enabled") for line in told["difference"]["words"])
    assert told["collisions"] == []
    settings = await shop.owner.ok("GET", shop.settings())
    assert (settings["enabled"], settings["version"]) == (False, 1), "nothing is made yet"


async def test_a_list_leaves_the_documents_where_they_are(shop: Shop) -> None:
    """They may take four megabytes each, and a page has two hundred."""
    both = (edit("segment", "beta", "create", {"included": ["anna"]}), settings_edit({"enabled": True}))
    made = await shop.propose(*both)
    scope = ProjectScope(UUID(shop.tenant.organization), UUID(shop.tenant.project), "shop")
    async with shop.database.transaction() as tx:
        whole = await repository.find(tx, scope, made["number"])
        (listed,) = await repository.page(tx, scope, None, 10, RequestFilter(readable=NOUNS))
    assert whole is not None
    assert [each.edit.document for each in whole.edits] == [each["document"] for each in both]
    assert [(each.edit.document, each.base, each.after) for each in listed.edits] == [({}, None, None)] * 2
    assert proposed_effects(listed) == proposed_effects(whole) != {}
    assert replace(listed, edits=()) == replace(whole, edits=())
    (summary,) = (await shop.owner.ok("GET", shop.requests))["items"]
    assert (summary["edits_count"], summary["approved"]) == (2, made["approved"])


async def test_edits_of_one_request_may_build_on_each_other(shop: Shop) -> None:
    new = {**FLAG, "key": "banner"}
    made = await shop.propose(
        edit("segment", "beta", "create", {"included": ["anna"]}),
        edit("flag", "banner", "create", new),
        settings_edit({"enabled": True, "rules": [{"if": {"segment": "beta"}, "then": {"variation": "on"}}]}, "banner"),
        edit("metric", "purchase", "create", {"aggregation": "conversion"}),
        edit("layer", "top", "create"),
        edit("holdout", "never", "create", {"share": 5}),
        edit(
            "experiment",
            "trial",
            "create",
            {
                "environment": "production",
                "flag": "banner",
                "variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}],
                "layer": {"key": "top", "share": 50},
            },
        ),
        edit("experiment", "trial", "start"),
    )
    await shop.approve(made)
    applied = (await shop.apply(made)).json()
    assert applied["state"] == "applied", applied
    assert (await shop.owner.ok("GET", f"{shop.path}/experiments/trial"))["status"] == "running"
    assert (await shop.owner.ok("GET", shop.settings(key="banner")))["enabled"] is True


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "a field that isn't there": (settings_edit({"on": True}), "edits[0].document.on", "extra_forbidden"),
    "a rule that can't be": (
        settings_edit({"rules": [{"if": {"attribute": "a", "operator": "eq"}, "then": {"variation": "on"}}]}),
        "edits[0].document.rules[0].if.value",
        "missing",
    ),
    "a variation that isn't there": (
        settings_edit({"rules": [rule("pro", "purple")]}),
        "edits[0].document.rules[0].then.variation",
        "unknown_variation",
    ),
    "a flag that isn't there": (settings_edit({"enabled": True}, "nothing"), "edits[0]", "unknown"),
    "an environment that isn't there": (
        settings_edit({"enabled": True}, environment="moon"),
        "edits[0]",
        "unknown",
    ),
    "no environment": (
        edit("flag_settings", "checkout", "update", {"enabled": True}),
        "edits[0].environment",
        "missing",
    ),
    "an environment where there is none": (
        {**edit("flag", "checkout", "update", {"name": "X"}), "environment": "production"},
        "edits[0].environment",
        "not_applicable",
    ),
    "an action of another entity": (edit("flag", "checkout", "start"), "edits[0].action", "unknown_action"),
    "an entity that isn't one": (edit("sdk_key", "checkout", "create"), "edits[0].entity", "literal_error"),
    "another key in the document": (
        edit("segment", "beta", "create", {"key": "gamma"}),
        "edits[0].document.key",
        "another_key",
    ),
    "a document that says nothing": (
        edit("flag", "checkout", "archive", {"name": "X"}),
        "edits[0].document.name",
        "extra_forbidden",
    ),
    "a version that is gone": (
        {**settings_edit({"enabled": True}), "base_version": 7},
        "edits[0].base_version",
        "stale_version",
    ),
}


@pytest.mark.parametrize(("given", "field", "code"), WRONG.values(), ids=WRONG)
async def test_what_cannot_be_made_is_refused_with_its_path(
    shop: Shop, given: dict[str, Any], field: str, code: str
) -> None:
    answer = await shop.author("POST", shop.requests, {"title": "Wrong", "edits": [given]})
    assert answer.status_code == 422, answer.text
    assert (field, code) in {(each["field"], each["code"]) for each in answer.json()["errors"]}


async def test_a_refusal_of_the_edits_own_operation_is_that_of_the_request(shop: Shop) -> None:
    answer = await shop.author(
        "POST",
        shop.requests,
        {"title": "Twice", "edits": [settings_edit({"enabled": True}), edit("flag", "checkout", "create", FLAG)]},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "key_taken")
    assert answer.json()["detail"].startswith("edits[1]")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "None", "edits": []}, "edits"),
        ({"title": "Many", "edits": [settings_edit({"enabled": True})] * 101}, "edits"),
        ({"title": "", "edits": [settings_edit({"enabled": True})]}, "title"),
        ({"title": "Long", "description": "x" * 2001, "edits": [settings_edit({"enabled": True})]}, "description"),
    ],
    ids=["no edits", "too many edits", "no title", "a long description"],
)
async def test_a_request_is_bounded(shop: Shop, body: dict[str, Any], field: str) -> None:
    answer = await shop.author("POST", shop.requests, body)
    assert answer.status_code == 422
    assert field in {each["field"] for each in answer.json()["errors"]}


async def test_what_stands_and_would_stand_is_bounded_together(shop: Shop) -> None:
    keys = [f"{index:0>40}" for index in range(20_000)]
    for name in ("one", "two"):
        await shop.owner.ok("POST", f"{shop.path}/segments", {"key": name, "included": keys})
    edits = [edit("segment", name, "update", {"name": "Renamed"}) for name in ("one", "two")] * 2
    answer = await shop.author("POST", shop.requests, {"title": "Large", "edits": edits})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["code"] == "too_large"


async def test_requests_are_listed_newest_first_and_narrowed_down(shop: Shop) -> None:
    one = await shop.propose(settings_edit({"enabled": True}), title="One")
    two = await shop.propose(settings_edit({"enabled": True}, environment="staging"), title="Two", by=shop.second)
    await shop.author.ok("POST", f"{shop.requests}/{one['number']}/withdraw")

    async def numbers(query: str, by: Api = shop.owner) -> list[int]:
        return [each["number"] for each in (await by.ok("GET", f"{shop.requests}?{query}"))["items"]]

    author = two["author"]
    assert await numbers("") == [2, 1]
    assert await numbers("state=open") == [2]
    assert await numbers("environment=production") == [1]
    assert await numbers(f"author={author['id']}") == await numbers(f"author={author['name']}") == [2]
    first = await shop.owner.ok("GET", f"{shop.requests}?limit=1")
    assert [each["number"] for each in first["items"]] == [2]
    await shop.propose(settings_edit({"enabled": True}), title="Three")
    rest = await shop.owner.ok("GET", f"{shop.requests}?limit=1&cursor={first['next_cursor']}")
    assert [each["number"] for each in rest["items"]] == [1], "a cursor neither skips nor repeats"
    assert (await shop.owner("GET", f"{shop.requests}?state=finished")).status_code == 422
    assert (await shop.owner("GET", f"{shop.requests}?cursor=eA==")).status_code == 422


async def test_what_waits_for_me_is_open_not_mine_and_not_yet_reviewed(shop: Shop) -> None:
    request = await shop.propose(settings_edit({"enabled": True}))
    query = f"{shop.requests}?waiting_for=me"

    async def waiting(by: Api) -> list[int]:
        return [each["number"] for each in (await by.ok("GET", query))["items"]]

    assert await waiting(shop.author) == []
    assert await waiting(shop.reviewer) == [1]
    await shop.approve(request, shop.reviewer)
    assert await waiting(shop.reviewer) == []
    assert await waiting(shop.second) == [1]
    path = f"{shop.requests}/1"
    await shop.author.changed("PATCH", path, {"edits": [settings_edit({"enabled": True, "rules": [EVERYBODY]})]})
    assert await waiting(shop.reviewer) == [1], "new edits want to be seen"


async def test_a_request_belongs_to_its_tenant(shop: Shop, make_tenant: Any) -> None:
    await shop.propose(settings_edit({"enabled": True}))
    other: Tenant = await make_tenant("other")
    for method, path in (("GET", ""), ("POST", "/apply"), ("POST", "/withdraw"), ("GET", "/comments")):
        answer = await other.api(method, f"{shop.requests}/1{path}")
        assert answer.status_code == 404, (method, path, answer.text)
    for number in (2, 2**53):
        assert (await shop.owner("GET", f"{shop.requests}/{number}")).status_code == 404
    assert (await shop.owner("GET", f"{shop.requests}/{2**80}")).status_code == 422


async def test_only_so_many_wait_at_a_time(shop: Shop, database: Any) -> None:
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO quota_overrides (organization_id, quota, maximum) "
            "SELECT organization_id, 'change_requests', 1 FROM projects WHERE id::text = $1",
            shop.tenant.project,
        )
    await shop.propose(settings_edit({"enabled": True}))
    body = {"title": "Another", "edits": [settings_edit({"enabled": True})]}
    refused = await shop.author("POST", shop.requests, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "quota_exceeded")
    await shop.author.ok("POST", f"{shop.requests}/1/withdraw")
    await shop.author.ok("POST", shop.requests, body)
