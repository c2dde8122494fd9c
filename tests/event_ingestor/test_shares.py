"""One caller's share: whatever one address, key or organization does, the others' batches are taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from event_ingestor.admission.events import AdmissionRules, admission
from event_ingestor.app import build_app
from event_ingestor.composition import Ingestor, connection_limits
from event_ingestor.settings import IngestorSettings
from messages.generated import config_pb2 as pb
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.connections import LimitedProtocol, bound_protocol
from service_kit.fair_work import FairWork
from service_kit.problems import TooManyRequests
from service_kit.room import Allotment, Room, RoomLimits
from service_kit.serving import Server
from service_kit.setting_values import Secret
from streams.memory import MemoryBus

from tests.event_ingestor.config_writer import CLIENT, ConfigWriter, sdk_key
from tests.event_ingestor.events import NOW, metric, receipt
from tests.waiting import until

ATTACKER, VISITOR = "127.0.0.2", "127.0.0.3"
STALLED = 60
PIECE = b" " * (1024 * 1024)


@dataclass
class RunningIngestor:
    port: int
    ingestor: Ingestor

    async def send(self, key: str, events: list[Any] | None = None, *, address: str = "127.0.0.1") -> httpx.Response:
        transport = httpx.AsyncHTTPTransport(local_address=address)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{self.port}") as client:
            body = json.dumps([metric()] if events is None else events).encode()
            return await client.post("/v1/events", content=body, headers={"x-api-key": key})

    async def stall(self, key: str, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A socket that declares 2 MiB, sends one, and then nothing."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        head = f"POST /v1/events HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-length: {2 * len(PIECE)}\r\n\r\n"
        writer.write(head.encode() + PIECE)
        return reader, writer

    @property
    def taken(self) -> int:
        return self.ingestor.intake.room.taken


@asynccontextmanager
async def running(*, body_seconds: float = 30.0, **changes: Any) -> AsyncIterator[RunningIngestor]:
    bus, registry = MemoryBus(), CollectorRegistry()
    await ConfigWriter("e1").publish(bus, pb.Environment(sdk_keys=[sdk_key("public", CLIENT), sdk_key("server")]))
    await ConfigWriter("e2").publish(bus, pb.Environment(sdk_keys=[sdk_key("sibling")]))
    await ConfigWriter("e3").publish(bus, pb.Environment(sdk_keys=[sdk_key("other")], organization_id="another"))
    settings = IngestorSettings(pii_secret=Secret("a secret of the tests of the ingestor"), port=0, **changes)
    ingestor = Ingestor(settings, bus, registry, ManualClock(NOW))
    limits = connection_limits(settings)
    limits.body_seconds = body_seconds
    app = build_app(ingestor, registry, cors_origins=())
    server = Server(app, settings, bound_protocol(LimitedProtocol, limits))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started or serving.done())
    made = RunningIngestor(server.servers[0].sockets[0].getsockname()[1], ingestor)

    async def is_ready() -> bool:
        return (await made.send("other", [])).status_code == 202

    await until(is_ready)
    try:
        yield made
    finally:
        server.should_exit = True
        await serving


async def test_stalled_bodies_of_one_caller_leave_room_for_all_others() -> None:
    async with running() as ingestor, AsyncExitStack() as sockets:
        stalled = [await ingestor.stall("public", ATTACKER) for _ in range(STALLED)]
        for _, writer in stalled:
            sockets.callback(writer.close)
        await until(lambda: ingestor.taken > 10 * len(PIECE))
        batch = [metric(event_id=f"e{n}", properties={"filling": "x" * 30_000}) for n in range(100)]
        for key, address in (("other", VISITOR), ("sibling", VISITOR), ("server", VISITOR), ("public", VISITOR)):
            answers = await asyncio.gather(*(ingestor.send(key, batch, address=address) for _ in range(2)))
            assert [receipt(answer) for answer in answers] == [{"accepted": 100, "rejected": []}] * 2
        assert 10 * len(PIECE) < ingestor.taken <= 12 * len(PIECE)
        refused = await ingestor.send("other", batch, address=ATTACKER)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert (refused.json()["code"], refused.json()["limit"]) == (
            "too_much_in_flight",
            "bytes_in_flight_per_address",
        )
        for _, writer in stalled:
            writer.close()
        await until(lambda: ingestor.taken == 0)
        assert (await ingestor.send("other", batch, address=ATTACKER)).status_code == 202


async def test_stalled_bodies_are_cut_and_give_their_room_back() -> None:
    async with running(body_seconds=0.2) as ingestor:
        stalled = [await ingestor.stall("public", ATTACKER) for _ in range(5)]
        for reader, writer in stalled:
            assert await reader.read() == b""
            writer.close()
        await until(lambda: ingestor.taken == 0)


@pytest.mark.parametrize(
    ("setting", "limit", "others"),
    [
        ("ingestor_requests_per_key_per_second", "requests_per_key", ("server", "sibling", "other")),
        ("ingestor_requests_per_organization_per_second", "requests_per_organization", ("other",)),
        ("events_per_key_per_second", "events_per_key", ("server", "sibling", "other")),
        ("events_per_organization_per_second", "events_per_organization", ("other",)),
    ],
)
async def test_who_asks_too_much_is_told_which_limit_and_until_when(
    setting: str, limit: str, others: tuple[str, ...]
) -> None:
    async with running(**{setting: 1}) as ingestor:
        answers = [await ingestor.send("public") for _ in range(12)]
        assert [answer.status_code for answer in answers] == [202] * 10 + [429] * 2
        problem = answers[-1].json()
        assert (problem["code"], problem["limit"]) == ("too_many_requests", limit)
        assert limit in problem["detail"]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
        assert [(await ingestor.send(key)).status_code for key in others] == [202] * len(others)


async def test_a_day_of_an_organization_counts_what_was_stored_alone() -> None:
    async with running(events_per_organization_per_day=5) as ingestor:
        wrong = [{"type": "nothing"} for _ in range(4)]
        assert (await ingestor.send("public", wrong)).status_code == 202
        assert [(await ingestor.send(key, [metric()] * 2)).status_code for key in ("public", "server", "public")] == [
            202
        ] * 3
        refused = await ingestor.send("server")
        assert (refused.status_code, refused.json()["limit"]) == (429, "events_per_organization_per_day")
        now = ingestor.ingestor.intake.clock.now() // 1000
        assert int(refused.headers["retry-after"]) == 86_400 - now % 86_400
        assert (await ingestor.send("other")).status_code == 202


async def test_an_address_that_asks_too_much_is_refused_before_its_key_is_looked_at() -> None:
    async with running(ingestor_requests_per_address_per_second=1) as ingestor:
        answers = [await ingestor.send("unknown", address=ATTACKER) for _ in range(12)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
        assert answers[-1].json()["limit"] == "requests_per_address"
        assert (await ingestor.send("other", address=VISITOR)).status_code == 202


async def test_connections_of_an_address_are_limited() -> None:
    async with running(ingestor_connections_per_address_max=1) as ingestor, AsyncExitStack() as sockets:
        _, writer = await ingestor.stall("public", ATTACKER)
        sockets.callback(writer.close)
        await until(lambda: ingestor.taken > 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", ingestor.port, local_addr=(ATTACKER, 0))
        sockets.callback(writer.close)
        assert (await reader.read()).startswith(b"HTTP/1.1 429 ")
        assert (await ingestor.send("other", address=VISITOR)).status_code == 202


@pytest.mark.parametrize("kind", ["key", "organization"])
async def test_connections_of_a_caller_are_limited(kind: str) -> None:
    async with running(**{f"ingestor_connections_per_{kind}_max": 1}) as ingestor, AsyncExitStack() as sockets:
        _, writer = await ingestor.stall("public", ATTACKER)
        sockets.callback(writer.close)
        await until(lambda: ingestor.taken > 0)
        refused = await ingestor.send("public", address=ATTACKER)
        assert (refused.status_code, refused.json()["limit"]) == (429, f"connections_per_{kind}")
        assert (await ingestor.send("other", address=VISITOR)).status_code == 202


async def test_connections_of_a_proxy_are_those_of_many() -> None:
    settings: dict[str, Any] = {"ingestor_connections_per_address_max": 1, "trusted_proxies": "127.0.0.1"}
    async with running(**settings) as ingestor, AsyncExitStack() as sockets:
        for _ in range(3):
            _, writer = await ingestor.stall("public", "127.0.0.1")
            sockets.callback(writer.close)
        assert (await ingestor.send("other")).status_code == 202


def test_a_body_takes_what_has_come_of_it_and_gives_it_back() -> None:
    allotments = {"key": Allotment(2, 100), "address": Allotment(3, 60)}
    room = Room(RoomLimits(130, allotments))
    with room.share(("key", "k"), ("address", "a")) as first, room.share(("key", "k"), ("address", "b")) as second:
        first.take(60)
        second.take(40)
        for share, name in ((first, "bytes_in_flight_per_key"), (second, "bytes_in_flight_per_key")):
            with pytest.raises(TooManyRequests) as refused:
                share.take(1)
            assert refused.value.limit == name
        with pytest.raises(TooManyRequests) as refused, room.share(("key", "k"), ("address", "c")):
            pass
        assert refused.value.limit == "bodies_per_key"
        with room.share(("key", "other"), ("address", "a")) as third:
            with pytest.raises(TooManyRequests) as refused:
                third.take(1)
            assert refused.value.limit == "bytes_in_flight_per_address"
        with room.share(("key", "other"), ("address", "c")) as fourth:
            fourth.take(30)
            with pytest.raises(TooManyRequests) as refused:
                fourth.take(1)
            assert refused.value.limit == "bytes_in_flight"
            assert room.taken == 130
    assert room.taken == 0
    with room.share(("key", "k"), ("address", "a")) as again:
        again.take(60)


@pytest.mark.parametrize(
    "event", [pytest.param(metric(), id="good events"), pytest.param({}, id="events that lack everything")]
)
async def test_others_are_answered_before_a_request_of_many_events_is_judged(event: Any) -> None:
    body = json.dumps([event] * 5000).encode()
    work = FairWork(slice_seconds=0)
    ended: list[str] = []

    async def judged(whose: str, body: bytes) -> None:
        await work.done(whose, admission(body, AdmissionRules(NOW)))
        ended.append(whose)

    loud = [asyncio.create_task(judged("loud", body)) for _ in range(3)]
    await asyncio.sleep(0)
    await judged("quiet", json.dumps([metric()]).encode())
    assert ended == ["quiet"]
    await asyncio.gather(*loud)
