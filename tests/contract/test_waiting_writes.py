"""Every write that tells environments' versions can wait for all edges, and says so in the API's document."""

from __future__ import annotations

from typing import Any

from tests.contract.apps import apps

DOCUMENT = apps()["control plane"].openapi()
SCHEMAS = DOCUMENT["components"]["schemas"]
TELLING = {"/projects/{project}/flags", "/projects/{project}/archive", "/projects/{project}/environments"}


def properties(answer: dict[str, Any]) -> set[str]:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return set(SCHEMAS.get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", ()))


def test_waiting_stands_at_each_write_that_tells_versions_and_nowhere_else() -> None:
    found = set()
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            answers = [each for status, each in operation["responses"].items() if status.startswith("2")]
            told = method != "get" and any("environment_versions" in properties(each) for each in answers)
            asked = any(each["name"] == "Prefer" for each in operation.get("parameters", ()))
            applied = any("Preference-Applied" in each.get("headers", {}) for each in answers)
            assert (asked, applied) == (told, told), f"{method} {path}"
            if told:
                assert any("propagation" in properties(each) for each in answers)
                found.add(path.removeprefix("/api/v1"))
    assert found >= TELLING


def test_the_member_is_described_once() -> None:
    assert SCHEMAS["Propagation"]["required"] == ["edges", "confirmed", "milliseconds", "laggards"]
