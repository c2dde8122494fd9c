"""The doctor says that a healthy installation is well, and finds and names each kind of fault, on real servers."""

from __future__ import annotations

import asyncio
import re
from dataclasses import asdict, replace
from pathlib import Path

import nats
import pytest
from analytics.warehouse import losses
from analytics.warehouse.client import Warehouse
from control_plane.database import OPERATOR_CONNECTIONS, Database
from control_plane.diagnosis import services
from control_plane.diagnosis.findings import RUNBOOKS, Findings
from control_plane.settings import Settings
from messages.generated.config_pb2 import ConfigMessage
from messages.subjects import CONFIG, EVENTS, VERDICTS, config_filter, events_stream
from service_kit.clock import SystemClock
from service_kit.settings import load_settings
from streams.jetstream import JetStreamBus

from devstack.parts import ClickHouse, Nats
from devstack.ports import free_port
from tests.deploy.test_runbooks import ours, read_by
from tests.integration.patient import MEBIBYTE, Patient, Told, diagnosed
from tests.integration.patient_fixtures import environment, patient, settings
from tests.waiting import until

__all__ = ["environment", "patient", "settings"]
ROOT = Path(__file__).resolve().parents[2]


class FastClock(SystemClock):
    """A minute ahead."""

    def now(self) -> int:
        return super().now() + 60_000


async def test_a_healthy_installation_is_well(patient: Patient, settings: Settings) -> None:
    told = Told(0, [])

    async def well() -> bool:
        nonlocal told
        told = await patient.diagnose(settings)
        # The tests' own server spares the disk, which is told.
        return [text for _, text in told.of("fault") + told.of("warning") if "fsync=off" not in text] == []

    await until(well)
    assert told.has("fault", "PostgreSQL", "a crash of its machine can lose what was answered (fsync=off")
    assert told.status == 1
    assert {each["part"] for each in told.findings} == {
        "PostgreSQL",
        "NATS",
        "publishing",
        "edges",
        "processes",
        "loaders",
        "analytics and ClickHouse",
        "Redis",
        "keys and tokens",
        "services",
    }
    assert told.has("well", "analytics and ClickHouse", "30 exposures")


