"""`restore-check` says which store is older than the others, what that means, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from control_plane.settings import Settings
from service_kit.settings import load_settings

from devstack.parts import ClickHouse
from tests.integration.patient import Patient
from tests.integration.patient_fixtures import environment, patient, settings
from tests.integration.test_warehouse_lost import DROPS

__all__ = ["environment", "patient", "settings"]


async def test_stores_that_agree_are_told_so(patient: Patient, settings: Settings) -> None:
    told = await patient.restore_checked(settings)
    assert told.of("fault") == told.of("warning") == []
    assert told.status == 0
    assert told.has("well", "bus", "1 environment on both sides: versions and contents agree")
    assert told.has("well", "edges", "1 edge heard, none is ahead of the database")
    assert told.has("well", "ClickHouse", "3 messages of the stream looked for: all are stored")


async def test_a_database_that_is_older_than_its_followers_is_found(patient: Patient, settings: Settings) -> None:
    newest = next(iter(patient.edges.values())).version
    async with patient.stand.database.transaction() as tx:
        fields = ("version", "published_version", "stream_version")
        await tx.execute(f"UPDATE environments SET {', '.join(f'{each} = $1' for each in fields)}", newest - 1)
        await tx.execute("UPDATE leases SET epoch = epoch - 1 WHERE name = 'relay'")
    told = await patient.restore_checked(settings)
    assert told.status == 1
    assert told.has("fault", "bus", "it is older, and nothing is published")
    assert told.has("fault", "bus", f"versions: database {newest - 1}, stream {newest}")
    assert told.has("fault", "edges", f"edge-1 serves shop/production at version {newest}, the database is at")
    assert "control_plane recover --accept-database" in told.remedies("bus")


async def test_what_was_sealed_with_another_secret_is_found(
    patient: Patient, settings: Settings, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("FF_AUTH_JWT_SECRET", "another secret of more than 32 bytes")
    await patient.make_signing_key(load_settings(Settings))
    told = await patient.restore_checked(settings)
    assert told.has("fault", "database", "1 key for access tokens can't be opened")
    assert "FF_SEALING_KEYS" in told.remedies("database")


async def test_a_clickhouse_that_is_older_than_the_stream_is_found(
    patient: Patient, settings: Settings, clickhouse_server: ClickHouse, migrated_clickhouse_database: str
) -> None:
    kept = datetime.now(UTC)
    for number in range(10, 20):
        await patient.send_events(number)
    await patient.load()
    assert (await patient.restore_checked(settings)).has("well", "ClickHouse", "13 messages of the stream looked for")
    for table in ("events_exposure", "events_metric"):
        others = "DELETE WHERE event_id NOT LIKE 'e0-%' SETTINGS mutations_sync = 2"
        clickhouse_server.run_sql(f"ALTER TABLE {migrated_clickhouse_database}.{table} {others}")
    told = await patient.restore_checked(settings)
    assert told.has("fault", "ClickHouse", "12 of 13 messages that were loaded are not stored")
    since = told.remedies("ClickHouse").split("--since ")[1].split("`")[0]
    assert datetime.fromisoformat(since) <= kept
    for statement in DROPS["the events"]:
        clickhouse_server.run_sql(statement.format(database=migrated_clickhouse_database))
    told = await patient.restore_checked(settings)
    assert told.has("fault", "ClickHouse", "it lacks tables: events_exposure, events_metric")


async def test_stores_of_different_installations_are_found(patient: Patient, settings: Settings) -> None:
    async with patient.stand.database.transaction() as tx:
        await tx.execute("UPDATE environments SET version = version")
        await tx.execute("DELETE FROM outbox")
        await tx.execute("DELETE FROM sdk_keys")
        await tx.execute("DELETE FROM environments")
    told = await patient.restore_checked(settings)
    assert told.has("warning", "bus", "only the stream has shop/production")
    assert told.has("warning", "ClickHouse", "events are stored of 1 environment that the database doesn't know")
