"""What reads an environment's events or letters from the stream takes a turn, whoever asks."""

from __future__ import annotations

import httpx
import pytest
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment
from analytics.turns import TurnLimits
from analytics.warehouse.client import Warehouse
from analytics.warehouse.settings import WarehouseSettings
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.http import Shell

from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer

WHERE = {"project": "shop", "environment": "production"}
NO_TURNS = TurnLimits(at_once=0, waiting_per_organization=0)
OPERATIONS = [
    ("GET", "/v1/reconciliation"),
    ("GET", "/v1/dead-letters"),
    ("POST", "/v1/dead-letters/replay"),
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_it_takes_a_turn(method: str, path: str) -> None:
    catalog = Catalog()
    catalog.entries("env-1").environment = Environment("env-1", "production", "p", "shop", "org-1", "salt", False)
    catalog.ready = True
    parts = parts_of(catalog, Warehouse(WarehouseSettings(url="http://127.0.0.1:9")), ManualClock(), turns=NO_TURNS)
    transport = httpx.ASGITransport(build_app(parts, Shell(registry=CollectorRegistry())))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.request(method, path, params=WHERE, headers=bearer())
    assert (answer.status_code, answer.json().get("limit")) == (429, "heavy_requests_per_organization"), answer.text
