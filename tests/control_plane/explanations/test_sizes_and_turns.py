"""However much is asked, an explanation's answer has bounds, and no tenant waits for another's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bucketing.compiled import CompiledFlagSet, compile_flagset
from bucketing.flagset import FlagSet
from control_plane.explanations import service

from tests.control_plane.explanations.test_explanations import FLAG, asked, prepared

LONG = "x" * 100_000


def rule(number: int) -> dict[str, Any]:
    return {"if": {"attribute": "email", "operator": "eq", "value": f"{number}"}, "then": FLAG["default"]}


@pytest.mark.parametrize(
    "context",
    [
        pytest.param({"targetingKey": "u1", "email": LONG}, id="a text"),
        pytest.param({"targetingKey": "u1", "email": [LONG, *["a"] * 10_000]}, id="a list"),
        pytest.param({"targetingKey": "u1", "email": {"of": {"old": LONG}}}, id="an object"),
        pytest.param({"targetingKey": LONG, "email": "0"}, id="a unit"),
    ],
)
async def test_long_values_are_shown_by_their_beginning_at_each_rule(tenant: Any, context: dict[str, Any]) -> None:
    await prepared(tenant)
    settings = f"/projects/{tenant.project}/flags/checkout/environments/production"
    await tenant.api.changed("PATCH", settings, {"rules": [rule(number) for number in range(50)]})
    one = await tenant.api("POST", f"{tenant.path}/explain", {"flag": "checkout", "context": context})
    many = {"flags": ["checkout"], "steps": True, "context": context}
    several = await tenant.api("POST", f"{tenant.path}/explanations", many)
    for answer in (one, several):
        assert answer.status_code == 200
        assert len(answer.content) < len(LONG)


async def test_no_more_is_compiled_than_answers_depend_on(tenant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await prepared(tenant)
    project = f"/projects/{tenant.project}"
    for key in ("first", "second", "third"):
        await tenant.api.ok("POST", f"{project}/flags", {**FLAG, "key": key})
    await tenant.api.ok("POST", f"{project}/segments", {"key": "unnamed"})
    needed = {"prerequisites": [{"flag": "first", "variation": "off"}]}
    await tenant.api.changed("PATCH", f"{project}/flags/checkout/environments/production", needed)
    compiled: list[tuple[set[str], set[str]]] = []

    def noted(flagset: FlagSet) -> CompiledFlagSet:
        compiled.append((set(flagset.flags), set(flagset.segments)))
        return compile_flagset(flagset)

    monkeypatch.setattr(service, "compile_flagset", noted)
    alone = await tenant.api.ok("POST", f"{tenant.path}/explain", asked("u1"))
    assert [each["result"] for each in alone["steps"] if each["step"] == "prerequisite"] == ["met"]
    assert alone["segments"].keys() == {"beta"}
    named = {"flags": ["checkout", "third"], "context": {"targetingKey": "u1"}}
    several = await tenant.api.ok("POST", f"{tenant.path}/explanations", named)
    assert several["items"][0]["decision"] == alone["decision"]
    assert compiled == [({"checkout", "first"}, {"beta"}), ({"checkout", "first", "third"}, {"beta"})]


async def test_nobody_waits_for_another_tenants_reading(
    tenant: Any, make_tenant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await make_tenant("other")
    for each in (tenant, other):
        await prepared(each)
    begun, go_on = asyncio.Event(), asyncio.Event()
    read = service._flagset

    async def slowly(tx: Any, row: Any, caches: Any) -> Any:
        if str(row.project_id) == tenant.project:
            begun.set()
            await go_on.wait()
        return await read(tx, row, caches)

    monkeypatch.setattr(service, "_flagset", slowly)
    slow = asyncio.create_task(tenant.api.ok("POST", f"{tenant.path}/explain", asked("u1")))
    await begun.wait()
    async with asyncio.timeout(30):
        told = await other.api.ok("POST", f"{other.path}/explain", asked("u1"))
    assert told["decision"]["variation"] == "on"
    assert not slow.done()
    go_on.set()
    assert (await slow)["decision"]["variation"] == "on"