async def test_what_is_away_is_named_and_hides_nothing_else(
    patient: Patient, environment: pytest.MonkeyPatch, settings: Settings
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    store = patient.warehouse
    patient.warehouse.settings = replace(store.settings, url=f"http://{nowhere}")
    environment.setenv("FF_REDIS_URL", f"redis://{nowhere}/0")
    away = Database(f"postgresql://postgres@{nowhere}/verdict", SystemClock())
    with pytest.raises(OSError, match="onnect"):
        await away.open(0)
    told = await patient.diagnose(load_settings(Settings), ("ingestor", f"http://{nowhere}"), database=away)
    assert told.status == 1
    for part in ("PostgreSQL", "publishing", "keys and tokens", "Redis"):
        assert told.has("fault", part, "could not be asked"), part
    assert told.has("fault", "PostgreSQL", "Connect")
    assert told.has("fault", "services", "ingestor does not tell its readiness")
    assert told.has("well", "edges", "each serves the newest configuration")
    assert told.has("well", "NATS", "CONFIG")

    environment.setenv("FF_NATS_URL", f"nats://{nowhere}")
    silent = JetStreamBus(f"nats://{nowhere}", name="test")
    told = await patient.diagnose(load_settings(Settings), bus=silent)
    for part in ("NATS", "publishing", "edges", "processes", "loaders", "analytics and ClickHouse"):
        assert told.has("fault", part, "could not be asked"), part
    assert told.has("well", "PostgreSQL", "its tables are those of this version")


async def test_what_postgres_lacks_is_found(patient: Patient, settings: Settings) -> None:
    async with patient.stand.database.transaction() as tx:
        removed = await tx.fetchval("SELECT name FROM schema_migrations ORDER BY number DESC LIMIT 1")
        await tx.execute("DELETE FROM schema_migrations WHERE name = $1", removed)
        await tx.execute("UPDATE schema_migrations SET checksum = 'another' WHERE number = 1")
        await tx.execute("INSERT INTO schema_migrations VALUES (9999, '9999_of_tomorrow.sql', '')")
        await tx.execute(
            "UPDATE sdk_keys SET name = 'shop', expires_at = now() + interval '36 hours' WHERE environment_id = $1",
            patient.stand.environment,
        )
        await tx.execute("UPDATE leases SET holder = NULL WHERE name IN ('relay', 'schedule')")
    told = await patient.diagnose(settings)
    assert told.has("fault", "PostgreSQL", f"1 migration missing, the first is {removed}")
    assert told.has("fault", "PostgreSQL", "0001_access.sql is not as it was applied")
    assert told.has("warning", "PostgreSQL", "9999_of_tomorrow.sql")
    assert told.has("warning", "keys and tokens", "the SDK key 'shop' of acme/shop/production ends in 36 hours")
    assert told.has("fault", "publishing", "no relay leads")
    assert told.has("fault", "publishing", "nobody takes what is scheduled")


async def test_streams_that_fill_lack_copies_or_are_gone_are_found(
    patient: Patient, environment: pytest.MonkeyPatch, fresh_nats: Nats, settings: Settings
) -> None:
    held = (await patient.bus.state(EVENTS)).bytes
    for number in range(100, 200):
        if held > 0.85 * MEBIBYTE:
            break
        await patient.bus.publish("events.e", bytes(20_000), message_id=str(number))
        held = (await patient.bus.state(EVENTS)).bytes
    client = await nats.connect(fresh_nats.url)
    await client.jetstream().delete_stream(VERDICTS)
    await client.close()
    environment.setenv("FF_NATS_REPLICAS", "3")
    told = await patient.diagnose(load_settings(Settings))
    assert told.has("warning", "NATS", "EVENTS is 8")
    assert "FF_EVENTS_MAX_BYTES" in told.remedies("NATS")
    assert told.has("fault", "NATS", "CONFIG has 1 of 3 copies")
    assert told.has("warning", "NATS", "there is no stream VERDICTS: a monitor makes it")
    assert told.has("well", "loaders", "being loaded")


async def test_loaders_that_stand_still_or_never_came_are_found(patient: Patient, settings: Settings) -> None:
    await patient.send_events(7)
    patient.clock = FastClock()
    told = await patient.diagnose(settings)
    assert told.has("fault", "loaders", "1 message not loaded from EVENTS, and none has been for 6")
    await patient.bus._context.delete_stream(EVENTS)
    told = await patient.diagnose(settings)
    assert told.has("fault", "loaders", "no loader has ever come")
    assert told.has("fault", "NATS", "there is no stream EVENTS: an ingestor makes it")
    await patient.bus.ensure_stream(events_stream(max_bytes=MEBIBYTE))
    told = await patient.diagnose(settings)
    assert told.has("fault", "loaders", "no loader has ever come")


async def test_edges_that_are_behind_differ_or_are_silent_are_found(patient: Patient, settings: Settings) -> None:
    newest = next(iter(patient.edges.values())).version
    patient.says("edge-2", newest, bytes([1] * 32))
    patient.says("edge-late", newest - 1)
    patient.says("edge-old", newest, software="0.0.9")
    told = await patient.diagnose(settings)
    assert told.has("fault", "edges", "edge-late serve older versions")
    assert told.has("fault", "edges", "different contents of one version")
    assert told.has("warning", "edges", "1 of 0.0.9")
    assert told.has("well", "processes", "1 event-ingestor on ")
    patient.unready["event-ingestor"] = "not connected"
    patient.edges.clear()
    told = await patient.diagnose(settings)
    assert told.has("fault", "edges", "no edge was heard")
    assert told.has("fault", "processes", "is not ready: bus: not connected")


async def test_what_is_published_otherwise_than_it_compiles_is_found(patient: Patient, settings: Settings) -> None:
    entry = next(
        each
        for each in await patient.bus.read_all(CONFIG, config_filter(str(patient.stand.environment)))
        if ".environment." in each.subject
    )
    tampered = ConfigMessage.FromString(entry.payload)
    tampered.environment.pii_attributes.append("another")
    await patient.bus.publish(entry.subject, tampered.SerializeToString())
    told = await patient.diagnose(settings)
    assert told.has("fault", "publishing", "shop/production: 1 of what stands on the stream differs")
    newest = await patient.stand.rename_attributes("name")
    told = await patient.diagnose(settings)
    assert told.has("fault", "publishing", f"the database is at version {newest}, the stream at {newest - 1}")


async def test_what_clickhouse_lacks_is_found(
    patient: Patient, settings: Settings, clickhouse_server: ClickHouse, migrated_clickhouse_database: str
) -> None:
    await losses.note(patient.warehouse, "a folder was lost")
    clickhouse_server.run_sql(
        f"ALTER TABLE {migrated_clickhouse_database}.schema_migrations DELETE WHERE number = 13"
        " SETTINGS mutations_sync = 2"
    )
    part = "analytics and ClickHouse"
    told = await patient.diagnose(settings)
    assert told.has("fault", part, "1 migration missing, the first is 0013_sdk_key_uses")
    assert told.has("fault", part, "stored events are lost (a folder was lost)")
    clickhouse_server.run_sql(f"DROP TABLE {migrated_clickhouse_database}.events_metric SYNC")
    assert (await patient.diagnose(settings)).has("fault", part, "it lacks tables: events_metric")
    store = Warehouse(replace(patient.warehouse.settings, url=f"http://127.0.0.1:{free_port()}"))
    patient.warehouse._session, session = store._session, patient.warehouse._session
    assert (await patient.diagnose(settings)).has("fault", part, "ClickHouse does not answer analytics")
    patient.warehouse._session = session
    await store.close()


async def test_clocks_that_differ_are_found(patient: Patient, settings: Settings) -> None:
    patient.clock = FastClock()
    told = await patient.diagnose(settings)
    off = {part for part, text in told.of("warning") if "its clock is 60 s behind this machine's" in text}
    assert told.has("warning", "processes", "clock is 60 s behind this machine's")
    assert off == {"PostgreSQL", "NATS", "analytics and ClickHouse", "Redis"}


async def test_services_are_asked_by_address() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ready = b"/ready/" in await reader.readuntil(b"\r\n\r\n")
        checks = '"bus": "ok"' if ready else '"bus": "not connected"'
        body = f'{{"status": "-", "checks": {{{checks}}}}}'
        status = "200 OK" if ready else "503 Service Unavailable"
        head = f"HTTP/1.1 {status}\r\ndate: Mon, 05 Jan 2026 10:00:00 GMT\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write((head + body).encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        findings = Findings("services")
        addresses = {"edge": f"{address}/ready", "ingestor": address}
        await services.look(findings, addresses=addresses, clock=SystemClock())
    told = Told(0, [asdict(each) for each in findings.all])
    assert told.has("well", "services", "edge is ready")
    assert told.has("fault", "services", "ingestor is not ready: bus: not connected")
    assert told.has("warning", "services", "edge's clock is")


async def test_analytics_that_is_away_is_named(
    migrated_postgres_url: str, settings: Settings, fresh_nats: Nats
) -> None:
    bus = JetStreamBus(fresh_nats.url, name="test")
    bus.start()
    await until(lambda: bus.connected)
    database = Database(migrated_postgres_url, SystemClock(), OPERATOR_CONNECTIONS)
    await database.open()
    told = await diagnosed(settings, database=database, bus=bus, clock=SystemClock())
    assert told.has("fault", "analytics and ClickHouse", "analytics does not answer")
    assert told.has("fault", "processes", "no event-ingestor answers: events are refused")
    assert told.has("fault", "processes", "no analytics-loader answers")
    assert told.has("fault", "NATS", "there is no stream CONFIG: the control plane's relay makes it")
    await bus.close()
    await database.close()


def test_pages_that_findings_name_are_there() -> None:
    sources = "".join(each.read_text() for each in (ROOT / "services/control_plane/diagnosis").glob("*.py"))
    pages = set(re.findall(r'"(Verdict[A-Z]\w+)"', sources))
    assert len(pages) > 10
    assert [each for each in sorted(pages) if not (ROOT / RUNBOOKS / f"{each}.md").exists()] == []


def test_the_page_shows_commands_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs/operations/doctor.md").read_text().replace("```sh\n", "```bash\n")
    found = list(ours(page))
    assert len(found) >= 3
    for program, words in found:
        with monkeypatch.context() as patched:
            assert read_by(program, words, patched), words
