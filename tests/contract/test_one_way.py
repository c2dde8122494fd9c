"""Every service is asked in one way: credentials, pages and versions have the same rules and refusals everywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from starlette.applications import Starlette

from tests.contract.apps import apps

APPS = apps()
OPEN = {
    "/healthz",
    "/readyz",
    "/metrics",
    "/.well-known/jwks.json",
    "/api/v1/auth/login",
    "/api/v1/auth/refresh",
    "/api/v1/auth/sessions",
    "/api/v1/auth/invitations/accept",
    "/api/v1/auth/password-resets",
    "/api/v1/auth/password-resets/use",
    "/api/v1/audit-keys",
    "/api/v1/auth/ways",
    "/api/v1/auth/oidc/start",
    "/api/v1/auth/oidc/callback",
    "/api/v1/csp-reports",
}
BY_A_TOKEN_IN_THE_ADDRESS = {"/ofrep/v1/events"}
OFREP = {
    "/ofrep/v1/evaluate/flags",
    "/ofrep/v1/evaluate/flags/{key}",
    "/v1/evaluate",
    "/v1/flags/{key}",
    "/v1/configs",
    "/v1/configs/{key}",
    "/v1/experiments/{key}/assign",
    "/v1/segments/evaluate",
}
OF_ALL_ITEMS = {
    "/api/v1/projects/{project}/environments/{environment}/explanations": {"config_version", "now"},
    "/v1/experiments": {"complete"},
}
"""What an answer tells once for all that it lists."""
LIMIT = {"type": "integer", "maximum": 200, "minimum": 1, "default": 50, "title": "Limit"}
CURSOR = {"anyOf": [{"type": "string", "maxLength": 2000}, {"type": "null"}], "title": "Cursor"}


class Operation(NamedTuple):
    service: str
    method: str
    path: str
    document: dict[str, Any]

    def parameter(self, name: str) -> dict[str, Any] | None:
        return next((each for each in self.document.get("parameters", []) if each["name"] == name), None)


def operations() -> Iterator[Operation]:
    for service, app in APPS.items():
        for path, methods in app.openapi()["paths"].items():
            for method, document in methods.items():
                yield Operation(service, method.upper(), path, document)


OPERATIONS = list(operations())


def named(found: list[Operation]) -> list[Any]:
    return [pytest.param(each, id=f"{each.service} {each.method} {each.path}") for each in found]


@pytest.fixture
async def ask() -> AsyncIterator[Any]:
    started: list[Any] = []

    async def send(app: Starlette, method: str, path: str) -> httpx.Response:
        context = app.router.lifespan_context(app)
        if app is APPS["ingestor"]:
            await context.__aenter__()
            started.append(context)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
            return await client.request(method, path)

    yield send
    for context in started:
        await context.__aexit__(None, None, None)


@pytest.mark.parametrize(
    "operation", named([each for each in OPERATIONS if each.path not in OPEN | BY_A_TOKEN_IN_THE_ADDRESS])
)
async def test_a_request_that_names_nobody_has_one_answer(ask: Any, operation: Operation) -> None:
    path = operation.path.replace("{", "").replace("}", "")
    answer = await ask(APPS[operation.service], operation.method, path)
    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"] == "Bearer"
    if operation.path in OFREP:
        assert (answer.json()["errorCode"], answer.headers["content-type"]) == ("GENERAL", "application/json")
    else:
        assert answer.json()["code"] == "credentials_missing"
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("operation", named([each for each in OPERATIONS if each.parameter("cursor")]))
def test_a_list_has_pages_of_one_form(operation: Operation) -> None:
    limit, cursor = operation.parameter("limit"), operation.parameter("cursor")
    assert limit is not None
    assert cursor is not None
    assert (limit["schema"], cursor["schema"]) == (LIMIT, CURSOR)
    reference = operation.document["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    schema = APPS[operation.service].openapi()["components"]["schemas"][reference.rpartition("/")[2]]
    counted = {"total", "facets"} if operation.parameter("facets") else set()
    assert schema["properties"].keys() == {"items", "next_cursor"} | counted | OF_ALL_ITEMS.get(operation.path, set())
    assert "422" in operation.document["responses"]


def test_no_list_counts_from_the_start() -> None:
    assert [each for each in OPERATIONS for name in ("offset", "page", "skip") if each.parameter(name)] == []


@pytest.mark.parametrize("operation", named([each for each in OPERATIONS if each.parameter("If-Match")]))
def test_a_write_of_a_version_names_its_refusals(operation: Operation) -> None:
    assert {"400", "412"} <= operation.document["responses"].keys()
    given = operation.parameter("If-Match")
    assert given is not None
    if given["description"] == "The ETag that was read":
        assert "428" in operation.document["responses"]
    else:
        assert given["description"] == "Optional: the ETag that was read"


def test_each_of_these_rules_has_somebody_who_obeys_it() -> None:
    asked = {(each.service, name) for each in OPERATIONS for name in ("cursor", "If-Match") if each.parameter(name)}
    assert asked == {(service, name) for service in ("control plane", "analytics") for name in ("cursor", "If-Match")}
