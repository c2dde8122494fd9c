"""What stands in an address is as strict as a body: a parameter that an operation doesn't have is refused by its name,
and so is one that is given twice. The exceptions are all named here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.apps import apps, open_clients

PROBES = {"/healthz", "/readyz", "/metrics"}
"""Load balancers and scrapers add what they like, and no answer depends on it."""
ATTRIBUTES = {
    ("edge", "GET", path)
    for path in ("/v1/flags/{key}", "/v1/configs", "/v1/configs/{key}", "/v1/experiments/{key}/assign")
}
"""Each parameter is an attribute of the context, so none is unknown."""
CALLBACK = ("control plane", "GET", "/api/v1/auth/oidc/callback")
"""Identity providers add what they like; what is given twice signs nobody in."""
OPERATIONS = [
    pytest.param(name, method.upper(), path, operation, id=f"{name} {method.upper()} {path}")
    for name, app in apps().items()
    for path, operations in app.openapi()["paths"].items()
    for method, operation in operations.items()
    if path not in PROBES
]
PATH_PART = re.compile(r"\{\w+\}")


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, httpx.AsyncClient]]:
    with open_clients() as made:
        yield made


async def refusal(client: httpx.AsyncClient, method: str, path: str, query: str) -> tuple[int, set[str], str]:
    """The status, the codes of the fields at fault, and the sentence."""
    answer = await client.request(method, f"{PATH_PART.sub('x', path)}?{query}")
    document = answer.json()
    if "errorCode" in document:
        assert answer.status_code == 400
        return 422, set(), document["errorDetails"]
    return answer.status_code, {each["code"] for each in document["errors"]}, document["detail"]


@pytest.mark.parametrize(("name", "method", "path", "operation"), OPERATIONS)
async def test_a_parameter_that_is_not_there_is_refused_by_its_name(
    clients: dict[str, httpx.AsyncClient], name: str, method: str, path: str, operation: dict[str, Any]
) -> None:
    if (name, method, path) in {*ATTRIBUTES, CALLBACK}:
        return
    status, codes, detail = await refusal(clients[name], method, path, "ownr=anna")
    assert (status, codes <= {"unknown_parameter"}) == (422, True)
    assert detail.startswith("ownr: there ")


@pytest.mark.parametrize(("name", "method", "path", "operation"), OPERATIONS)
async def test_a_parameter_that_is_given_twice_is_refused_by_its_name(
    clients: dict[str, httpx.AsyncClient], name: str, method: str, path: str, operation: dict[str, Any]
) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query" and (name, method, path) != CALLBACK:
            twice = f"{parameter['name']}=1&{parameter['name']}=1"
            status, codes, detail = await refusal(clients[name], method, path, twice)
            assert (status, codes <= {"repeated"}) == (422, True)
            assert detail.startswith(f"{parameter['name']}: ")


async def test_a_name_of_any_bytes_is_told_as_text(clients: dict[str, httpx.AsyncClient]) -> None:
    for query in ("%00=1", "%ff=1", "=", "a%00b=%00", "x" * 5000):
        status, _, detail = await refusal(clients["control plane"], "GET", "/api/v1/organizations", query)
        assert status == 422
        assert "\x00" not in detail
        assert len(detail) < 300


def test_there_are_operations() -> None:
    assert {each.values[0] for each in OPERATIONS} == set(apps())
    assert len(OPERATIONS) > 80
