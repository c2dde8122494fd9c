"""The OpenAPI document of each service is the agreed one; what differs is shown by operation and field."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from tests.contract.service_apps import analytics, control_plane, edge_evaluator, event_ingestor
from tests.contract.snapshots import check_snapshot

SERVICES: tuple[Callable[[], FastAPI], ...] = (control_plane, edge_evaluator, event_ingestor, analytics)
_OPERATIONS = ("get", "put", "post", "patch", "delete", "head", "options")


@pytest.mark.parametrize("service", [pytest.param(each, id=each.__name__) for each in SERVICES])
def test_the_document_is_the_agreed_one(service: Callable[[], FastAPI]) -> None:
    document = service().openapi()
    # One version for the whole product; a release changes it, and nothing else.
    document["info"].pop("version")
    check_snapshot(f"openapi-{service.__name__}.txt", "\n".join(_lines(document, "")) + "\n")


@pytest.mark.parametrize("service", [pytest.param(each, id=each.__name__) for each in SERVICES])
def test_every_operation_is_named_once_summarised_and_says_how_it_fails(service: Callable[[], FastAPI]) -> None:
    names: list[str] = []
    for path, methods in service().openapi()["paths"].items():
        for method, operation in methods.items():
            assert method in _OPERATIONS
            names.append(operation["operationId"])
            assert operation.get("summary"), (method, path)
            assert operation["responses"], (method, path)
    assert len(names) == len(set(names))


def _lines(value: Any, path: str) -> list[str]:
    """A document as one line for each leaf, so that a difference names the place."""
    if isinstance(value, dict) and value:
        return [line for key in sorted(value) for line in _lines(value[key], f"{path}/{key.replace('/', '~1')}")]
    if isinstance(value, list) and value and any(isinstance(each, dict | list) for each in value):
        return [line for index, each in enumerate(value) for line in _lines(each, f"{path}/{index}")]
    return [f"{path.replace('~1', '/')} {json.dumps(value, ensure_ascii=False)}"]
