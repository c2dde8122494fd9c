"""Who may approve, and whose approval counts when it matters."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from .conftest import Shop, rule, settings_edit

ON = settings_edit({"enabled": True})


async def test_one_approval_by_somebody_else_is_enough_here(shop: Shop) -> None:
    request = await shop.propose(ON)
    refused = await shop.apply(request)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_approved")
    assert [each["missing"] for each in refused.json()["approvals"]] == [1]
    approved = await shop.approve(request)
    assert (approved["state"], approved["approved"]) == ("open", True)
    assert [each["id"] for each in approved["approvals"][0]["approved_by"]] == [await identity(shop.reviewer)]
    applied = await shop.apply(request)
    assert applied.is_success, applied.text


async def test_authors_do_not_approve_their_own_unless_the_policy_lets_them(shop: Shop) -> None:
    request = await shop.propose(ON)
    refused = await shop.review(request, shop.author)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_change")
    assert (await shop.review(request, shop.author, "reject")).is_success, "but anybody may say no"
    await shop.policy(own_approvals=True)
    assert (await shop.review(request, shop.author)).is_success
    assert (await shop.read(request))["approved"] is True


async def test_whoever_writes_new_edits_no_longer_counts_as_an_approver(shop: Shop) -> None:
    await shop.policy(edits_void_approvals=False)
    request = await shop.approve(await shop.propose(ON))
    assert request["approved"] is True
    path = f"{shop.requests}/{request['number']}"
    await shop.reviewer.changed("PATCH", path, {"edits": [settings_edit({"enabled": True, "rules": [rule("pro")]})]})
    assert (await shop.read(request))["approved"] is False, "their approval would be of their own edits"
    await shop.approve(request, shop.second)
    assert (await shop.read(request))["approved"] is True


@pytest.mark.parametrize("voids", [True, False])
async def test_new_edits_void_approvals_if_the_policy_says_so(shop: Shop, voids: bool) -> None:
    await shop.policy(edits_void_approvals=voids)
    request = await shop.approve(await shop.propose(ON))
    path = f"{shop.requests}/{request['number']}"
    await shop.author.changed("PATCH", path, {"title": "Another title"})
    assert (await shop.read(request))["approved"] is True, "a title is no edit"
    await shop.author.changed("PATCH", path, {"edits": [settings_edit({"enabled": True, "rules": [rule("pro")]})]})
    assert (await shop.read(request))["approved"] is not voids
    assert (await shop.apply(request)).status_code == (409 if voids else 200)


async def test_an_approval_is_of_the_version_that_was_seen(shop: Shop) -> None:
    request = await shop.propose(ON)
    path = f"{shop.requests}/{request['number']}"
    seen = (await shop.reviewer("GET", path)).headers["etag"]
    await shop.author.changed("PATCH", path, {"edits": [settings_edit({"enabled": True, "rules": [rule("pro")]})]})
    late = await shop.reviewer("POST", f"{path}/reviews", {"verdict": "approve"}, headers={"If-Match": seen})
    assert late.status_code == 412
    assert (await shop.reviewer("POST", f"{path}/reviews", {"verdict": "approve"})).status_code == 428
    assert (await shop.read(request))["approved"] is False


async def test_two_people_approve_at_once(shop: Shop) -> None:
    await shop.policy(people=2)
    request = await shop.propose(ON)
    answers = await asyncio.gather(shop.review(request, shop.reviewer), shop.review(request, shop.second))
    assert [answer.status_code for answer in answers] == [200, 200]
    [approval] = (await shop.read(request))["approvals"]
    assert (len(approval["approved_by"]), approval["missing"]) == (2, 0)
    twice = await shop.approve(request, shop.reviewer)
    assert len(twice["approvals"][0]["approved_by"]) == 2, "a person counts once"


async def test_a_rejection_stands_until_new_edits_or_until_its_author_approves(shop: Shop) -> None:
    request = await shop.approve(await shop.propose(ON))
    assert (await shop.review(request, shop.second, "reject")).is_success
    assert (await shop.read(request))["state"] == "rejected"
    refused = await shop.apply(request)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_open")
    await shop.approve(request, shop.second)
    assert (await shop.read(request))["state"] == "open"
    assert (await shop.review(request, shop.second, "reject")).is_success
    path = f"{shop.requests}/{request['number']}"
    await shop.author.changed("PATCH", path, {"edits": [settings_edit({"enabled": True, "rules": [rule("pro")]})]})
    assert (await shop.read(request))["state"] == "open"


async def test_a_program_proposes_and_comments_and_never_approves(shop: Shop) -> None:
    body = {"name": "ci", "role": "developer"}
    token = await shop.owner.ok("POST", f"/organizations/{shop.tenant.organization}/tokens", body)
    program = shop.owner.of(token["token"])
    request = await shop.propose(ON, by=program)
    assert request["author"]["kind"] == "token"
    await program.ok("POST", f"{shop.requests}/{request['number']}/comments", {"text": "built by CI"})
    other = await shop.propose(ON)
    refused = await shop.review(other, program)
    assert (refused.status_code, refused.json()["code"]) == (403, "person_required")


async def test_nobody_approves_what_a_program_of_theirs_wrote(shop: Shop) -> None:
    body = {"name": "mine", "role": "developer"}
    token = await shop.owner.ok("POST", f"/organizations/{shop.tenant.organization}/tokens", body)
    request = await shop.propose(ON, by=shop.owner.of(token["token"]))
    refused = await shop.review(request, shop.owner)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_change")
    assert (await shop.approve(request, shop.reviewer))["approved"] is True


async def test_somebody_who_lost_the_right_no_longer_counts(shop: Shop) -> None:
    request = await shop.approve(await shop.propose(ON))
    person = f"/organizations/{shop.tenant.organization}/members/{await identity(shop.reviewer)}"
    await shop.owner.changed("PATCH", person, {"role": "viewer"})
    assert (await shop.read(request))["approved"] is False
    refused = await shop.apply(request)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_approved")
    await shop.owner.ok("DELETE", person)
    assert (await shop.read(request))["approved"] is False
    await shop.approve(request, shop.second)
    assert (await shop.apply(request)).is_success


async def test_a_policy_names_the_right_of_its_reviewers(shop: Shop) -> None:
    await shop.policy(reviewer_right="change:bypass")
    request = await shop.propose(ON)
    refused = await shop.review(request, shop.reviewer)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_right")
    assert refused.json()["right"] == "change:bypass"
    assert (await shop.approve(request, shop.owner))["approved"] is True


async def test_a_viewer_reads_and_does_nothing_else(shop: Shop, make_member: Any) -> None:
    viewer = await make_member(shop.tenant, "viewer")
    request = await shop.propose(ON)
    path = f"{shop.requests}/{request['number']}"
    await viewer.ok("GET", path)
    await viewer.ok("GET", f"{path}/comments")
    version = {"If-Match": '"1"'}
    for method, address, body in (
        ("POST", shop.requests, {"title": "Mine", "edits": [ON]}),
        ("PATCH", path, {"title": "Mine"}),
        ("POST", f"{path}/comments", {"text": "no"}),
        ("POST", f"{path}/reviews", {"verdict": "approve"}),
        ("POST", f"{path}/apply", None),
        ("POST", f"{path}/withdraw", None),
        ("PUT", f"{path}/schedule", {"at": "2100-01-01T00:00:00Z"}),
        ("DELETE", f"{path}/schedule", None),
        ("PUT", shop.policy_path, {"required": False}),
    ):
        refused = await viewer(method, address, body, headers=version)
        assert (refused.status_code, refused.json()["code"]) == (403, "missing_right"), (method, address, refused.text)


async def test_what_is_said_is_listed_with_the_verdicts(shop: Shop) -> None:
    request = await shop.propose(ON)
    path = f"{shop.requests}/{request['number']}"
    await shop.author.ok("POST", f"{path}/comments", {"text": "please look"})
    await shop.approve(request)
    first = await shop.owner.ok("GET", f"{path}/comments?limit=1")
    assert [(each["text"], each["verdict"]) for each in first["items"]] == [("please look", None)]
    rest = await shop.owner.ok("GET", f"{path}/comments?cursor={first['next_cursor']}")
    assert [(each["verdict"], each["revision"]) for each in rest["items"]] == [("approve", 1)]
    assert rest["next_cursor"] is None
    for text in ("", " ", "x" * 4001):
        assert (await shop.author("POST", f"{path}/comments", {"text": text})).status_code == 422


async def test_as_much_is_said_as_anybody_reads(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("control_plane.reviews.opinions.COMMENTS_MAX", 2)
    request = await shop.approve(await shop.propose(ON))
    path = f"{shop.requests}/{request['number']}/comments"
    await shop.author.ok("POST", path, {"text": "two"})
    refused = await shop.author("POST", path, {"text": "three"})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_comments")


async def test_a_policy_is_checked_and_versioned(shop: Shop) -> None:
    before = await shop.owner.ok("GET", shop.policy_path)
    assert (before["required"], before["people"], before["reviewer_right"]) == (True, 1, "change:review")
    for wrong, field in (
        ({"required": True, "people": 0}, "people"),
        ({"required": True, "people": 21}, "people"),
        ({"required": True, "reviewer_right": "change:everything"}, "reviewer_right"),
        ({"required": True, "rules": [{"entities": ["sdk_key"], "people": 1}]}, "rules[0].entities[0]"),
        ({"required": True, "rules": [{"people": 1}] * 21}, "rules"),
        ({}, "required"),
    ):
        refused = await shop.owner("PUT", shop.policy_path, wrong, headers={"If-Match": f'"{before["version"]}"'})
        assert refused.status_code == 422, refused.text
        assert field in {each["field"] for each in refused.json()["errors"]}
    stale = await shop.owner("PUT", shop.policy_path, {"required": False}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    staging = await shop.owner.ok("GET", f"{shop.path}/environments/staging/approval-policy")
    assert (staging["required"], staging["version"]) == (False, 1)
    assert (await shop.owner("GET", f"{shop.path}/environments/moon/approval-policy")).status_code == 404


async def test_a_new_policy_holds_for_what_waits_already(shop: Shop) -> None:
    request = await shop.approve(await shop.propose(ON))
    await shop.policy(people=2)
    assert (await shop.read(request))["approved"] is False
    assert (await shop.apply(request)).status_code == 409
    await shop.policy(required=False)
    assert (await shop.read(request))["approvals"][0]["needed"] == 0
    assert (await shop.apply(request)).is_success


async def identity(person: Any) -> str:
    return str((await person.ok("GET", "/me"))["id"])
