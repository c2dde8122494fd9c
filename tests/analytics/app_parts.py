"""The API's parts as tests need them."""

from __future__ import annotations

from typing import Any

from analytics.app import Parts
from analytics.catalog.catalog import Catalog
from analytics.warehouse.client import Warehouse
from service_kit.clock import Clock
from streams.memory import MemoryBus

from tests.analytics.people import authenticator


def parts_of(catalog: Catalog, warehouse: Warehouse, clock: Clock, **more: Any) -> Parts:
    """`more`: what the composition root would set besides."""
    given: dict[str, Any] = {"bus": MemoryBus(), "authenticator": authenticator(catalog, clock)} | more
    return Parts(catalog=catalog, warehouse=warehouse, clock=clock, **given)
