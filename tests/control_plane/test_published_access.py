"""What is published of who may ask other services: rights by environment, and service tokens."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

import pytest
from control_plane.database import Database
from messages.generated import config_pb2 as pb
from service_kit.clock import ManualClock

from tests.control_plane.conftest import Tenant, new_member
from tests.control_plane.test_signing_keys import environment_of

ALL = {"results:read", "exposures:read", "experiment:update", "export:manage", "data:erase"}
OF_ROLES = {
    "owner": ALL,
    "administrator": ALL - {"data:erase"},
    "developer": {"results:read", "exposures:read", "experiment:update"},
    "analyst": {"results:read", "exposures:read", "experiment:update"},
    "viewer": {"results:read", "exposures:read"},
}


async def published(tenant: Tenant, database: Database) -> pb.Environment:
    environment = await tenant.api.ok("GET", tenant.path)
    return await environment_of(database, environment["id"])


def rights(environment: pb.Environment, place: int) -> set[str]:
    return set(environment.right_sets[place - 1].rights)


async def test_each_member_is_published_with_their_rights_there(tenant: Tenant, database: Database) -> None:
    people = {}
    for role in OF_ROLES:
        person = await (await new_member(tenant.api, tenant.organization, role)).ok("GET", "/me")
        people[UUID(person["id"]).bytes] = role
    environment = await published(tenant, database)
    found = {each.user_id: rights(environment, each.right_set) for each in environment.members}
    assert {people[name]: given for name, given in found.items() if name in people} == OF_ROLES
    assert len(environment.right_sets) == 4, "a set stands once, however many have it"


async def new_token(tenant: Tenant, role: str, **more: Any) -> dict[str, Any]:
    body = {"name": "CI", "role": role, **more}
    made: dict[str, Any] = await tenant.api.ok("POST", f"/organizations/{tenant.organization}/tokens", body)
    return made


async def test_a_token_is_published_by_its_hash_and_gone_when_it_is_revoked(
    tenant: Tenant, database: Database, clock: ManualClock
) -> None:
    made = await new_token(tenant, "viewer", expires_at="2030-01-01T00:00:00Z")
    environment = await published(tenant, database)
    [token] = environment.service_tokens
    assert (str(UUID(bytes=token.id)), token.expires_at) == (made["id"], 1_893_456_000_000)
    assert token.sha256 == hashlib.sha256(made["token"].encode()).digest()
    assert rights(environment, token.right_set) == OF_ROLES["viewer"]
    assert made["token"].encode() not in environment.SerializeToString()
    version = (await tenant.api.ok("GET", tenant.path))["config_version"]
    await tenant.api.ok("DELETE", f"/organizations/{tenant.organization}/tokens/{made['id']}")
    assert (await tenant.api.ok("GET", tenant.path))["config_version"] > version, "nobody is told that it ended"
    assert list((await published(tenant, database)).service_tokens) == []


async def test_a_token_may_no_more_than_its_maker(tenant: Tenant, database: Database) -> None:
    made = await new_token(tenant, "administrator")
    ann = await new_member(tenant.api, tenant.organization, "owner")
    me = (await tenant.api.ok("GET", "/me"))["id"]
    member = f"/organizations/{tenant.organization}/members/{me}"
    await ann.changed("PATCH", member, {"role": "viewer"})
    environment = await environment_of(database, (await ann.ok("GET", tenant.path))["id"])
    [token] = environment.service_tokens
    assert str(UUID(bytes=token.id)) == made["id"]
    assert rights(environment, token.right_set) == OF_ROLES["viewer"]


async def test_a_token_may_be_for_one_environment_and_for_some_rights_alone(tenant: Tenant, database: Database) -> None:
    staging = await tenant.api.ok(
        "POST", f"/projects/{tenant.project}/environments", {"key": "staging", "name": "Staging"}
    )
    made = await new_token(tenant, "developer", project="shop", environment="staging", rights=["results:read"])
    assert (made["environment_id"], made["rights"]) == (staging["id"], ["results:read"])
    assert list((await published(tenant, database)).service_tokens) == []
    environment = await environment_of(database, staging["id"])
    [token] = environment.service_tokens
    assert rights(environment, token.right_set) == {"results:read"}
    program = tenant.api.of(made["token"])
    flags = f"/projects/{tenant.project}/flags"
    assert (await program("GET", flags)).json()["code"] == "missing_right"
    whole = tenant.api.of((await new_token(tenant, "developer", project=tenant.project))["token"])
    await whole.ok("GET", flags)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"project": "absent"}, "project"),
        ({"environment": "production"}, "project"),
        ({"project": "shop", "environment": "absent"}, "environment"),
        ({"rights": ["data:erase"]}, "rights[0]"),
        ({"rights": ["everything"]}, "rights[0]"),
        ({"rights": []}, "rights"),
        ({"role": "absent"}, "role"),
    ],
    ids=str,
)
async def test_a_scope_that_is_not_there_is_refused_by_its_field(tenant: Tenant, given: Any, field: str) -> None:
    body = {"name": "CI", "role": "viewer", **given}
    answer = await tenant.api("POST", f"/organizations/{tenant.organization}/tokens", body)
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field])
