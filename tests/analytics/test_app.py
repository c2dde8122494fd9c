"""What the API says of itself, without a server behind it."""

from __future__ import annotations

from typing import Any

import pytest
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.warehouse.client import Warehouse
from analytics.warehouse.settings import WarehouseSettings
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.http import Shell

from tests.analytics.app_parts import parts_of

FILES = {f"/v1/experiments/{{experiment}}/{each}" for each in ("report", "results/export", "units")}
"""Answers that are no JSON."""


def operations() -> dict[str, dict[str, Any]]:
    warehouse = Warehouse(WarehouseSettings(url="http://127.0.0.1:9"))
    app = build_app(parts_of(Catalog(), warehouse, ManualClock(0)), Shell(registry=CollectorRegistry()))
    return {
        f"{method} {path}": operation
        for path, methods in app.openapi()["paths"].items()
        if path.startswith("/v1/") and path not in FILES
        for method, operation in methods.items()
    }


OPERATIONS = operations()


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_answer_has_a_schema(name: str) -> None:
    """So that a client can be generated, and an answer can't grow a field that nobody declared."""
    answers = {code: each for code, each in OPERATIONS[name]["responses"].items() if code.startswith("2")}
    for code, answer in answers.items():
        if code != "204":
            schema = answer["content"]["application/json"]["schema"]
            assert "$ref" in schema or all("$ref" in each for each in schema["anyOf"])
