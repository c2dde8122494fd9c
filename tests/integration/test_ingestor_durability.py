"""The real ingestor on the real bus: what it acknowledges is stored, whatever is killed, away or full."""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psutil
import pytest
from messages.generated import config_pb2 as pb
from messages.generated.event_pb2 import EventBatch
from messages.subjects import EVENTS
from streams.jetstream import JetStreamBus

from devstack.parts import Nats
from devstack.ports import free_port
from devstack.processes import Process, Program
from tests.event_ingestor.config_writer import CLIENT, ConfigWriter, sdk_key
from tests.event_ingestor.events import receipt
from tests.waiting import until

SERVER_KEY = {"Authorization": "Bearer server"}


class Ingestor:
    """The service as a process of its own."""

    def __init__(self, folder: Path, nats_url: str, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {
            "FF_NATS_URL": nats_url,
            "FF_PORT": str(self.port),
            "FF_PII_SECRET": "a secret of the tests, long enough",
        }
        arguments = [sys.executable, "-m", "event_ingestor.main"]
        self.process = Process(Program("ingestor", arguments, folder / "ingestor.log", environment | settings))

    async def start(self) -> None:
        self.process.start()
        await self.wait_ready()

    async def wait_ready(self) -> None:
        async with httpx.AsyncClient() as client:

            async def is_ready() -> bool:
                assert self.process.running
                return (await client.get(f"{self.url}/readyz")).status_code == 200

            await until(is_ready, despite=httpx.TransportError)

    def resident_bytes(self) -> int:
        return int(psutil.Process(self.process.pid).memory_info().rss)


def batch(numbers: range, size: int = 0) -> list[dict[str, Any]]:
    now = int(time.time() * 1000)
    return [
        {"type": "metric", "event_id": f"n{number}", "timestamp": now, "user_key": number, "metric": "purchase"}
        | ({"properties": {"filling": "x" * size}} if size else {})
        for number in numbers
    ]


async def stored_ids(nats_url: str) -> list[str]:
    """Every event id in the stream, as often as it stands there."""
    bus = await JetStreamBus.connect(nats_url, name="test")
    consumer = await bus.pull(EVENTS, "test", filter_subject="events.>", ack_wait_seconds=60, max_ack_pending=100_000)
    ids: list[str] = []
    left = (await bus.state(EVENTS)).messages
    while left:
        for message in await consumer.fetch(500, 5):
            content = EventBatch.FromString(message.payload)
            lines = (content.exposures + content.metrics).splitlines()
            assert len(lines) == content.exposure_count + content.metric_count
            ids += [msgspec.json.decode(line)["event_id"] for line in lines]
            await message.ack()
            left -= 1
    await bus.close()
    return ids


async def publish_keys(nats_url: str) -> None:
    bus = await JetStreamBus.connect(nats_url, name="test")
    await ConfigWriter("e1").publish(bus, pb.Environment(sdk_keys=[sdk_key("server"), sdk_key("client", CLIENT)]))
    await bus.close()


@pytest.fixture
async def ingestor(fresh_nats: Nats, tmp_path: Path) -> AsyncIterator[Ingestor]:
    await publish_keys(fresh_nats.url)
    made = Ingestor(tmp_path, fresh_nats.url)
    await made.start()
    yield made
    made.process.stop()


@pytest.fixture
async def client(ingestor: Ingestor) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=ingestor.url, headers=SERVER_KEY, timeout=30) as made:
        yield made


async def test_a_batch_of_any_size_is_stored_and_a_repeat_is_harmless(
    ingestor: Ingestor, client: httpx.AsyncClient, fresh_nats: Nats
) -> None:
    requests = [batch(range(1)), batch(range(1, 101)), batch(range(101, 1601), size=2_000)]
    for _ in range(2):
        for events in requests:
            answer = await client.post("/v1/events", json=events)
            assert (answer.status_code, receipt(answer)) == (202, {"accepted": len(events), "rejected": []})
    ids = await stored_ids(fresh_nats.url)
    assert sorted(ids) == sorted(f"n{number}" for number in range(1601))


async def test_without_the_bus_nothing_is_accepted_and_after_it_everything_is(
    ingestor: Ingestor, client: httpx.AsyncClient, fresh_nats: Nats
) -> None:
    assert (await client.post("/v1/events", json=batch(range(1)))).status_code == 202
    fresh_nats.kill()
    for numbers in (range(1, 2), range(1, 1001)):
        answer = await client.post("/v1/events", json=batch(numbers))
        assert (answer.status_code, answer.json()["code"]) == (503, "bus_unavailable")
        assert int(answer.headers["retry-after"]) >= 1
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/readyz")).status_code == 503
    fresh_nats.start()
    await ingestor.wait_ready()
    assert (await client.post("/v1/events", json=batch(range(1000, 1010)))).status_code == 202
    assert await stored_ids(fresh_nats.url) == ["n0", *(f"n{number}" for number in range(1000, 1010))]


async def test_a_silent_bus_is_not_an_acknowledgement(
    ingestor: Ingestor, client: httpx.AsyncClient, fresh_nats: Nats
) -> None:
    fresh_nats.pause()
    try:
        answers = await asyncio.gather(*(client.post("/v1/events", json=batch(range(n, n + 1))) for n in range(20)))
    finally:
        fresh_nats.resume()
    assert {answer.status_code for answer in answers} == {503}
    assert all("retry-after" in answer.headers for answer in answers)


