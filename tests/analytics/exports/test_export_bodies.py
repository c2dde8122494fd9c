"""Bodies of exports that no database and no answer could hold."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.warehouse.client import Warehouse
from analytics.warehouse.settings import WarehouseSettings
from fastapi import FastAPI
from service_kit.clock import ManualClock
from service_kit.http import Shell
from service_kit.telemetry import new_registry

from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer

HALF = "a\ud800"


def export(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Nightly",
        "project": "shop",
        "environment": "production",
        "destination": {"type": "s3", "bucket": "exports", "region": "eu-west-1"},
        "credentials": {"access_key_id": "id", "secret_access_key": "secret"},
    } | changes


@pytest.fixture
def app() -> FastAPI:
    catalog = Catalog()
    catalog.ready = True
    warehouse = Warehouse(WarehouseSettings(url="http://127.0.0.1:9"))
    return build_app(parts_of(catalog, warehouse, ManualClock()), Shell(registry=new_registry()))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"credentials": {"access_key_id": HALF, "secret_access_key": "s"}}, "credentials.access_key_id"),
        ({"credentials": {"access_key_id": "id", "secret_access_key": HALF}}, "credentials.secret_access_key"),
        ({"credentials": {HALF: "s"}}, "credentials"),
        ({"name": HALF}, "name"),
        ({"destination": {"type": HALF}}, "destination.type"),
        ({HALF: 1}, "body"),
    ],
    ids=["the id", "the secret", "a name of credentials", "the export's name", "the destination", "a field's name"],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/exports"), ("PATCH", "/v1/exports/e1")])
async def test_half_a_character_is_refused_with_its_field(
    app: FastAPI, changes: dict[str, Any], field: str, method: str, path: str
) -> None:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {**bearer(), "Content-Type": "application/json", "If-Match": '"1"'}
    body = export(**changes) if method == "POST" else changes
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.request(method, path, content=json.dumps(body), headers=headers)
    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [(field, "lone_surrogate")]
