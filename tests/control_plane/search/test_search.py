"""One search over a project: what is found, in which order, and by whom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import pytest
from service_kit.clock import ManualClock

from tests.control_plane.conftest import Api, Tenant
from tests.control_plane.flags.test_flag_life import FLAG

Found = list[tuple[str, str]]
Seek = Callable[..., Awaitable[Found]]


@pytest.fixture
def seek(tenant: Tenant) -> Seek:
    async def found(text: str, more: str = "", api: Api | None = None) -> Found:
        path = f"/projects/{tenant.project}/search?q={quote(text)}{more}"
        answer = await (api or tenant.api).ok("GET", path)
        return [(each["kind"], each["key"]) for each in answer["items"]]

    return found


async def make_flags(tenant: Tenant, **names: str) -> None:
    for key, name in names.items():
        body = {**FLAG, "key": key.replace("_", "-"), "name": name}
        await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", body)


async def test_the_best_comes_first(tenant: Tenant, seek: Seek) -> None:
    await make_flags(
        tenant, pay="Till", later="Pay", payment="Money", other="Payment page", old_pay="Old", repay="Back"
    )
    body = {**FLAG, "key": "x", "name": "X", "description": "for who wants to pay later"}
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", body)
    assert [key for _, key in await seek("Pay")] == ["pay", "later", "payment", "other", "old-pay", "repay", "x"]


async def test_each_word_stands_somewhere_and_nothing_in_it_is_a_pattern(tenant: Tenant, seek: Seek) -> None:
    await make_flags(tenant, new_checkout="Basket", old_checkout="Basket 100%")
    assert await seek("checkout new") == [("flag", "new-checkout")]
    assert await seek("100%") == [("flag", "old-checkout")]
    assert await seek("%") == [("flag", "old-checkout")]
    assert await seek("new_checkout") == await seek("   ") == []


async def test_what_is_out_of_use_comes_behind_and_says_so(tenant: Tenant) -> None:
    await make_flags(tenant, pay_a="A", pay_b="B")
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags/pay-a/archive")
    answer = await tenant.api.ok("GET", f"/projects/{tenant.project}/search?q=pay")
    assert [(each["key"], each["archived"]) for each in answer["items"]] == [("pay-b", False), ("pay-a", True)]


async def test_there_is_more_than_was_wanted(tenant: Tenant) -> None:
    await make_flags(tenant, pay_a="A", pay_b="B")
    path = f"/projects/{tenant.project}/search?q=pay&limit="
    assert [(await tenant.api.ok("GET", f"{path}{limit}"))["more"] for limit in (1, 2)] == [True, False]


async def test_a_snippet_is_taken_where_the_word_stands(tenant: Tenant) -> None:
    told = f"{'much is said of other things before it ' * 5}and the voucher comes in {'the end ' * 20}"
    body = {**FLAG, "key": "long", "description": told}
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", body)
    (found,) = (await tenant.api.ok("GET", f"/projects/{tenant.project}/search?q=voucher"))["items"]
    assert "voucher" in found["snippet"]
    assert found["snippet"].startswith("… ")
    assert len(found["snippet"]) < 130


async def furnish(tenant: Tenant) -> None:
    """One of each kind that is called thing."""
    api, project = tenant.api, f"/projects/{tenant.project}"
    await make_flags(tenant, thing="A flag")
    await api.ok("POST", f"{project}/configs", {"key": "thing-config", "value": {}})
    await api.ok("POST", f"{project}/segments", {"key": "thing"})
    await api.ok("POST", f"{project}/metrics", {"key": "thing", "aggregation": "conversion"})
    await api.ok("POST", f"{project}/layers", {"key": "thing"})
    await api.ok("POST", f"{project}/holdouts", {"key": "thing", "share": 5})
    halves = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]
    experiment = {"key": "thing", "environment": "production", "flag": "thing", "variations": halves}
    await api.ok("POST", f"{project}/experiments", experiment)
    rollout = {"key": "thing", "flag": "thing", "variation": "on", "plan": {"steps": [{"share": 5}]}}
    await api.ok("POST", f"{tenant.path}/rollouts", rollout)
    override = {"flag": "thing", "variation": "on", "reason": "to see it"}
    await api.ok("PUT", f"{tenant.path}/overrides/thing-1", override)
    edit = {"entity": "flag_settings", "key": "thing", "environment": "production", "action": "update"}
    proposed = {"title": "The thing on", "edits": [{**edit, "document": {"enabled": True}}]}
    await api.ok("POST", f"{project}/change-requests", proposed)


async def test_all_kinds_are_found(tenant: Tenant, seek: Seek) -> None:
    await furnish(tenant)
    found = {kind for kind, _ in await seek("thing")}
    every = {"flag", "config", "segment", "experiment", "metric", "rollout", "layer", "holdout"}
    assert found == every | {"override", "change_request"}
    assert await seek("thing", "&kinds=segment,override") == [("segment", "thing"), ("override", "thing-1")]
    assert await seek("#1", "&kinds=change_request") == [("change_request", "1")]
    assert await seek("produc") == [("environment", "production")]
    assert {kind for kind, _ in await seek("person")} == {"member"}


async def test_a_rollout_that_has_ended_is_out_of_use(tenant: Tenant) -> None:
    await make_flags(tenant, thing="A flag")
    rollout = {"key": "thing", "flag": "thing", "variation": "off", "plan": {"steps": [{"share": 5}]}}
    await tenant.api.ok("POST", f"{tenant.path}/rollouts", rollout)
    sought = f"/projects/{tenant.project}/search?q=thing&kinds=rollout"

    async def out_of_use() -> list[bool]:
        return [each["archived"] for each in (await tenant.api.ok("GET", sought))["items"]]

    assert await out_of_use() == [False]
    await tenant.api.ok("POST", f"{tenant.path}/rollouts/thing/start")
    assert await out_of_use() == [False]
    await tenant.api.ok("POST", f"{tenant.path}/rollouts/thing/cancel")
    assert await out_of_use() == [True]


async def test_an_override_is_found_until_it_ends(tenant: Tenant, seek: Seek, clock: ManualClock) -> None:
    await furnish(tenant)
    assert await seek("hing-1") == []
    assert await seek("thing-1") == [("override", "thing-1")]
    clock.advance(8 * 24 * 3600)
    renewed = await _signed_in_again(tenant)
    assert await seek("thing-1", api=renewed) == []


async def _signed_in_again(tenant: Tenant) -> Api:
    anonymous = tenant.api.of("")
    people = {"email": "admin@example.com", "password": "correct horse battery"}
    token = (await anonymous.ok("POST", "/auth/login", people))["access_token"]
    return tenant.api.of(token)


async def test_kinds_that_one_may_not_read_are_left_out(tenant: Tenant, seek: Seek, make_member: Any) -> None:
    await furnish(tenant)
    role = {"key": "narrow", "name": "Narrow", "rights": ["project:read", "segment:read"]}
    await tenant.api.ok("POST", f"/organizations/{tenant.organization}/roles", role)
    person = await make_member(tenant, "viewer")
    identity = (await person.ok("GET", "/me"))["id"]
    member = f"/organizations/{tenant.organization}/members/{identity}"
    await tenant.api.changed("PATCH", member, {"role": "narrow"})
    assert await seek("thing", api=person) == [("segment", "thing")]
    assert await seek("thing", "&kinds=flag", api=person) == []


async def test_another_tenants_things_are_not_found(tenant: Tenant, seek: Seek, make_tenant: Any) -> None:
    other = await make_tenant("other")
    await furnish(other)
    assert await seek("thing") == []


@pytest.mark.parametrize("query", ["q=", "q=a&kinds=flags", "q=a&limit=51", "q=a&what=1", "kinds=flag"])
async def test_what_is_no_search_is_refused(tenant: Tenant, query: str) -> None:
    answer = await tenant.api("GET", f"/projects/{tenant.project}/search?{query}")
    assert answer.status_code == 422
