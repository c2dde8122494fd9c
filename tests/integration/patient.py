"""An installation for the doctor: a database, a bus with a published environment, ClickHouse with loaded events, Redis,
an analytics service and edges that speak, all in this process and standing still."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import msgspec
from analytics.operations.warehouse_state import WarehouseState
from analytics.warehouse.client import Warehouse
from analytics.warehouse.migrations import migrate
from analytics.warehouse.settings import WarehouseSettings
from control_plane.database import OPERATOR_CONNECTIONS, Connection, Database
from control_plane.diagnosis import Installation, command, restore_check
from control_plane.people.signing_keys import SigningKeyRing
from control_plane.publishing.lease import Lease
from control_plane.settings import Settings
from messages.generated.edge_pb2 import EdgeHeartbeat
from messages.generated.event_pb2 import EventBatch
from messages.roll_call import RollCall
from messages.subjects import (
    WAREHOUSE,
    acts_stream,
    dead_letters_stream,
    edges_subject,
    events_stream,
    events_subject,
    verdicts_stream,
)
from service_kit.clock import Clock, SystemClock
from service_kit.sealing import Sealer
from service_kit.tasks import end
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus

from tests.integration.loader_run import OPTIONS, load
from tests.integration.relay_stand import Stand, open_stand
from tests.waiting import until

MEBIBYTE = 1024 * 1024
VERSION = version("verdict-platform")


@dataclass
class Told:
    """What the doctor said."""

    status: int
    findings: list[dict[str, str]]

    def of(self, grade: str) -> list[tuple[str, str]]:
        return [(each["part"], each["text"]) for each in self.findings if each["grade"] == grade]

    def has(self, grade: str, part: str, words: str) -> bool:
        return any(of == part and words in text for of, text in self.of(grade))

    def remedies(self, part: str) -> str:
        return " ".join(each["remedy"] for each in self.findings if each["part"] == part)


@dataclass
class Patient:
    """`edges`: what each says, by its id. `unready`: what other processes say of themselves, by their service. `clock`:
    the doctor's."""

    stand: Stand
    warehouse: Warehouse
    operators: Database
    clock: Clock = field(default_factory=SystemClock)
    edges: dict[str, EdgeHeartbeat] = field(default_factory=dict)
    unready: dict[str, str | None] = field(
        default_factory=lambda: dict.fromkeys(("event-ingestor", "analytics", "analytics-loader"))
    )

    @property
    def bus(self) -> JetStreamBus:
        return self.stand.bus

    def says(self, edge: str, environment_version: int, digest: bytes = bytes(32), software: str = VERSION) -> None:
        self.edges[edge] = EdgeHeartbeat(
            edge_id=edge,
            environment_id=str(self.stand.environment),
            version=environment_version,
            digest=digest,
            software_version=software,
        )

    async def speak(self) -> None:
        """Edges tell what they serve, again and again, until they are ended."""

        async def ended() -> bool:
            for told in tuple(self.edges.values()):
                await self.bus.tell(edges_subject(told.environment_id), told.SerializeToString())
            return False

        await until(ended)

    async def answers(self, service: str) -> None:
        """To roll calls."""

        async def check() -> str | None:
            return self.unready[service]

        await RollCall(bus=self.bus, service=service, clock=SystemClock(), checks={"bus": check}).run()

    async def send_events(self, number: int) -> None:
        """A message as an ingestor writes it."""
        now = SystemClock().now()
        lines = [
            {"event_id": f"e{number}-{each}", "timestamp": now, "user_key": f"u{each}", "flag": "f", "variation": "on"}
            for each in range(10)
        ]
        batch = EventBatch(
            batch_id=str(number),
            organization_id=str(self.stand.organization),
            project_id=str(self.stand.project),
            environment_id=str(self.stand.environment),
            received_at=now,
            exposures=b"\n".join(map(msgspec.json.encode, lines)),
        )
        await self.bus.publish(events_subject(batch.environment_id), batch.SerializeToString())

    async def load(self) -> None:
        await load(self.bus, self.warehouse, OPTIONS)

    async def diagnose(self, settings: Settings, *services: tuple[str, str], **parts: Any) -> Told:
        given = {"database": self.operators, "bus": self.bus, "clock": self.clock, **parts}
        return await diagnosed(settings, *services, **given)

    async def make_signing_key(self, settings: Settings) -> None:
        """Sealed with the secret of these settings."""
        sealer = Sealer(settings.auth_jwt_secret.get_secret_value())
        await SigningKeyRing(self.operators, self.clock, sealer=sealer).rotate()

    async def restore_checked(self, settings: Settings) -> Told:
        """What `restore-check` says."""
        ring = SigningKeyRing(self.operators, self.clock, sealer=Sealer(settings.auth_jwt_secret.get_secret_value()))

        async def unopened(tx: Connection) -> list[str]:
            await ring.load(tx)
            return ring.unopened

        installation = installed(settings, database=self.operators, bus=self.bus, clock=self.clock)
        arguments = argparse.Namespace(messages=50, listen_seconds=0.3, json=True)
        text, status = await restore_check.run(arguments, installation, unopened)
        return Told(status, json.loads(text)["findings"])


async def diagnosed(settings: Settings, *services: tuple[str, str], **parts: Any) -> Told:
    """By `parts`: the doctor's database, bus and clock."""
    arguments = argparse.Namespace(service=list(services), listen_seconds=0.6, json=True)
    text, status = await command.run(arguments, installed(settings, **parts))
    return Told(status, json.loads(text)["findings"])


def installed(settings: Settings, **parts: Any) -> Installation:
    """As the settings say, with these parts of the test's own."""
    return Installation(
        connection=BusConnection.of(settings),
        redis=settings,
        replicas=settings.nats_replicas,
        key_days=settings.auth_key_days,
        **parts,
    )


@asynccontextmanager
async def open_patient(postgres_url: str, nats_url: str, warehouse: WarehouseSettings) -> AsyncIterator[Patient]:
    """Well, and held still: terms are held by nobody who works, so that what a test breaks stays broken."""
    async with open_stand(postgres_url, nats_url) as stand:
        operators = Database(postgres_url, SystemClock(), OPERATOR_CONNECTIONS)
        await operators.open()
        patient = Patient(stand, Warehouse(warehouse), operators)
        await migrate(patient.warehouse)
        async with stand.relay():
            newest = await stand.rename_attributes("email")
            await stand.published(newest)
        leases = [Lease(stand.database, name, seconds=600) for name in ("relay", "schedule")]
        for spec in (acts_stream(), events_stream(max_bytes=MEBIBYTE), dead_letters_stream(), verdicts_stream()):
            await stand.bus.ensure_stream(spec)
        assert [await each.hold() is not None for each in leases] == [True, True]
        for number in range(3):
            await patient.send_events(number)
        await patient.load()
        patient.says("edge-1", newest)
        state = WarehouseState(patient.warehouse, stand.bus)
        running = [
            asyncio.create_task(stand.bus.respond(WAREHOUSE, state.answer, group="a", at_once=1, waiting_max=1)),
            asyncio.create_task(patient.speak()),
            *(asyncio.create_task(patient.answers(each)) for each in patient.unready),
        ]
        try:
            yield patient
        finally:
            await end(running)
            await patient.warehouse.close()
            await operators.close()
