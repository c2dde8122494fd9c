"""All edits or none, as one version of each environment, on what stands then."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from control_plane.changes.verification import verify
from control_plane.flags.edits import SettingsEdits

from .conftest import FLAG, Shop, edit, rule, settings_edit

ON = settings_edit({"enabled": True})


async def version_of(shop: Shop, environment: str = "production") -> int:
    return int((await shop.owner.ok("GET", f"{shop.path}/environments/{environment}"))["config_version"])


async def test_edits_are_made_as_one_version_with_one_story(shop: Shop) -> None:
    before = {each: await version_of(shop, each) for each in ("production", "staging")}
    request = await shop.propose(
        edit("segment", "beta", "create", {"included": ["anna"]}),
        settings_edit({"enabled": True, "rules": [{"if": {"segment": "beta"}, "then": {"variation": "on"}}]}),
        settings_edit({"rules": [rule("pro")]}, environment="staging"),
        title="Beta",
    )
    await shop.approve(request)
    applied = (await shop.apply(request)).json()
    after = {each: await version_of(shop, each) for each in ("production", "staging")}
    assert after == {each: number + 1 for each, number in before.items()}
    assert (applied["state"], applied["environment_versions"]) == ("applied", after)
    told = [each for each in await shop.audit() if "change request 1: Beta" in (each["reason"] or "")]
    assert [(each["entity"], each["action"]) for each in told] == [
        ("change_request", "apply"),
        ("flag_settings", "update"),
        ("flag_settings", "update"),
        ("segment", "create"),
    ]
    assert len({each["request_id"] for each in told}) == 1
    assert {each["used_right"] for each in told} == {"change:apply"}
    checked = await verify(shop.database.transaction, UUID(shop.tenant.organization))
    assert checked.first_bad is None


async def test_one_edit_that_fails_takes_all_others_with_it(shop: Shop) -> None:
    await shop.owner.ok("POST", f"{shop.path}/segments", {"key": "beta", "included": ["anna"]})
    request = await shop.propose(ON, edit("segment", "beta", "archive"))
    await shop.approve(request)
    used = {"rules": [{"if": {"segment": "beta"}, "then": {"variation": "on"}}]}
    path = shop.settings("staging")
    await shop.owner.changed("PATCH", path, {"enabled": True, **used})
    before = await version_of(shop)
    refused = await shop.apply(request)
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    assert refused.json()["detail"].startswith("edits[1]")
    assert await version_of(shop) == before
    assert (await shop.owner.ok("GET", shop.settings()))["enabled"] is False
    assert (await shop.read(request))["state"] == "open"


async def test_two_who_apply_at_once_apply_it_once(shop: Shop) -> None:
    request = await shop.approve(await shop.propose(ON))
    before = await version_of(shop)
    answers = await asyncio.gather(*(shop.apply(request, by) for by in (shop.author, shop.second, shop.owner)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"not_open"}
    assert await version_of(shop) == before + 1


async def test_new_edits_while_somebody_applies_are_applied_whole_or_not(shop: Shop) -> None:
    await shop.policy(edits_void_approvals=False)
    request = await shop.approve(await shop.propose(ON))
    path = f"{shop.requests}/{request['number']}"
    new = {"edits": [settings_edit({"enabled": True, "rules": [rule("pro")]})]}
    headers = {"If-Match": f'"{request["version"]}"'}
    applied, changed = await asyncio.gather(shop.apply(request), shop.author("PATCH", path, new, headers=headers))
    assert applied.is_success, applied.text
    settings = await shop.owner.ok("GET", shop.settings())
    assert bool(settings["rules"]) is changed.is_success
    assert changed.is_success or changed.json()["code"] in ("not_open", "precondition_failed")


async def test_what_others_changed_elsewhere_stays(shop: Shop) -> None:
    await shop.set({"rules": [rule("free"), rule("pro")]})
    request = await shop.propose(settings_edit({"rules": [rule("free"), rule("pro", "off")], "off_variation": "on"}))
    await shop.approve(request)
    await shop.set({"rules": [rule("free", "off"), rule("pro")], "targets": [{"key": "anna", "variation": "on"}]})
    assert (await shop.read(request))["edits"][0]["collisions"] == []
    assert (await shop.apply(request)).is_success
    settings = await shop.owner.ok("GET", shop.settings())
    assert [(each["id"], each["then"]["variation"]) for each in settings["rules"]] == [("free", "off"), ("pro", "off")]
    assert [each["key"] for each in settings["targets"]] == ["anna"]
    assert settings["off_variation"] == "on"


async def test_two_requests_for_rules_at_different_places_are_both_applied(shop: Shop) -> None:
    await shop.set({"rules": [rule("free")]})
    first = {"if": {"attribute": "plan", "operator": "eq", "value": "team"}, "then": {"variation": "on"}}
    last = {"if": {"attribute": "plan", "operator": "eq", "value": "pro"}, "then": {"variation": "on"}}
    one = await shop.approve(await shop.propose(settings_edit({"rules": [first, rule("free")]})))
    two = await shop.approve(await shop.propose(settings_edit({"rules": [rule("free"), last]})))
    assert (await shop.apply(one)).is_success
    assert (await shop.apply(two)).is_success
    rules = (await shop.owner.ok("GET", shop.settings()))["rules"]
    assert [each["if"]["value"] for each in rules] == ["team", "free", "pro"]


COLLIDING: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "the same field": (
        settings_edit({"off_variation": "on"}),
        {"off_variation": "off"},
        "edits[0].document.off_variation",
    ),
    "the same rule": (
        settings_edit({"rules": [rule("pro", "off")]}),
        {"rules": [{**rule("pro"), "description": "theirs"}]},
        "edits[0].document.rules[pro]",
    ),
    "two rules at one place": (
        settings_edit({"rules": [rule("pro"), rule("team")]}),
        {"rules": [rule("pro"), rule("free")]},
        "edits[0].document.rules",
    ),
    "what is switched on": (
        settings_edit({"enabled": True}),
        {"rules": [rule("pro", "off")]},
        "edits[0].document.rules",
    ),
}


@pytest.mark.parametrize(("proposed", "theirs", "field"), COLLIDING.values(), ids=COLLIDING)
async def test_what_both_changed_collides_and_is_named(
    shop: Shop, proposed: dict[str, Any], theirs: dict[str, Any], field: str
) -> None:
    await shop.set({"rules": [rule("pro")]})
    request = await shop.approve(await shop.propose(proposed))
    await shop.set(theirs)
    stands = await shop.read(request)
    assert [f"edits[0].document.{path}" for path in stands["edits"][0]["collisions"]] == [field]
    refused = await shop.apply(request)
    assert (refused.status_code, refused.json()["code"]) == (409, "collision")
    assert [each["field"] for each in refused.json()["errors"]] == [field]
    path = f"{shop.requests}/{request['number']}"
    await shop.author.changed("PATCH", path, {"edits": [proposed]})
    await shop.approve(request)
    assert (await shop.apply(request)).is_success, "new edits are of what stands now"


async def test_a_purpose_that_changed_holds_nothing_up(shop: Shop) -> None:
    path = f"{shop.path}/flags/checkout"
    ended = edit("flag", "checkout", "update", {"expected_end": "2030-01-31"})
    request = await shop.approve(await shop.propose(ON, ended))
    await shop.owner.changed("PATCH", path, {"purpose": "operational"})
    applied = await shop.apply(request)
    assert applied.is_success, applied.text
    flag = await shop.owner.ok("GET", path)
    assert (flag["purpose"], flag["expected_end"]) == ("operational", "2030-01-31")
    assert flag["environments"]["production"]["enabled"] is True


async def test_a_design_that_changed_after_its_approval_is_not_started(shop: Shop) -> None:
    body = {
        "key": "trial",
        "environment": "production",
        "flag": "checkout",
        "variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}],
    }
    await shop.owner.ok("POST", f"{shop.path}/experiments", body)
    request = await shop.approve(await shop.propose(edit("experiment", "trial", "start")))
    await shop.owner.changed("PATCH", f"{shop.path}/experiments/trial", {"traffic": 10})
    refused = await shop.apply(request)
    assert (refused.status_code, refused.json()["code"]) == (409, "collision")
    assert "edits[0].document.traffic" in {each["field"] for each in refused.json()["errors"]}


async def test_what_came_or_went_meanwhile_collides(shop: Shop) -> None:
    made = await shop.propose(edit("metric", "purchase", "create", {"aggregation": "conversion"}))
    changed = await shop.propose(edit("metric", "revenue", "create", {"aggregation": "sum"}))
    await shop.owner.ok("POST", f"{shop.path}/metrics", {"key": "purchase", "aggregation": "count"})
    refused = await shop.apply(made)
    assert (refused.status_code, refused.json()["code"]) == (409, "collision")
    assert [each["field"] for each in refused.json()["errors"]] == ["edits[0].key"]
    assert (await shop.apply(changed)).is_success
    update = await shop.propose(edit("metric", "revenue", "update", {"name": "Revenue"}))
    await shop.owner.ok("DELETE", f"{shop.path}/metrics/revenue")
    assert (await shop.apply(update)).json()["code"] == "collision"


async def test_approved_changes_ask_for_the_right_to_apply_alone(shop: Shop) -> None:
    person = await shop.with_rights("applier", "project:read", "environment:read", "flag:read", "change:apply")
    approved = await shop.approve(await shop.propose(ON))
    assert (await shop.apply(approved, person)).is_success
    in_staging = await shop.propose(settings_edit({"enabled": True}, environment="staging"))
    refused = await shop.apply(in_staging, person)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_right")
    assert refused.json()["right"] in ("flag:toggle", "flag:update")
    assert (await shop.apply(in_staging)).is_success


async def test_nobody_applies_without_the_right_to_apply(shop: Shop) -> None:
    person = await shop.with_rights(
        "writer", "project:read", "environment:read", "flag:read", "flag:update", "flag:toggle", "change:propose"
    )
    approved = await shop.approve(await shop.propose(ON, by=person))
    refused = await shop.apply(approved, person)
    assert (refused.status_code, refused.json()["right"]) == (403, "change:apply")


async def test_what_nobody_may_read_is_not_seen_in_a_request(shop: Shop) -> None:
    person = await shop.with_rights("segments", "project:read", "environment:read", "segment:read", "change:review")
    request = await shop.propose(ON)
    assert (await person("GET", f"{shop.requests}/{request['number']}")).status_code == 404
    assert (await person.ok("GET", shop.requests))["items"] == []


async def test_a_bypass_needs_the_right_and_a_reason_and_is_marked(shop: Shop) -> None:
    request = await shop.propose(ON)
    asked = {"X-Verdict-Bypass": "true"}
    reasoned = {**asked, "X-Verdict-Reason": "incident%2042"}
    assert (await shop.apply(request, headers=reasoned)).json()["right"] == "change:bypass"
    unreasoned = await shop.apply(request, shop.owner, headers=asked)
    assert (unreasoned.status_code, unreasoned.json()["code"]) == (422, "reason_required")
    odd = await shop.apply(request, shop.owner, headers={"X-Verdict-Bypass": "yes"})
    assert (odd.status_code, odd.json()["errors"][0]["field"]) == (422, "X-Verdict-Bypass")
    applied = await shop.apply(request, shop.owner, headers=reasoned)
    assert applied.json()["bypassed"] is True, applied.text
    told = (await shop.audit())[0]
    assert (told["action"], told["used_right"]) == ("bypass", "change:bypass")
    assert told["reason"].startswith("incident 42")
    approved = await shop.approve(await shop.propose(settings_edit({"rules": [rule("pro")]})))
    ordinary = await shop.apply(approved, shop.owner, headers=reasoned)
    assert ordinary.json()["bypassed"] is False, "nothing was missing"


async def test_switching_off_needs_nobody(shop: Shop) -> None:
    await shop.set({"enabled": True})
    request = await shop.propose(settings_edit({"enabled": False}))
    assert request["approved"] is True
    assert (await shop.apply(request)).is_success


async def test_an_end_is_an_end(shop: Shop) -> None:
    request = await shop.propose(ON)
    path = f"{shop.requests}/{request['number']}"
    withdrawn = await shop.author.ok("POST", f"{path}/withdraw")
    assert (withdrawn["state"], withdrawn["ended_by"]["kind"]) == ("withdrawn", "user")
    for method, address, body in (
        ("POST", f"{path}/apply", None),
        ("POST", f"{path}/withdraw", None),
        ("POST", f"{path}/reviews", {"verdict": "approve"}),
        ("PATCH", path, {"title": "Again"}),
        ("PUT", f"{path}/schedule", {"at": "2100-01-01T00:00:00Z"}),
    ):
        refused = await shop.owner(method, address, body, headers={"If-Match": f'"{withdrawn["version"]}"'})
        assert (refused.status_code, refused.json()["code"]) == (409, "not_open"), (address, refused.text)
    await shop.author.ok("POST", f"{path}/comments", {"text": "for the record"})


async def test_an_edit_builds_on_an_earlier_one_of_the_same_settings(shop: Shop) -> None:
    first = settings_edit({"enabled": True, "targets": [{"key": "anna", "variation": "on"}]})
    second = settings_edit({"rules": [rule("pro")], "report_exposures": True})
    request = await shop.approve(await shop.propose(first, second))
    version = (await shop.owner.ok("GET", shop.settings()))["version"]
    assert (await shop.apply(request)).is_success
    settings = await shop.owner.ok("GET", shop.settings())
    assert (settings["enabled"], settings["report_exposures"], settings["version"]) == (True, True, version + 2)
    assert [each["id"] for each in settings["rules"]] == ["pro"]
    assert [each["key"] for each in settings["targets"]] == ["anna"]


async def test_flags_are_switched_off_while_a_request_changes_them(shop: Shop) -> None:
    """Each is off afterwards, whatever the request says of them otherwise; and nothing of it is half there."""
    keys = [f"flag-{number}" for number in range(12)]
    for key in keys:
        await shop.owner.ok("POST", f"{shop.path}/flags", {**FLAG, "key": key})
    on = await shop.approve(await shop.propose(*(settings_edit({"enabled": True}, key) for key in keys)))
    assert (await shop.apply(on)).is_success
    reporting = [settings_edit({"report_exposures": True, "off_variation": "on"}, key) for key in keys]
    request = await shop.approve(await shop.propose(*reporting))
    before = await version_of(shop)
    offs = [shop.owner("PUT", f"{shop.settings(key=key)}/enabled", {"enabled": False}) for key in keys]
    applied, *answers = await asyncio.gather(shop.apply(request), *offs)
    assert applied.is_success, applied.text
    assert {answer.status_code for answer in answers} == {200}
    for key in keys:
        settings = await shop.owner.ok("GET", shop.settings(key=key))
        assert (settings["enabled"], settings["report_exposures"], settings["off_variation"]) == (False, True, "on")
    assert await version_of(shop) == before + 1 + len(keys)
    checked = await verify(shop.database.transaction, UUID(shop.tenant.organization))
    assert checked.first_bad is None


@pytest.mark.parametrize("reading", [pytest.param(3, id="as it is read"), pytest.param(4, id="as it is to be written")])
async def test_an_off_in_the_middle_of_a_request_stays(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, reading: int
) -> None:
    """Both edits are read once to see what collides, then one after the other as they are made."""
    await shop.owner.ok("POST", f"{shop.path}/flags", {**FLAG, "key": "other"})
    assert (await shop.apply(await shop.approve(await shop.propose(ON)))).is_success
    edits = [settings_edit({"report_exposures": True}, key) for key in ("checkout", "other")]
    request = await shop.approve(await shop.propose(*edits))
    read, readings = SettingsEdits.standing, 0

    async def standing(self: SettingsEdits, *given: Any) -> Any:
        nonlocal readings
        found = await read(self, *given)
        readings += 1
        if readings == reading:
            off = shop.owner.ok("PUT", f"{shop.settings()}/enabled", {"enabled": False})
            await asyncio.create_task(off)
        return found

    monkeypatch.setattr(SettingsEdits, "standing", standing)
    applied = await shop.apply(request)
    assert applied.is_success, applied.text
    assert readings == reading + 4
    settings = await shop.owner.ok("GET", shop.settings())
    assert (settings["enabled"], settings["report_exposures"]) == (False, True)
