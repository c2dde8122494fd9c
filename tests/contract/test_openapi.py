"""The OpenAPI document of each service is the agreed one; what differs is shown by operation and field."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

import pytest

from tests.contract.apps import apps
from tests.contract.snapshots import check_snapshot

DOCUMENTS = {name: app.openapi() for name, app in apps().items()}


@pytest.mark.parametrize("service", list(DOCUMENTS))
def test_the_document_is_the_agreed_one(service: str) -> None:
    # One version for the whole product; a release changes it, and nothing else.
    document = {**DOCUMENTS[service], "info": {"title": DOCUMENTS[service]["info"]["title"]}}
    check_snapshot(f"openapi-{service.replace(' ', '-')}.txt", "\n".join(_lines(document, "")) + "\n")


@pytest.mark.parametrize("service", list(DOCUMENTS))
def test_the_version_is_the_products(service: str) -> None:
    assert DOCUMENTS[service]["info"]["version"] == version("verdict-platform")


@pytest.mark.parametrize("service", list(DOCUMENTS))
def test_every_operation_has_a_name_of_its_own_and_a_summary(service: str) -> None:
    operations = [operation for methods in DOCUMENTS[service]["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert [operation["operationId"] for operation in operations if not operation.get("summary")] == []


def _lines(value: Any, path: str) -> list[str]:
    """A document as a line for each leaf, so that a difference names the place."""
    if isinstance(value, dict) and value:
        return [line for key in sorted(value) for line in _lines(value[key], f"{path}/{key}")]
    if isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        return [line for index, each in enumerate(value) for line in _lines(each, f"{path}/{index}")]
    return [f"{path} {json.dumps(value, ensure_ascii=False)}"]
