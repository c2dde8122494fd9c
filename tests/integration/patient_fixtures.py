"""An installation of the test's own, and the settings by which commands reach it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from analytics.warehouse.settings import WarehouseSettings
from control_plane.diagnosis import publishing, restored
from control_plane.settings import Settings
from service_kit.settings import load_settings

from devstack.parts import Nats
from tests.integration.patient import Patient, open_patient


@pytest.fixture
async def patient(
    migrated_postgres_url: str, fresh_nats: Nats, clickhouse_url: str, migrated_clickhouse_database: str
) -> AsyncIterator[Patient]:
    store = WarehouseSettings(url=clickhouse_url, database=migrated_clickhouse_database)
    async with open_patient(migrated_postgres_url, fresh_nats.url, store) as opened:
        yield opened


@pytest.fixture
def environment(
    monkeypatch: pytest.MonkeyPatch, migrated_postgres_url: str, fresh_nats: Nats, redis_url: str
) -> pytest.MonkeyPatch:
    for name, value in {
        "FF_DATABASE_URL": migrated_postgres_url,
        "FF_NATS_URL": fresh_nats.url,
        "FF_REDIS_URL": redis_url,
        "FF_AUTH_JWT_SECRET": "j" * 32,
    }.items():
        monkeypatch.setenv(name, value)
    for look in (publishing, restored):
        monkeypatch.setattr(look, "AGAIN_SECONDS", 0.05)
    return monkeypatch


@pytest.fixture
def settings(environment: pytest.MonkeyPatch) -> Settings:
    return load_settings(Settings)
