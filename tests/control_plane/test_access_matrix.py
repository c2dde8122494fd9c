"""Every operation of the API's document, tried by everybody who may not: with what is no credential, with a role or a
token without the right, with a role in another project or environment.

The right of an operation is learnt from the refusal of somebody who has none; `ROWS` says which role has it at least.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from control_plane.access import Right, Role
from control_plane.access.policy import rights_of
from control_plane.database import Database
from fastapi import FastAPI
from service_kit.clock import ManualClock

from tests.control_plane import test_authorization as authorization
from tests.control_plane.conftest import Api, Tenant
from tests.control_plane.test_authorization import (
    PUBLIC,
    ROWS,
    Row,
    filled,
    harmless_first,
    operations,
)

places = authorization.places
OF_TWO_RIGHTS = {
    ("POST", "/projects/{project}/flags/{key}/environments/{environment}/copy-from/{source}"): Right.FLAG_READ,
    ("POST", "/projects/{project}/configs/{key}/environments/{environment}/copy-from/{source}"): Right.CONFIG_READ,
    ("POST", "/projects/{project}/history/{kind}/{key}/versions/{version}/restore"): Right.FLAG_READ,
    ("POST", "/projects/{project}/history/{kind}/{key}/undo"): Right.FLAG_READ,
    ("POST", "/projects/{project}/flags/{key}/clone"): Right.FLAG_CREATE,
    ("POST", "/projects/{project}/configs/{key}/clone"): Right.CONFIG_CREATE,
    ("POST", "/projects/{project}/experiments/{key}/ship"): Right.EXPERIMENT_READ,
    ("POST", "/projects/{project}/flags/bulk/{bulk}/undo"): Right.FLAG_READ,
    ("PUT", "/projects/{project}/saved-views/{view}"): Right.PROJECT_READ,
    ("DELETE", "/projects/{project}/saved-views/{view}"): Right.PROJECT_READ,
}
"""What is read and then written: the right that is asked first."""
ALSO = {
    ("GET", "/projects/{project}/layers/{key}/environments/{environment}/slots"): (
        Right.EXPERIMENT_READ,
        Right.HOLDOUT_READ,
    ),
}
"""What tells of several kinds asks for the right of each, after the first: tests/control_plane/experiments."""
STALE = {"If-Match": '"999999"'}
OPEN_TO_MEMBERS = {
    ("GET", "/organizations/{organization}"): "its name, to whoever belongs to it",
    ("GET", "/organizations/{organization}/granters"): "whom to ask for a right, to whoever belongs to it",
    ("GET", "/organizations/{organization}/projects"): "those that one may see",
    ("GET", "/organizations/{organization}/own-tokens"): "one's own",
    ("POST", "/organizations/{organization}/own-tokens"): "one's own, with no right that one lacks",
}
"""Operations that ask for no right."""
Operation = tuple[str, str]


async def person_of(api: Api) -> str:
    return str((await api.ok("GET", "/me"))["id"])


async def with_role(tenant: Tenant, make_member: Any, role: str | None, **where: str) -> Api:
    """Somebody with this role in all of the organization, or only where it is said."""
    person: Api = await make_member(tenant, "viewer")
    at = f"/organizations/{tenant.organization}"
    identity = await person_of(person)
    await tenant.api.changed("PATCH", f"{at}/members/{identity}", {"role": None if where else role})
    if where:
        await tenant.api.ok("POST", f"{at}/bindings", {"user": identity, "role": role, **where})
    return person


async def own_role(tenant: Tenant, key: str, rights: list[Right]) -> str:
    body = {"key": key, "name": key, "rights": [right.value for right in rights]}
    await tenant.api.ok("POST", f"/organizations/{tenant.organization}/roles", body)
    return key


async def asked(api: Api, operation: Operation, places: dict[str, str]) -> tuple[int, dict[str, Any]]:
    method, path = operation
    row = ROWS.get(operation, Row("viewer"))
    answer = await api(method, filled(path, places), row.body, headers=STALE, params=row.query)
    document = answer.json() if answer.headers.get("content-type", "").startswith("application/problem+json") else {}
    return answer.status_code, document


@pytest.fixture
async def rights(tenant: Tenant, make_member: Any, places: dict[str, str]) -> dict[Operation, Right]:
    """The right of each operation, as the refusal names it."""
    nobody = await with_role(tenant, make_member, await own_role(tenant, "nothing", [Right.DATA_ERASE]))
    found = {}
    for operation in sorted(ROWS.keys() - OPEN_TO_MEMBERS.keys()):
        status, problem = await asked(nobody, operation, places)
        assert (status, problem.get("code")) == (403, "missing_right"), (operation, status, problem)
        found[operation] = Right(problem["right"])
    assert {each: found.pop(each) for each in OF_TWO_RIGHTS} == OF_TWO_RIGHTS
    return found


async def test_what_is_no_credential_opens_nothing(
    app: FastAPI, anonymous: Api, tenant: Tenant, places: dict[str, str], clock: ManualClock
) -> None:
    keys = f"{tenant.path}/sdk-keys"
    made = {kind: await tenant.api.ok("POST", keys, {"kind": kind, "name": kind}) for kind in ("server", "client")}
    revoked = await tenant.api.ok("POST", keys, {"kind": "server", "name": "gone"})
    await tenant.api.ok("DELETE", f"{keys}/{revoked['id']}")
    tokens = f"/organizations/{tenant.organization}/tokens"
    ended = await tenant.api.ok("POST", tokens, {"name": "ended", "role": "viewer"})
    await tenant.api.ok("DELETE", f"{tokens}/{ended['id']}")
    expired = tenant.api.token
    clock.advance(7 * 24 * 3600)
    credentials = {
        "garbage": "garbage",
        "a token that nobody signed": "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiJ4In0.",
        "a service token that never was": "vt_" + "x" * 43,
        "a service token that was revoked": ended["token"],
        "a server key": made["server"]["key"],
        "a client key": made["client"]["key"],
        "a revoked key": revoked["key"],
        "expired": expired,
    }
    opened = []
    for operation in sorted(operations(app) - PUBLIC):
        for name, credential in credentials.items():
            status, problem = await asked(anonymous.of(credential), operation, places)
            if status != 401:
                opened.append((operation, name, status, problem))
    assert opened == []


async def test_each_operation_asks_for_the_right_of_its_row(rights: dict[Operation, Right]) -> None:
    wrong = []
    for operation, right in rights.items():
        least = [role for role in Role if right in rights_of(role)][-1]
        if least != ROWS[operation].role and not (least == Role.ANALYST and ROWS[operation].role == Role.DEVELOPER):
            wrong.append((operation, right, least, ROWS[operation].role))
    assert wrong == []


async def test_a_role_without_the_right_is_refused_and_told_which(
    tenant: Tenant, make_member: Any, places: dict[str, str], rights: dict[Operation, Right]
) -> None:
    """Each built-in role that lacks it, and one of the organization's that has everything else."""
    people = {role: await with_role(tenant, make_member, role.value) for role in Role}
    by_right: dict[Right, list[Operation]] = defaultdict(list)
    for operation, right in rights.items():
        by_right[right].append(operation)
    await own_role(tenant, "almost", list(Right))
    almost = await with_role(tenant, make_member, "almost")
    wrong = []
    for right, asking in sorted(by_right.items()):
        rest = [each.value for each in Right if each != right]
        await tenant.api.changed("PATCH", f"/organizations/{tenant.organization}/roles/almost", {"rights": rest})
        lacking = [almost, *(people[role] for role in Role if right not in rights_of(role))]
        for operation in asking:
            for person in lacking:
                status, problem = await asked(person, operation, places)
                if (status, problem.get("right")) != (403, right):
                    wrong.append((operation, status, problem))
    assert wrong == []


