"""The apps of the four services, as their composition roots build them, without a server behind any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpx
import pytest
from analytics.app import build_app as build_analytics
from analytics.catalog.catalog import Catalog
from analytics.warehouse.client import Warehouse
from analytics.warehouse.settings import WarehouseSettings
from control_plane.composition import build_api
from control_plane.settings import Settings
from edge_evaluator.main import Edge
from edge_evaluator.settings import EdgeSettings
from event_ingestor.app import build_app as build_ingestor
from event_ingestor.composition import Ingestor
from event_ingestor.settings import IngestorSettings
from fastapi import FastAPI
from messages.sdk_keys import KeyKind, SdkKey
from service_kit.clock import ManualClock
from service_kit.http import Shell
from service_kit.plain_app import PlainApp
from service_kit.setting_values import Secret
from service_kit.telemetry import new_registry
from streams.memory import MemoryBus

from tests.analytics.app_parts import parts_of

SECRET = Secret("a-secret-of-the-tests-with-more-than-32-bytes")
_KEY = SdkKey("e1", "k1", KeyKind.SERVER, b"hash")


def _analytics() -> FastAPI:
    catalog = Catalog()
    catalog.ready = True
    warehouse = Warehouse(WarehouseSettings(url="http://127.0.0.1:9"))
    return build_analytics(parts_of(catalog, warehouse, ManualClock()), Shell(registry=new_registry()))


def _ingestor() -> FastAPI:
    settings, registry = IngestorSettings(pii_secret=SECRET), new_registry()
    ingestor = Ingestor(settings=settings, bus=MemoryBus(), registry=registry, clock=ManualClock())
    return build_ingestor(ingestor, registry, cors_origins=settings.ingestor_cors_origins)


@contextmanager
def open_clients() -> Iterator[dict[str, httpx.AsyncClient]]:
    """Of apps that let everybody in."""
    with pytest.MonkeyPatch.context() as patch:

        async def anybody(*_: Any) -> object:
            return object()

        patch.setattr("control_plane.access.authenticator.Authenticator.actor", anybody)
        patch.setattr("analytics.access.Authenticator.actor", anybody)
        patch.setattr("event_ingestor.intake.Intake.admit", lambda *_: object())
        patch.setattr("event_ingestor.onlookers.Onlookers.admit", lambda *_: object())
        for find in ("find_hash", "find_stream"):
            patch.setattr(f"edge_evaluator.memory.flag_memory.FlagMemory.{find}", lambda *_: _KEY)
        yield {
            name: httpx.AsyncClient(
                transport=httpx.ASGITransport(app, raise_app_exceptions=False),
                base_url="http://test",
                headers={"X-API-Key": "any"},
            )
            for name, app in _built().items()
        }


@cache
def apps() -> Mapping[str, FastAPI | PlainApp]:
    """The same for all tests, which look at them or ask what leaves nothing behind."""
    return _built()


def _built() -> Mapping[str, FastAPI | PlainApp]:
    nowhere = Secret("postgresql://nobody@127.0.0.1:9/nothing")
    return {
        "control plane": build_api(Settings(database_url=nowhere, auth_jwt_secret=SECRET, relay_enabled=False)).app,
        "edge": Edge(EdgeSettings(), MemoryBus()).app,
        "ingestor": _ingestor(),
        "analytics": _analytics(),
    }
