"""Quotas: a write that would grow over a limit is refused and changes nothing; what shrinks always gets through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from control_plane.database import Database
from control_plane.publishing.compiler import Compiler
from control_plane.quotas import Quota, set_overrides
from messages.documents import flag_of
from messages.generated.config_pb2 import ConfigMessage
from messages.subjects import config_subject
from service_kit.clock import ManualClock

from tests.control_plane.conftest import Api, Tenant, new_tenant, sign_in
from tests.control_plane.running_app import ADMINISTRATOR, app_on

BOOLEAN = {
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "off"},
}
ENTITIES: dict[str, dict[str, Any]] = {
    "flags": BOOLEAN,
    "segments": {},
    "metrics": {"aggregation": "count"},
    "layers": {},
    "holdouts": {"share": 5},
}
Limited = Callable[..., Awaitable[Tenant]]


@pytest.fixture
async def limited(database: Database, clock: ManualClock) -> AsyncIterator[Limited]:
    """A tenant under these limits."""
    clients: list[httpx.AsyncClient] = []

    async def start(**limits: int) -> Tenant:
        app = await app_on(database, clock, limits={Quota(name): number for name, number in limits.items()})
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")
        clients.append(client)
        return await new_tenant(await sign_in(Api(client), *ADMINISTRATOR), "acme")

    yield start
    for client in clients:
        await client.aclose()


def exceeded(answer: httpx.Response) -> tuple[str, int, int]:
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "quota_exceeded"), answer.text
    return problem["quota"], problem["limit"], problem["used"]


async def uses(tenant: Tenant) -> dict[tuple[str, str | None], tuple[int, int]]:
    items = (await tenant.api.ok("GET", f"/projects/{tenant.project}/quotas"))["items"]
    items += (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/quotas"))["items"]
    return {(each["quota"], each["environment"]): (each["used"], each["limit"]) for each in items}


@pytest.mark.parametrize("kind", ENTITIES)
async def test_a_project_holds_so_many_of_a_kind(kind: str, limited: Limited) -> None:
    tenant = await limited(**{kind: 2})
    path = f"/projects/{tenant.project}/{kind}"
    await tenant.api.ok("POST", path, {**ENTITIES[kind], "key": "one"})
    two = await tenant.api.ok("POST", path, {**ENTITIES[kind], "key": "two"})
    assert [each["code"] for each in two["warnings"]] == ["quota_nearly_used"]
    assert exceeded(await tenant.api("POST", path, {**ENTITIES[kind], "key": "three"})) == (kind, 2, 2)
    assert (await tenant.api("GET", f"{path}/three")).status_code == 404
    if kind == "flags":
        await tenant.api.ok("POST", f"{path}/one/archive")
    await tenant.api.ok("DELETE", f"{path}/one")
    await tenant.api.ok("POST", path, {**ENTITIES[kind], "key": "three"})
    assert (await uses(tenant))[kind, None] == (2, 2)


async def test_experiments_are_counted_over_all_environments(limited: Limited) -> None:
    tenant = await limited(experiments=1)
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", {**BOOLEAN, "key": "f"})
    body = {
        "key": "one",
        "environment": "production",
        "flag": "f",
        "variations": [{"key": "off", "weight": 50}, {"key": "on", "weight": 50}],
    }
    await tenant.api.ok("POST", f"/projects/{tenant.project}/experiments", body)
    refused = await tenant.api("POST", f"/projects/{tenant.project}/experiments", {**body, "key": "two"})
    assert exceeded(refused) == ("experiments", 1, 1)


async def test_environments_projects_keys_and_tokens_have_limits(limited: Limited) -> None:
    tenant = await limited(environments=1, projects=1, sdk_keys=1, tokens=1)
    named = {"key": "second", "name": "Second"}
    refused = await tenant.api("POST", f"/projects/{tenant.project}/environments", named)
    assert exceeded(refused) == ("environments", 1, 1)
    refused = await tenant.api("POST", f"/organizations/{tenant.organization}/projects", named)
    assert exceeded(refused) == ("projects", 1, 1)
    key = await tenant.api.ok("POST", f"{tenant.path}/sdk-keys", {"kind": "server", "name": "k"})
    refused = await tenant.api("POST", f"{tenant.path}/sdk-keys", {"kind": "server", "name": "k"})
    assert exceeded(refused) == ("sdk_keys", 1, 1)
    assert exceeded(await tenant.api("POST", f"{tenant.path}/sdk-keys/{key['id']}/rotate", {})) == ("sdk_keys", 1, 1)
    await tenant.api.ok("DELETE", f"{tenant.path}/sdk-keys/{key['id']}")
    await tenant.api.ok("POST", f"{tenant.path}/sdk-keys", {"kind": "server", "name": "k"})
    found = await uses(tenant)
    assert [found[name] for name in (("environments", None), ("projects", None), ("sdk_keys", "production"))] == [
        (1, 1)
    ] * 3


async def test_members_count_with_those_who_are_invited(limited: Limited) -> None:
    tenant = await limited(members=4, tokens=2)
    at = f"/organizations/{tenant.organization}"
    people = (await uses(tenant))["members", None][0]
    invited = [{"email": f"p{number}@example.com", "role": "viewer"} for number in range(6)]
    answers = await asyncio.gather(*(tenant.api("POST", f"{at}/invitations", each) for each in invited))
    assert sorted(each.status_code for each in answers) == [201] * (4 - people) + [409] * (2 + people)
    taken = next(each for each, answer in zip(invited, answers, strict=True) if answer.status_code == 201)
    await tenant.api.ok("POST", f"{at}/invitations", taken)
    tokens = await asyncio.gather(
        *(tenant.api("POST", f"{at}/tokens", {"name": "t", "role": "viewer"}) for _ in range(4))
    )
    assert sorted(each.status_code for each in tokens) == [201, 201, 409, 409]
    found = await uses(tenant)
    assert (found["members", None], found["tokens", None]) == ((4, 4), (2, 2))


async def test_writes_at_the_same_time_do_not_exceed_a_limit(limited: Limited) -> None:
    tenant = await limited(flags=3, environments=3, sdk_keys=3, projects=3)
    flags = f"/projects/{tenant.project}/flags"
    wanted = [("POST", flags, {**BOOLEAN, "key": f"f{number}"}) for number in range(6)]
    wanted += [
        ("POST", f"/projects/{tenant.project}/environments", {"key": f"e{number}", "name": "E"}) for number in range(4)
    ]
    wanted += [("POST", f"{tenant.path}/sdk-keys", {"kind": "client", "name": "k"})] * 5
    wanted += [
        ("POST", f"/organizations/{tenant.organization}/projects", {"key": f"p{number}", "name": "P"})
        for number in range(4)
    ]
    answers = await asyncio.gather(*(tenant.api(*each) for each in wanted))
    assert {each.status_code for each in answers} == {201, 409}
    found = await uses(tenant)
    for quota in (("flags", None), ("environments", None), ("sdk_keys", "production"), ("projects", None)):
        assert found[quota] == (3, 3)


async def test_an_environment_and_an_organization_hold_so_many_bytes(limited: Limited) -> None:
    tenant = await limited(environment_bytes=20_000, organization_bytes=30_000)
    flags = f"/projects/{tenant.project}/flags"
    wide = {
        **BOOLEAN,
        "type": "string",
        "variations": [{"key": "on", "value": "x" * 9_000}, {"key": "off", "value": ""}],
    }
    await tenant.api.ok("POST", flags, {**wide, "key": "one"})
    two = await tenant.api.ok("POST", flags, {**wide, "key": "two"})
    assert [each["code"] for each in two["warnings"]] == ["quota_nearly_used"]
    quota, limit, used = exceeded(await tenant.api("POST", flags, {**wide, "key": "three"}))
    assert (quota, limit) == ("environment_bytes", 20_000)
    assert (await uses(tenant))["environment_bytes", "production"][0] == pytest.approx(used, abs=100)
    body = {"key": "staging", "name": "Staging"}
    quota, _, _ = exceeded(await tenant.api("POST", f"/projects/{tenant.project}/environments", body))
    assert quota == "organization_bytes"
    rules = [{"if": {"attribute": "a", "operator": "in", "value": ["y" * 2_000]}, "then": {"variation": "on"}}]
    settings = f"{flags}/one/environments/production"
    refused = await tenant.api("PATCH", settings, {"rules": rules}, headers={"If-Match": '"1"'})
    assert exceeded(refused)[0] == "environment_bytes"
    segment = {"key": "s", "included": ["u" * 1_000, "v" * 1_000]}
    assert exceeded(await tenant.api("POST", f"/projects/{tenant.project}/segments", segment))[0] == "environment_bytes"


async def test_what_is_defined_before_there_is_an_environment_counts_as_well(limited: Limited) -> None:
    tenant = await limited(environment_bytes=5_000)
    other = await tenant.api.ok("POST", f"/organizations/{tenant.organization}/projects", {"key": "p", "name": "P"})
    segment = {"included": ["u" * 900, "v" * 900]}
    for key in ("a", "b"):
        await tenant.api.ok("POST", f"/projects/{other['id']}/segments", {**segment, "key": key})
    refused = await tenant.api("POST", f"/projects/{other['id']}/segments", {**segment, "key": "c"})
    assert exceeded(refused)[0] == "environment_bytes"


async def test_switching_off_and_making_smaller_always_get_through(limited: Limited, database: Database) -> None:
    tenant = await limited()
    project = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{project}/flags", {**BOOLEAN, "key": "f"})
    await tenant.api.ok("POST", f"{project}/flags", {**BOOLEAN, "key": "g"})
    await tenant.api.ok("POST", f"{project}/segments", {"key": "s", "included": ["a", "b"]})
    key = await tenant.api.ok("POST", f"{tenant.path}/sdk-keys", {"kind": "server", "name": "k"})
    settings = f"{project}/flags/f/environments/production"
    rules = [{"if": {"segment": "s"}, "then": {"variation": "on"}}]
    await tenant.api.changed("PATCH", settings, {"enabled": True, "rules": rules})
    experiment = {
        "key": "x",
        "environment": "production",
        "flag": "f",
        "variations": [{"key": "off", "weight": 50}, {"key": "on", "weight": 50}],
    }
    await tenant.api.ok("POST", f"{project}/experiments", experiment)
    await tenant.api.ok("POST", f"{project}/experiments/x/start")
    async with database.transaction() as tx:
        nothing = [f"{quota}=0" for quota in Quota]
        await set_overrides(tx, tenant.organization, nothing, {})
    assert exceeded(await tenant.api("POST", f"{project}/segments", {"key": "t"}))[1] == 0
    await tenant.api.ok("PUT", f"{settings}/enabled", {"enabled": False})
    await tenant.api.ok("PUT", f"{settings}/enabled", {"enabled": True})
    await tenant.api.changed("PATCH", settings, {"enabled": False})
    await tenant.api.changed("PATCH", settings, {"rules": []})
    await tenant.api.changed("PATCH", f"{project}/segments/s", {"included": ["a"]})
    await tenant.api.ok("POST", f"{project}/experiments/x/stop")
    await tenant.api.ok("POST", f"{project}/experiments/x/archive")
    await tenant.api.ok("DELETE", f"{project}/segments/s")
    await tenant.api.ok("POST", f"{project}/flags/f/archive")
    await tenant.api.ok("POST", f"{project}/flags/g/archive")
    await tenant.api.ok("DELETE", f"{project}/flags/g")
    await tenant.api.ok("DELETE", f"{tenant.path}/sdk-keys/{key['id']}")
    await tenant.api.ok("POST", f"{tenant.path}/archive")
    assert exceeded(await tenant.api("POST", f"{tenant.path}/restore"))[1] == 0
    await tenant.api.ok("POST", f"{project}/archive")


async def test_a_flag_that_can_not_be_read_is_switched_off(limited: Limited, database: Database) -> None:
    tenant = await limited()
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", {**BOOLEAN, "key": "f"})
    settings = f"/projects/{tenant.project}/flags/f/environments/production"
    await tenant.api.ok("PUT", f"{settings}/enabled", {"enabled": True})
    async with database.transaction() as tx:  # as an older version may have left it
        await tx.execute('UPDATE flag_settings SET rules = \'[{"id": "r", "strange": true}]\'')
    off = await tenant.api.ok("PUT", f"{settings}/enabled", {"enabled": False})
    assert off["enabled"] is False
    async with database.transaction() as tx:
        environment_id = await tx.fetchval("SELECT id FROM environments")
    compiled = await Compiler(database).compile(environment_id)
    assert compiled is not None
    assert not compiled.invalid
    served = ConfigMessage.FromString(compiled.entries[config_subject(str(environment_id), "flag", "f")])
    assert flag_of(served).enabled is False
    assert (await tenant.api("PUT", f"{settings}/enabled", {"enabled": True})).status_code == 422


async def test_growth_leaves_a_reserve_on_the_stream(limited: Limited, database: Database) -> None:
    tenant = await limited()
    segments = f"/projects/{tenant.project}/segments"
    await tenant.api.ok("POST", segments, {"key": "before"})
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", {**BOOLEAN, "key": "f"})
    switch = f"/projects/{tenant.project}/flags/f/environments/production/enabled"
    await tenant.api.ok("PUT", switch, {"enabled": True})
    async with database.transaction() as tx:
        waiting = await tx.fetchval("SELECT sum(growth)::bigint FROM outbox")
        await tx.execute(
            "INSERT INTO config_streams (name, bytes, bytes_max, observed_at) VALUES ('CONFIG', $1, 100000, now())",
            94_000 - waiting,
        )
    large = {"key": "large", "included": ["u" * 1_000]}
    refused = exceeded(await tenant.api("POST", segments, large))
    assert refused == ("config_stream", 95_000, 94_000 - waiting)
    await tenant.api.ok("POST", segments, {"key": "small"})
    await tenant.api.ok("PUT", switch, {"enabled": False})
    async with database.transaction() as tx:
        await tx.execute("UPDATE config_streams SET bytes = 100000")
    assert exceeded(await tenant.api("POST", segments, {"key": "tiny"}))[0] == "config_stream"
    await tenant.api.ok("PUT", switch, {"enabled": True})
    await tenant.api.ok("PUT", switch, {"enabled": False})
    await tenant.api.ok("DELETE", f"{segments}/before")


async def test_an_operator_gives_one_organization_its_own_limits(limited: Limited, database: Database) -> None:
    tenant = await limited(flags=1)
    async with database.transaction() as tx:
        told = await set_overrides(tx, "acme", ["flags=2", "layers=0"], {Quota.FLAGS: 1})
    assert {"flags=2 (its own)", "layers=0 (its own)", "segments=10000"} <= set(told)
    flags = f"/projects/{tenant.project}/flags"
    for key in ("a", "b"):
        await tenant.api.ok("POST", flags, {**BOOLEAN, "key": key})
    assert exceeded(await tenant.api("POST", flags, {**BOOLEAN, "key": "c"})) == ("flags", 2, 2)
    assert (await uses(tenant))["layers", None] == (0, 0)
    async with database.transaction() as tx:
        assert "layers=1000" in await set_overrides(tx, tenant.organization, ["layers=default"], {})
        with pytest.raises(LookupError, match="no organization"):
            await set_overrides(tx, "nobody", [], {})
        with pytest.raises(ValueError, match="is no quota"):
            await set_overrides(tx, "acme", ["flag=default"], {})
    audit = (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit"))["items"]
    assert audit[0]["after"] == {"flags": 2}
    assert audit[0]["before"] == {"flags": 2, "layers": 0}


async def test_what_is_counted_is_what_is_there(limited: Limited, database: Database) -> None:
    tenant = await limited()
    project = f"/projects/{tenant.project}"
    for number in range(3):
        await tenant.api.ok("POST", f"{project}/flags", {**BOOLEAN, "key": f"f{number}"})
    settings = f"{project}/flags/f0/environments/production"
    rules = [{"if": {"attribute": "a", "operator": "exists"}, "then": {"variation": "on"}}]
    await tenant.api.changed("PATCH", settings, {"rules": rules})
    await tenant.api.changed("PATCH", settings, {"rules": []})
    await tenant.api.changed("PATCH", f"{project}/flags/f1", {"description": "long " * 100})
    await tenant.api.ok("POST", f"{project}/flags/f2/archive")
    await tenant.api.ok("DELETE", f"{project}/flags/f2")
    async with database.transaction() as tx:
        counted = await tx.fetchrow("SELECT used, bytes FROM usage_counts WHERE kind = 'flag'")
        there = await tx.fetchrow(
            "SELECT count(*) AS used, sum(octet_length(row_to_json(f)::text)) AS bytes FROM flags f"
        )
        assert dict(counted or {}) == dict(there or {})
        counted = await tx.fetchrow("SELECT used, bytes FROM usage_counts WHERE kind = 'flag_settings'")
        there = await tx.fetchrow(
            "SELECT count(*) AS used, "
            "sum(octet_length((to_jsonb(s) - '{enabled,version,updated_at}'::text[])::text)) AS bytes "
            "FROM flag_settings s"
        )
        assert dict(counted or {}) == dict(there or {})
