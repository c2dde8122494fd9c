"""A direct write of what an environment answers waits where its policy wants approval, and says how it goes on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control_plane.conftest import Api

from .conftest import FLAG, Shop, rule

SERVED = {"enabled": True, "rules": [{"if": {"segment": "beta"}, "then": {"variation": "on"}}]}


@pytest.fixture
async def served(shop: Shop) -> Shop:
    """The flag is on in production and uses a segment; an experiment is drafted, another one runs in staging."""
    await shop.owner.ok("POST", f"{shop.path}/segments", {"key": "beta", "included": ["anna"]})
    await shop.owner.ok("POST", f"{shop.path}/segments", {"key": "unused", "included": ["anna"]})
    await shop.set(SERVED)
    config = {"key": "page", "value": {"size": 1}}
    bypass = {"X-Verdict-Bypass": "true", "X-Verdict-Reason": "test"}
    await shop.owner.ok("POST", f"{shop.path}/configs", config, headers=bypass)
    body = {
        "key": "trial",
        "environment": "production",
        "flag": "checkout",
        "variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}],
    }
    await shop.owner.ok("POST", f"{shop.path}/experiments", body)
    return shop


WAITING: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "rules": ("PATCH", "/flags/checkout/environments/production", {"rules": [rule("pro")]}),
    "a copy": ("POST", "/flags/checkout/environments/production/copy-from/staging", None),
    "a definition": ("PATCH", "/flags/checkout", {"default": {"variation": "on"}}),
    "a config's overrides": (
        "PATCH",
        "/configs/page/environments/production",
        {"overrides": [{"id": "large", "if": {"segment": "beta"}, "value": {"size": 9}}]},
    ),
    "a segment": ("PATCH", "/segments/beta", {"included": ["bert"]}),
    "a start": ("POST", "/experiments/trial/start", None),
}


@pytest.mark.parametrize(("method", "path", "body"), WAITING.values(), ids=WAITING)
async def test_a_write_that_changes_answers_waits_and_says_how_it_goes_on(
    served: Shop, method: str, path: str, body: dict[str, Any] | None
) -> None:
    answer = await write(served, served.author, method, path, body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "approval_required"), answer.text
    assert problem["environments"] == ["production"]
    proposal = {"title": "As it was refused", "edits": [problem["edit"]]}
    request = await served.author.ok("POST", problem["create_url"].removeprefix("/api/v1"), proposal)
    assert request["environments"] == ["production"]
    await served.approve(request)
    assert (await served.apply(request)).is_success
    if body is not None:
        stands = await served.owner.ok("GET", f"{served.path}{path}")
        assert {name: stands[name] for name in body} == body


async def test_a_new_config_is_served_at_once_and_waits(served: Shop) -> None:
    answer = await served.author("POST", f"{served.path}/configs", {"key": "new", "value": {"size": 1}})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["environments"]) == (409, "approval_required", ["production"])
    assert (problem["edit"]["entity"], problem["edit"]["action"]) == ("config", "create")


FREE: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "another environment": ("PATCH", "/flags/checkout/environments/staging", {"enabled": True}),
    "a config elsewhere": ("PATCH", "/configs/page/environments/staging", {"value": {"size": 5}}),
    "a config's texts and schema": ("PATCH", "/configs/page", {"name": "Page", "schema": {"required": ["size"]}}),
    "a name": ("PATCH", "/flags/checkout", {"name": "Checkout"}),
    "a purpose": ("PATCH", "/flags/checkout", {"purpose": "operational", "expected_end": "2030-01-31"}),
    "a segment that nobody uses": ("PATCH", "/segments/unused", {"included": ["bert"]}),
    "a draft": ("PATCH", "/experiments/trial", {"traffic": 50}),
    "switching off": ("PATCH", "/flags/checkout/environments/production", {"enabled": False}),
    "the switch": ("PUT", "/flags/checkout/environments/production/enabled", {"enabled": False}),
    "a new flag": ("POST", "/flags", {**FLAG, "key": "banner"}),
    "a metric": ("POST", "/metrics", {"key": "purchase", "aggregation": "conversion"}),
}


@pytest.mark.parametrize(("method", "path", "body"), FREE.values(), ids=FREE)
async def test_what_changes_no_answer_there_or_switches_off_waits_for_nobody(
    served: Shop, method: str, path: str, body: dict[str, Any] | None
) -> None:
    answer = await write(served, served.author, method, path, body)
    assert answer.is_success, answer.text


async def test_a_running_experiment_is_stopped_at_once(served: Shop) -> None:
    headers = {"X-Verdict-Bypass": "true", "X-Verdict-Reason": "test"}
    await served.owner.ok("POST", f"{served.path}/experiments/trial/start", headers=headers)
    await served.author.ok("POST", f"{served.path}/experiments/trial/stop")


async def test_a_rule_of_the_policy_lets_writes_through(served: Shop) -> None:
    await served.policy(rules=[{"entities": ["segment"], "people": 0}])
    await served.author.changed("PATCH", f"{served.path}/segments/beta", {"included": ["bert"]})
    refused = await write(served, served.author, "PATCH", "/flags/checkout", {"default": {"variation": "on"}})
    assert refused.status_code == 409


async def test_a_direct_bypass_needs_the_right_and_a_reason_and_is_marked(served: Shop) -> None:
    body = {"rules": [rule("pro")]}
    reasoned = {"X-Verdict-Bypass": "true", "X-Verdict-Reason": "incident%2042"}
    path = "/flags/checkout/environments/production"
    refused = await write(served, served.author, "PATCH", path, body, reasoned)
    assert (refused.status_code, refused.json()["right"]) == (403, "change:bypass")
    unreasoned = await write(served, served.owner, "PATCH", path, body, {"X-Verdict-Bypass": "true"})
    assert (unreasoned.status_code, unreasoned.json()["code"]) == (422, "reason_required")
    assert (await write(served, served.owner, "PATCH", path, body, reasoned)).is_success
    [told] = await served.audit(1)
    assert (told["entity"], told["used_right"], told["reason"]) == ("flag_settings", "change:bypass", "incident 42")


async def write(
    shop: Shop, by: Api, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> Any:
    """With the version that stands."""
    address = f"{shop.path}{path}"
    if method == "PATCH" or "copy-from" in path:
        read = address.partition("/copy-from")[0]
        headers = {**(headers or {}), "If-Match": (await by("GET", read)).headers["etag"]}
    return await by(method, address, body, headers=headers or {})