async def test_a_role_elsewhere_reaches_no_further(
    tenant: Tenant, make_member: Any, places: dict[str, str], rights: dict[Operation, Right]
) -> None:
    at = f"/organizations/{tenant.organization}"
    await tenant.api.ok("POST", f"{at}/projects", {"key": "other", "name": "Other"})
    elsewhere = await with_role(tenant, make_member, "owner", project="other")
    neighbour = await with_role(tenant, make_member, "owner", project="shop", environment="staging")
    wrong = []
    for operation, right in rights.items():
        path = operation[1]
        inside = path.startswith("/projects/{project}")
        status, problem = await asked(elsewhere, operation, places)
        # The audit log shows whoever reads it in a project what stands there; bindings are made where one manages.
        if status not in ((404,) if inside else (403,)) and not path.endswith(("/audit", "/audit/export")):
            wrong.append(("another project", operation, status, problem))
        status, problem = await asked(neighbour, operation, places)
        in_environment = "{environment}" in path or path.startswith("/projects/{project}/experiments/{key}/")
        if inside and (right.writes or in_environment) and status != 403:
            wrong.append(("another environment", operation, status, problem))
    assert wrong == []


async def test_a_narrow_service_token_does_what_it_is_for_and_nothing_else(
    tenant: Tenant, places: dict[str, str], rights: dict[Operation, Right], database: Database
) -> None:
    tokens = f"/organizations/{tenant.organization}/tokens"
    made = await tenant.api.ok("POST", tokens, {"name": "narrow", "role": "owner"})
    token = tenant.api.of(made["token"])

    async def narrow(to: list[Right]) -> None:
        async with database.connection() as connection:
            await connection.execute(
                "UPDATE api_tokens SET rights = $2 WHERE id = $1", made["id"], [each.value for each in to]
            )

    wrong = []
    for operation, right in sorted(rights.items(), key=lambda each: harmless_first(each[0])):
        await narrow([each for each in Right if each != right])
        status, problem = await asked(token, operation, places)
        if (status, problem.get("right")) != (403, right):
            wrong.append(("without", operation, status, problem))
        await narrow([right, *ALSO.get(operation, ())])
        status, problem = await asked(token, operation, places)
        if status in (401, 500) or (status == 403 and problem.get("code") == "missing_right"):
            wrong.append(("with", operation, status, problem))
    assert wrong == []
