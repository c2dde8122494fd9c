"""A token does what its maker may do, for as long as they may, and says who that is."""

from __future__ import annotations

from typing import Any

import pytest
from control_plane.database import Database
from service_kit.clock import ManualClock

from tests.control_plane.conftest import PASSWORD, Api, Tenant, invited, joined
from tests.control_plane.test_access_matrix import with_role

EVE = "eve@example.com"


async def made_by(maker: Api, tenant: Tenant, role: str = "administrator") -> tuple[Api, str]:
    """A program with a token, and the token's id."""
    made = await maker.ok("POST", f"/organizations/{tenant.organization}/tokens", {"name": "ci", "role": role})
    return maker.of(made["token"]), str(made["id"])


async def shown(tenant: Tenant, token_id: str) -> Any:
    listed = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/tokens")
    return next(each for each in listed["items"] if each["id"] == token_id)


async def may_create(program: Api, tenant: Tenant, key: str) -> bool:
    answer = await program("POST", f"/organizations/{tenant.organization}/projects", {"key": key, "name": key})
    return answer.is_success


async def test_a_token_shows_its_maker(tenant: Tenant) -> None:
    eve = await joined(tenant.api, tenant.organization, EVE, "administrator")
    _, token = await made_by(eve, tenant)
    assert (await shown(tenant, token))["created_by"] == {"id": (await eve.ok("GET", "/me"))["id"], "email": EVE}


async def test_a_token_shows_its_last_use_to_the_minute(tenant: Tenant, clock: ManualClock, database: Database) -> None:
    program, token = await made_by(tenant.api, tenant)
    assert (await shown(tenant, token))["last_used_at"] is None

    async def version() -> str:
        async with database.connection() as connection:
            return str(await connection.fetchval("SELECT xmin::text FROM api_tokens WHERE id::text = $1", token))

    await program.ok("GET", "/organizations")
    assert (await shown(tenant, token))["last_used_at"] == "2026-01-05T10:00:00Z"
    written = await version()
    clock.advance(59)
    await program.ok("GET", "/organizations")
    assert await version() == written
    clock.advance(1)
    await program.ok("GET", "/organizations")
    assert (await shown(tenant, token))["last_used_at"] == "2026-01-05T10:01:00Z"


async def test_a_token_may_no_more_than_its_maker_may_now(tenant: Tenant) -> None:
    eve = await joined(tenant.api, tenant.organization, EVE, "administrator")
    program, _ = await made_by(eve, tenant)
    reader, _ = await made_by(eve, tenant, "viewer")
    assert await may_create(program, tenant, "p1")
    member = f"/organizations/{tenant.organization}/members/{(await eve.ok('GET', '/me'))['id']}"
    await tenant.api.changed("PATCH", member, {"role": "viewer"})
    assert not await may_create(program, tenant, "p2")
    await program.ok("GET", f"/organizations/{tenant.organization}")
    await tenant.api.changed("PATCH", member, {"role": "owner"})
    # What the token's own role says is the other limit.
    assert [await may_create(each, tenant, "p3") for each in (reader, program)] == [False, True]


async def test_a_token_ends_with_its_makers_membership(tenant: Tenant) -> None:
    eve = await joined(tenant.api, tenant.organization, EVE, "administrator")
    program, token = await made_by(eve, tenant)
    identity = (await eve.ok("GET", "/me"))["id"]
    await tenant.api.ok("DELETE", f"/organizations/{tenant.organization}/members/{identity}")
    assert (await program("GET", "/organizations")).json()["code"] == "invalid_token"
    assert (await shown(tenant, token))["revoked_at"] is not None
    audit = f"/organizations/{tenant.organization}/audit?entity=token&action=revoke"
    [entry] = (await tenant.api.ok("GET", audit))["items"]
    assert entry["entity_key"] == token
    # Coming back doesn't bring it back.
    secret = await invited(tenant.api, tenant.organization, EVE, "administrator")
    await eve.ok("POST", "/me/invitations/accept", {"secret": secret})
    assert (await program("GET", "/organizations")).status_code == 401


