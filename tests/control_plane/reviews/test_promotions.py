"""What stands in one environment is compared with another and brought there: as one change, or as a change request."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control_plane.conftest import new_member

from .conftest import FLAG, Shop, rule

BETA = {"id": "beta", "if": {"segment": "beta"}, "then": {"variation": "on"}}
CONFIG = {"key": "page", "name": "page", "value": {"size": 1, "color": "red"}}
CHOSEN = {"entity": "flag_settings", "key": "checkout"}


@pytest.fixture
async def two(shop: Shop) -> Shop:
    """Staging has a rule by a segment, and another value of the config; production has what is new."""
    await shop.policy(required=False)
    await shop.owner.ok("POST", f"{shop.path}/segments", {"key": "beta", "name": "Beta", "included": ["anna"]})
    await shop.owner.ok("POST", f"{shop.path}/flags", {**FLAG, "key": "same"})
    await shop.owner.ok("POST", f"{shop.path}/configs", CONFIG)
    body = {"enabled": True, "rules": [BETA, rule("pro")], "default": {"variation": "on"}}
    await shop.owner.changed("PATCH", shop.settings("staging"), body)
    config = f"{shop.path}/configs/page/environments/staging"
    await shop.owner.changed("PATCH", config, {"value": {"size": 2, "color": "red"}})
    await shop.policy()
    return shop


def promotion(shop: Shop, environment: str = "production") -> str:
    return f"{shop.path}/environments/{environment}/promotion"


async def promoted(shop: Shop, *items: dict[str, Any], **more: Any) -> Any:
    return await shop.author.ok("POST", promotion(shop), {"source": "staging", "items": list(items), **more})


async def test_two_environments_are_compared_by_what_they_serve(two: Shop) -> None:
    items = (await two.author.ok("GET", f"{promotion(two)}?source=staging"))["items"]
    assert [each["entity"] for each in items] == ["flag_settings", "config_settings"]
    flag, config = items
    assert (flag["source_version"], flag["target_version"], flag["segments"]) == (2, 1, ["beta"])
    assert {each["path"] for each in flag["difference"]["patch"]} >= {"/enabled", "/rules/0", "/default/variation"}
    assert any(line.startswith("enabled") for line in flag["difference"]["words"])
    assert config["edit"]["document"] == {"value": {"size": 2, "color": "red"}}
    first = await two.author.ok("GET", f"{promotion(two)}?source=staging&limit=1")
    rest = await two.author.ok("GET", f"{promotion(two)}?source=staging&limit=1&cursor={first['next_cursor']}")
    assert [*first["items"], *rest["items"]] == items
    assert rest["next_cursor"] is None
    preview = f"{two.path}/environments/production/preview"
    told = await two.author.ok("POST", preview, {"edits": [each["edit"] for each in items]})
    assert told["status"] == "unavailable", "it takes the edits as they are"


async def test_what_is_chosen_becomes_one_change_request_that_is_agreed_on(two: Shop) -> None:
    made = await promoted(two, CHOSEN, {"entity": "config_settings", "key": "page"})
    assert (made["state"], made["title"], made["environments"]) == (
        "open",
        "From staging to production",
        ["production"],
    )
    await two.approve(made)
    applied = (await two.apply(made)).json()
    assert applied["state"] == "applied", applied
    source, target = [await two.owner.ok("GET", two.settings(each)) for each in ("staging", "production")]
    names = ("enabled", "rules", "default", "targets", "off_variation", "inherited")
    assert {name: target[name] for name in names} == {name: source[name] for name in names}
    assert (await two.author.ok("GET", f"{promotion(two)}?source=staging"))["items"] == []


async def test_at_once_it_is_one_version_and_fields_may_be_left(two: Shop) -> None:
    refused = await two.author(
        "POST", promotion(two), {"source": "staging", "items": [CHOSEN], "apply_as": "change", "leave": ["default"]}
    )
    assert refused.json()["code"] == "not_approved"
    assert (await two.owner.ok("GET", two.requests))["items"] == [], "nothing is left of what is refused"
    await two.policy(required=False)
    path = f"{two.path}/environments/production"
    before = (await two.owner.ok("GET", f"{path}/publication"))["version"]
    both = [CHOSEN, {"entity": "config_settings", "key": "page"}]
    made = await promoted(two, *both, apply_as="change", leave=["enabled", "targets"])
    assert (made["state"], made["environment_versions"]) == ("applied", {"production": before + 1})
    settings = await two.owner.ok("GET", two.settings())
    assert (settings["enabled"], [each["id"] for each in settings["rules"]]) == (False, ["beta", "pro"])


async def test_what_comes_from_the_flag_itself_does_so_where_it_is_brought(two: Shop) -> None:
    await two.policy(required=False)
    await two.owner.changed("PATCH", two.settings(), {"default": {"variation": "on"}, "rules": [rule("old")]})
    await two.owner.changed("PATCH", two.settings("staging"), {"default": None})
    await promoted(two, CHOSEN, apply_as="change")
    settings = await two.owner.ok("GET", two.settings())
    assert (settings["default"], settings["inherited"]) == ({"variation": "off"}, ["default", "off_variation"])


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"source": "production", "items": [CHOSEN]}, "source", "unknown_environment"),
        ({"source": "nowhere", "items": [CHOSEN]}, "source", "unknown_environment"),
        ({"source": "staging", "items": [{**CHOSEN, "key": "none"}]}, "items[0].key", "unknown"),
        ({"source": "staging", "items": [{**CHOSEN, "key": "same"}]}, "items[0].key", "no_difference"),
        ({"source": "staging", "items": [{**CHOSEN, "target_version": 7}]}, "items[0].target_version", "stale_version"),
        ({"source": "staging", "items": [{**CHOSEN, "source_version": 1}]}, "items[0].source_version", "stale_version"),
    ],
    ids=["itself", "an unknown one", "an unknown flag", "nothing differs", "an old target", "an old source"],
)
async def test_what_can_not_be_brought_over_is_refused_by_field(
    two: Shop, body: dict[str, Any], field: str, code: str
) -> None:
    answer = await two.author("POST", promotion(two), body)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["field"], error["code"]) == (field, code)


async def test_rights_are_those_of_the_change(two: Shop) -> None:
    viewer = await new_member(two.owner, two.tenant.organization, "viewer")
    assert (await viewer("GET", f"{promotion(two)}?source=staging")).status_code == 200
    refused = await viewer("POST", promotion(two), {"source": "staging", "items": [CHOSEN]})
    assert refused.json()["right"] == "change:propose"
    proposer = await two.with_rights("proposer", "project:read", "flag:read", "change:propose", "change:apply")
    await two.policy(required=False)
    body = {"source": "staging", "items": [CHOSEN], "apply_as": "change"}
    assert (await proposer("POST", promotion(two), body)).json()["right"] == "flag:update"
    assert (await two.author("GET", f"{promotion(two, 'none')}?source=staging")).status_code == 404