async def test_a_full_stream_refuses_and_the_memory_stays_flat(fresh_nats: Nats, tmp_path: Path) -> None:
    await publish_keys(fresh_nats.url)
    full = Ingestor(tmp_path, fresh_nats.url, FF_EVENTS_MAX_BYTES=str(4 * 1024 * 1024))
    await full.start()
    acknowledged: list[str] = []
    refused = 0
    async with httpx.AsyncClient(base_url=full.url, headers=SERVER_KEY, timeout=30) as client:

        async def send(first: int) -> None:
            nonlocal refused
            events = batch(range(first, first + 100), size=5_000)
            answer = await client.post("/v1/events", json=events)
            assert answer.status_code in (202, 503, 429)
            if answer.status_code == 202:
                acknowledged.extend(event["event_id"] for event in events)
            else:
                assert int(answer.headers["retry-after"]) >= 1
                refused += 1

        while not refused:
            await asyncio.gather(*(send(len(acknowledged) + 1000 * n) for n in range(4)))
        before = full.resident_bytes()
        for round_number in range(1, 26):
            await asyncio.gather(*(send(10**6 * round_number + 1000 * n) for n in range(16)))
        assert full.resident_bytes() - before < 50 * 1024 * 1024
    assert refused >= 25 * 16 - 8
    full.process.stop()
    assert set(acknowledged) <= set(await stored_ids(fresh_nats.url))


def limit_files(nats: Nats, size: int) -> None:
    """The server can't write files beyond `size`, as on a disk that is full."""
    _, hard = resource.prlimit(nats.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(nats.pid, resource.RLIMIT_FSIZE, (size, hard))


async def test_a_full_disk_turns_it_unready_and_room_ready_again_by_itself(
    fresh_nats: Nats, ingestor: Ingestor, client: httpx.AsyncClient
) -> None:
    assert (await client.post("/v1/events", json=batch(range(10)))).status_code == 202
    limit_files(fresh_nats, 512)
    answer = await client.post("/v1/events", json=batch(range(10, 20), size=2000))
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "bus_unavailable", "1")

    async def tells_storing_alone() -> bool:
        answer = await client.get("/readyz")
        checks = answer.json()["checks"]
        return answer.status_code == 503 and "nothing could be stored" in checks["storage"] and checks["bus"] == "ok"

    await until(tells_storing_alone)
    failing = (await client.get("/metrics")).text.split("\nverdict_event_publish_failing_seconds ")[1].split("\n")[0]
    assert float(failing) > 0
    fresh_nats.restart()
    await ingestor.wait_ready()
    assert (await client.post("/v1/events", json=batch(range(20, 30)))).status_code == 202
    ids = await stored_ids(fresh_nats.url)
    assert {f"n{number}" for number in (*range(10), *range(20, 30))} <= set(ids)


async def test_nothing_acknowledged_is_lost_when_the_ingestor_is_killed(fresh_nats: Nats, tmp_path: Path) -> None:
    """Senders write each acknowledged id into a ledger and send again what was not acknowledged, like an SDK."""
    await publish_keys(fresh_nats.url)
    ingestor = Ingestor(tmp_path, fresh_nats.url)
    await ingestor.start()
    ledger: list[str] = []
    kills = 6
    done = asyncio.Event()

    async def acknowledged(client: httpx.AsyncClient, content: str) -> bool:
        answer = await client.post("/v1/events", content=content)
        assert answer.status_code in (202, 503)
        return answer.status_code == 202

    async def sender(number: int) -> None:
        sizes = random.Random(number)
        first = number * 10**7
        async with httpx.AsyncClient(base_url=ingestor.url, headers=SERVER_KEY, timeout=30) as client:
            while not done.is_set():
                events = batch(range(first, first + sizes.choice((1, 7, 300))))
                first += len(events)
                await until(partial(acknowledged, client, json.dumps(events)), despite=httpx.TransportError)
                ledger.extend(event["event_id"] for event in events)

    def holds(enough: int) -> bool:
        return len(ledger) >= enough

    async def killer() -> None:
        for _ in range(kills):
            enough = len(ledger) + 2_000
            await until(partial(holds, enough))
            ingestor.process.kill()
            await ingestor.start()
        done.set()

    async with asyncio.timeout(240), asyncio.TaskGroup() as group:
        for number in range(8):
            group.create_task(sender(number))
        group.create_task(killer())
    ingestor.process.stop()
    stored = await stored_ids(fresh_nats.url)
    assert len(ledger) == len(set(ledger)) >= kills * 2_000
    assert set(ledger) <= set(stored)


async def test_hostile_bodies_get_a_4xx_and_leave_the_memory_flat(
    ingestor: Ingestor, client: httpx.AsyncClient, fresh_nats: Nats
) -> None:
    size = 5 * 1024 * 1024
    bodies = [
        b"[" * size,
        b'{"a":' * (size // 5),
        b"[" + b"{}," * (size // 3 - 1) + b"{}]",
        b"[" + b"0," * (size // 2 - 1) + b"0]",
        b'{"events":[' + b"[]," * (size // 3 - 10) + b"[]]}",
        b"\n" * size,
        b"1\n" * (size // 2),
        b"[" + b"9" * (size - 2) + b"]",
        b'["' + b"\\ud800" * (size // 6 - 1) + b'"]',
        b"[" + b"[[]]," * (size // 5 - 1) + b"1]",
    ]

    async def send_all() -> None:
        for body in bodies:
            answer = await client.post("/v1/events", content=body)
            assert answer.status_code in (202, 400, 413), (body[:20], answer.text)
            if answer.status_code == 202:
                assert answer.json()["accepted"] == 0

    await send_all()
    before = ingestor.resident_bytes()
    for _ in range(3):
        await send_all()
    assert ingestor.resident_bytes() - before < 50 * 1024 * 1024
    assert (await client.post("/v1/events", json=batch(range(1)))).status_code == 202