async def test_a_token_is_made_by_a_person(tenant: Tenant, database: Database) -> None:
    program, token = await made_by(tenant.api, tenant)
    body = {"name": "child", "role": "viewer"}
    refused = await program("POST", f"/organizations/{tenant.organization}/tokens", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_a_person")
    # One that a token has made before is nobody's.
    async with database.transaction() as tx:
        await tx.execute("UPDATE api_tokens SET created_by = id WHERE id::text = $1", token)
    assert (await program("GET", "/organizations")).json()["code"] == "invalid_token"
    assert (await shown(tenant, token))["created_by"] is None


async def test_a_token_is_no_session(tenant: Tenant) -> None:
    """A changed password leaves programs alone; revoking is the way to end them."""
    program, _ = await made_by(tenant.api, tenant)
    passwords = {"current_password": PASSWORD, "new_password": "another password of one's own"}
    await tenant.api.ok("PUT", "/me/password", passwords)
    await program.ok("GET", "/organizations")


SOON = "2026-02-01T00:00:00Z"


async def test_everybody_has_tokens_of_their_own(tenant: Tenant) -> None:
    eve = await joined(tenant.api, tenant.organization, EVE, "viewer")
    own = f"/organizations/{tenant.organization}/own-tokens"
    made = await eve.ok("POST", own, {"name": "laptop", "role": "viewer", "expires_at": SOON})
    assert (await eve.of(made["token"])("GET", f"/projects/{tenant.project}/flags")).status_code == 200
    await made_by(tenant.api, tenant)
    assert [each["id"] for each in (await eve.ok("GET", own))["items"]] == [made["id"]]
    assert made["id"] not in {each["id"] for each in (await tenant.api.ok("GET", own))["items"]}
    assert (await shown(tenant, made["id"]))["created_by"]["email"] == EVE
    assert (await tenant.api("DELETE", f"{own}/{made['id']}")).status_code == 404
    assert (await eve.ok("DELETE", f"{own}/{made['id']}"))["revoked_at"] is not None
    assert (await eve.of(made["token"])("GET", f"/projects/{tenant.project}/flags")).status_code == 401


async def test_nobody_learns_of_a_project_by_asking_for_a_token(tenant: Tenant, make_member: Any) -> None:
    at = f"/organizations/{tenant.organization}"
    mine = await tenant.api.ok("POST", f"{at}/projects", {"key": "mine", "name": "Mine"})
    person = await with_role(tenant, make_member, "developer", project=mine["id"])
    wanted = {"name": "laptop", "role": "viewer", "expires_at": SOON}
    for there in ({"environment": "production"}, {}):
        answers = [
            await person("POST", f"{at}/own-tokens", {**wanted, **there, "project": key}) for key in ("shop", "nothing")
        ]
        told = [(each.status_code, each.json()["errors"]) for each in answers]
        assert told[0] == told[1]
        assert told[0][1][0]["code"] == "unknown_project"
    await person.ok("POST", f"{at}/own-tokens", {**wanted, "project": "mine"})


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"role": "developer"}, 403, "right_not_held"),
        ({"expires_at": None}, 422, "invalid_input"),
        ({"expires_at": "2025-01-01T00:00:00Z"}, 422, "invalid_input"),
        ({"expires_at": "2027-03-01T00:00:00Z"}, 422, "invalid_input"),
    ],
)
async def test_a_token_of_ones_own_has_bounds(tenant: Tenant, changed: Any, status: int, code: str) -> None:
    eve = await joined(tenant.api, tenant.organization, EVE, "viewer")
    own = f"/organizations/{tenant.organization}/own-tokens"
    answer = await eve("POST", own, {"name": "laptop", "role": "viewer", "expires_at": SOON, **changed})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_twenty_tokens_of_ones_own_are_in_force(tenant: Tenant) -> None:
    own = f"/organizations/{tenant.organization}/own-tokens"
    wanted = {"name": "laptop", "role": "viewer", "expires_at": SOON}
    made = [await tenant.api.ok("POST", own, wanted) for _ in range(20)]
    refused = await tenant.api("POST", own, wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_tokens")
    await tenant.api.ok("DELETE", f"{own}/{made[0]['id']}")
    await tenant.api.ok("POST", own, wanted)


async def test_a_program_has_no_tokens_of_its_own(tenant: Tenant) -> None:
    program, _ = await made_by(tenant.api, tenant)
    own = f"/organizations/{tenant.organization}/own-tokens"
    assert (await program("GET", own)).status_code == 403
    assert (await program("POST", own, {"name": "x", "role": "viewer", "expires_at": SOON})).status_code == 403
