"""Every operation of analytics' document, tried by everybody who may not: with what is no credential, from another
tenant, in another environment, without the right as a person and as a program."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest
from actors.published import Member, ServiceToken
from actors.rights import ROLES_OF_RIGHTS
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.http import Shell

from tests.analytics.app_parts import parts_of
from tests.analytics.people import PERSON, bearer
from tests.contract.apps import apps
from tests.integration.test_analytics_api import NOW, catalog

ALL = frozenset(ROLES_OF_RIGHTS)
OPEN = {"/healthz", "/readyz", "/metrics"}
WHERE = {"project": "shop", "environment": "production"}
ERASURE = {**WHERE, "user_key": "u1"}
EXPORT = {**WHERE, "name": "Lake", "destination": {"type": "folder", "path": "lake"}}
NO_EXPORT = "00000000-0000-0000-0000-000000000001"


class Row(NamedTuple):
    """The right that an operation asks for; None: it is about what one may see anyway."""

    right: str | None
    query: dict[str, str] = {}  # noqa: RUF012 - never changed
    body: Any = None


EXPERIMENT = "/v1/experiments/{experiment}"
ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/v1/experiments"): Row("results:read"),
    ("GET", f"{EXPERIMENT}/results"): Row("results:read"),
    ("GET", f"{EXPERIMENT}/results/segments"): Row("results:read", {"by": "country"}),
    ("GET", f"{EXPERIMENT}/results/sample-ratio"): Row("results:read"),
    ("GET", f"{EXPERIMENT}/results/over-time"): Row("results:read"),
    ("GET", f"{EXPERIMENT}/results/export"): Row("results:read", {"format": "csv"}),
    ("GET", f"{EXPERIMENT}/report"): Row("results:read"),
    ("GET", f"{EXPERIMENT}/interactions"): Row("results:read"),
    ("GET", f"{EXPERIMENT}/snapshots"): Row("results:read"),
    ("GET", EXPERIMENT + "/snapshots/{snapshot}"): Row("results:read"),
    ("POST", f"{EXPERIMENT}/snapshots"): Row("experiment:update"),
    ("GET", f"{EXPERIMENT}/units"): Row("experiment:update", {"format": "csv"}),
    ("GET", "/v1/flags/{key}/exposures"): Row("exposures:read"),
    ("GET", "/v1/usage/flags"): Row("exposures:read"),
    ("GET", "/v1/usage/flags/{key}"): Row("exposures:read"),
    ("GET", "/v1/usage/unknown-flags"): Row("exposures:read"),
    ("GET", "/v1/usage/sdks"): Row("exposures:read"),
    ("GET", "/v1/activity"): Row("exposures:read"),
    ("GET", "/v1/metrics/{metric}/preview"): Row("results:read"),
    ("GET", "/v1/attributes"): Row("exposures:read"),
    ("GET", "/v1/planner"): Row("results:read", {"effect": "0.05", "baseline": "0.1"}),
    ("GET", "/v1/calibration"): Row("results:read", {"metric": "revenue", "flag": "checkout"}),
    ("GET", "/v1/holdouts/{holdout}/effect"): Row("results:read"),
    ("GET", "/v1/programme"): Row("results:read", {"metric": "revenue"}),
    ("GET", "/v1/dead-letters"): Row("experiment:update"),
    ("POST", "/v1/dead-letters/replay"): Row("experiment:update"),
    ("GET", "/v1/reconciliation"): Row("results:read"),
    ("POST", "/v1/erasures"): Row("data:erase", body=ERASURE),
    ("POST", "/v1/exports"): Row("export:manage", body=EXPORT),
    ("GET", "/v1/exports"): Row("export:manage"),
    ("GET", "/v1/exports/{export_id}"): Row(None),
    ("PATCH", "/v1/exports/{export_id}"): Row(None, body={"name": "Other"}),
    ("DELETE", "/v1/exports/{export_id}"): Row(None),
    ("POST", "/v1/exports/{export_id}/test"): Row(None),
    ("POST", "/v1/exports/{export_id}/runs"): Row(None, body={}),
    ("GET", "/v1/exports/{export_id}/runs"): Row(None),
    ("GET", "/v1/exports/{export_id}/runs/{number}"): Row(None),
}
PLACES = {
    "experiment": "exp-1",
    "metric": "revenue",
    "key": "checkout",
    "snapshot": "1",
    "holdout": "none",
    "number": "1",
}


@pytest.fixture
def held() -> Catalog:
    """An environment of the person's and a neighbour in the same project, and one of another tenant's."""
    made = catalog()
    here = made.entries("env-1").environment
    assert here is not None
    made.entries("env-2").environment = replace(here, id="env-2", key="staging")
    made.entries("env-9").environment = replace(here, id="env-9", project_id="project-9", organization_id="org-9")
    for number in ("1", "2"):
        made.entries(f"env-{number}").access.members[str(PERSON)] = Member("", 1, rights=ALL)
    made.entries("env-9").access.members[str(UUID(int=9))] = Member("", 1, rights=ALL)
    return made


@pytest.fixture
async def client(held: Catalog, warehouse: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(parts_of(held, warehouse, ManualClock(NOW)), Shell(registry=CollectorRegistry()))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://analytics") as client:
        yield client


async def asked(
    client: httpx.AsyncClient, operation: tuple[str, str], headers: dict[str, str], **places: str
) -> tuple[int, dict[str, Any]]:
    method, path = operation
    row = ROWS[operation]
    for name, value in {**PLACES, "export_id": NO_EXPORT, **places}.items():
        path = path.replace(f"{{{name}}}", value)
    query = {**WHERE, **row.query} if row.body is None and row.right else row.query
    seen = {"If-Match": '"1"'} | headers
    answer = await client.request(method, path, params=query, json=row.body, headers=seen)
    told = answer.headers.get("content-type", "").startswith("application/problem+json")
    return answer.status_code, answer.json() if told else {}


def test_each_operation_has_a_row() -> None:
    paths = apps()["analytics"].openapi()["paths"]
    assert {(method.upper(), path) for path in paths.keys() - OPEN for method in paths[path]} == ROWS.keys()


async def test_what_is_no_credential_opens_nothing(client: httpx.AsyncClient, held: Catalog) -> None:
    over = ServiceToken("t", ALL, expires_at=NOW - 1)
    held.entries("env-1").access.service_tokens[hashlib.sha256(b"vt_over").digest()] = over
    credentials = ["garbage", "vt_never-was", "vt_over", "srv_" + "x" * 40, "cli_" + "x" * 40, "e30.e30."]
    for operation in ROWS:
        assert (await asked(client, operation, {}))[1]["code"] == "credentials_missing"
        for each in credentials:
            status, problem = await asked(client, operation, {"Authorization": f"Bearer {each}"})
            assert status == 401, (operation, each, problem)


async def test_a_right_that_is_missing_is_named(client: httpx.AsyncClient, held: Catalog) -> None:
    """For a person and a program with all rights but the one."""
    program = {"Authorization": "Bearer vt_narrow"}
    for operation, row in ROWS.items():
        if row.right is None:
            continue
        rest = ALL - {row.right}
        held.entries("env-1").access.members[str(PERSON)] = Member("", 1, rights=rest)
        token = ServiceToken(str(UUID(int=7)), rest)
        held.entries("env-1").access.service_tokens[hashlib.sha256(b"vt_narrow").digest()] = token
        for headers in (bearer("viewer"), program):
            status, problem = await asked(client, operation, headers)
            if operation == ("GET", "/v1/exports"):
                # What one may not manage is not listed, here or elsewhere.
                assert status in (200, 403)
                continue
            assert (status, problem.get("right")) == (403, row.right), (operation, problem)


async def test_who_has_the_right_is_let_in(client: httpx.AsyncClient, held: Catalog) -> None:
    for operation, row in ROWS.items():
        rights = ALL if row.right is None else frozenset({row.right, "results:read"})
        held.entries("env-1").access.members[str(PERSON)] = Member("", 1, rights=rights)
        status, problem = await asked(client, operation, bearer("viewer"))
        assert status not in (401, 403, 500), (operation, status, problem)


async def test_another_tenants_and_another_environments_are_absent(client: httpx.AsyncClient, held: Catalog) -> None:
    del held.entries("env-2").access.members[str(PERSON)]
    stranger = bearer("owner", "org-9")
    held.entries("env-1").access.members[str(PERSON)] = Member("", 1, rights=frozenset())
    for operation, row in ROWS.items():
        status, problem = await asked(client, operation, stranger)
        if operation == ("GET", "/v1/exports"):
            assert status in (200, 404)
            continue
        assert status == 404 if row.right else status in (403, 404), (operation, status, problem)
