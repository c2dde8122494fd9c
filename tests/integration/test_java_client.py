"""A JDK's HttpClient, which offers an upgrade with every request, against a real edge and a real ingestor."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from edge_evaluator.settings import EdgeSettings
from event_ingestor.app import build_app
from event_ingestor.composition import Ingestor
from event_ingestor.settings import IngestorSettings
from messages.generated import config_pb2 as pb
from messages.generated.event_pb2 import EventBatch
from messages.subjects import EVENTS
from service_kit.clock import ManualClock
from service_kit.serving import Server
from service_kit.setting_values import Secret
from service_kit.telemetry import new_registry
from streams.memory import MemoryBus

from tests.edge_evaluator.running_edge import SERVER_KEY, running_edge
from tests.event_ingestor.config_writer import ConfigWriter, sdk_key
from tests.event_ingestor.events import NOW, metric
from tests.waiting import until

PROGRAM = Path(__file__).parent / "java/Program.java"
JAVA_SECONDS = 240
WAYS = 4
"""In which the program asks the same thing: one after another, in chunks, and when it is told to go on."""


async def asked(key: str, *questions: tuple[str, Any]) -> list[tuple[str, Any]]:
    """Status and body of each answer."""
    java = shutil.which("java")
    assert java, "the tests need a JDK, 17 or later, with `java` on the PATH (README, Two commands)"
    arguments = [part for address, body in questions for part in (address, json.dumps(body))]
    process = await asyncio.create_subprocess_exec(
        java, str(PROGRAM), key, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(JAVA_SECONDS):
        output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    answers = [line.split(" ", 2) for line in output.decode().splitlines()]
    assert {version for _, version, _ in answers} == {"HTTP_1_1"}
    return [(status, json.loads(body)) for status, _, body in answers]


@asynccontextmanager
async def running_ingestor(bus: MemoryBus) -> AsyncIterator[str]:
    """The address at which it serves."""
    settings, registry = (
        IngestorSettings(port=0, pii_secret=Secret("a secret of the tests of a Java client")),
        new_registry(),
    )
    ingestor = Ingestor(settings=settings, bus=bus, registry=registry, clock=ManualClock(NOW))
    server = Server(build_app(ingestor, registry, cors_origins=()), settings)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)

    async def ready() -> bool:
        return not any([await check() for check in ingestor.checks.values()])

    await until(ready)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        async with asyncio.timeout(30):
            await serving


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fast_path", [True, False], ids=["fast", "slow"])
async def test_the_edge_reads_the_context(fast_path: bool) -> None:
    body = {"context": {"targetingKey": "u1", "country": "US", "plan": "gold"}}
    async with running_edge(EdgeSettings(edge_fast_path=fast_path)) as edge:
        flags = f"http://127.0.0.1:{edge.port}/ofrep/v1/evaluate/flags"
        expected = (await edge.post("/ofrep/v1/evaluate/flags/ruled", body)).json()
        answers = await asked(SERVER_KEY, (f"{flags}/ruled", body), (flags, body))
    assert [status for status, _ in answers] == ["200"] * 2 * WAYS
    assert [answer for _, answer in answers[:WAYS]] == [expected] * WAYS
    assert expected["reason"] == "TARGETING_MATCH"
    assert all(expected in answer["flags"] for _, answer in answers[WAYS:])


@pytest.mark.timeout(300)
async def test_the_ingestor_reads_the_events() -> None:
    bus = MemoryBus()
    await ConfigWriter("e1").publish(bus, pb.Environment(sdk_keys=[sdk_key("server")]))
    events = [metric(event_id="from-java-1"), metric(event_id="from-java-2")]
    async with running_ingestor(bus) as address:
        answers = await asked("server", (f"{address}/v1/events", events))
        assert [(status, answer["accepted"], answer["rejected"]) for status, answer in answers] == [
            ("202", 2, [])
        ] * WAYS
        consumer = await bus.pull(EVENTS, "test", filter_subject="events.>", ack_wait_seconds=60, max_ack_pending=1000)
        batches = [EventBatch.FromString(message.payload) for message in await consumer.fetch(1000, 0)]
    assert {batch.metric_count for batch in batches} == {2}
