"""Analytics, on a warehouse with the exposures of an experiment, asked by its document as an administrator."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator

import pytest
from analytics.app import build_app
from analytics.warehouse.client import Warehouse
from analytics.warehouse.migrations import migrate
from analytics.warehouse.settings import WarehouseSettings
from service_kit.clock import ManualClock
from service_kit.http import Shell
from service_kit.telemetry import new_registry

from devstack.parts import ClickHouse
from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer
from tests.contract.apps import apps
from tests.fuzzing.documented import Conversation, Operation, in_memory, named, operations_of
from tests.integration.test_analytics_api import NOW, catalog, expose

OPERATIONS = operations_of(apps()["analytics"])


async def exposed(url: str, database: str) -> Warehouse:
    warehouse = Warehouse(WarehouseSettings(url=url, database=database))
    await migrate(warehouse)
    await expose(warehouse, "org-1", ["a", "b", "c"], "on")
    await expose(warehouse, "org-1", ["d", "e"], "off")
    return warehouse


@pytest.fixture(scope="module")
def analytics(clickhouse_server: ClickHouse) -> Iterator[Conversation]:
    name = f"test_{uuid.uuid4().hex}"
    clickhouse_server.run_sql(f"CREATE DATABASE {name}")
    with asyncio.Runner() as runner:
        warehouse = runner.run(exposed(clickhouse_server.url, name))
        app = build_app(parts_of(catalog(), warehouse, ManualClock(NOW)), Shell(registry=new_registry()))
        places = {"experiment": "exp-1", "key": "checkout"}
        yield Conversation(app, runner, in_memory(app), places, bearer())
        runner.run(warehouse.close())
    clickhouse_server.run_sql(f"DROP DATABASE {name}")


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_analytics_answers_nothing_but_what_its_document_says(analytics: Conversation, operation: Operation) -> None:
    assert "\n\n".join(analytics.findings(operation)) == ""
