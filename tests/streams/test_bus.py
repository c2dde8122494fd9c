"""One set of tests for the port; each adapter passes it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from streams import (
    Bus,
    BusUnavailable,
    CaughtUp,
    Delivered,
    ExpectedLast,
    FollowEvent,
    MessageTooLarge,
    NoResponder,
    RequestFailed,
    ResponderBusy,
    Restarted,
    StreamFull,
    StreamSpec,
    WrongLastSequence,
)
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus
from streams.memory import MemoryBus

from chaos.proxy import FaultProxy
from devstack.parts import Nats
from tests.waiting import until


@pytest.fixture(params=["memory", "jetstream"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    made: Bus
    if request.param == "memory":
        made = MemoryBus()
    else:
        made = await JetStreamBus.connect(request.getfixturevalue("nats_url"), name="test")
    yield made
    await made.close()


@pytest.fixture
def spec() -> StreamSpec:
    name = f"S{uuid4().hex}"
    return StreamSpec(name, (f"{name}.>",), max_bytes=1_000_000)


async def take(events: AsyncIterator[FollowEvent], count: int) -> list[FollowEvent]:
    async with asyncio.timeout(20):
        return [await anext(events) for _ in range(count)]


async def test_a_message_id_makes_a_repeat_harmless(bus: Bus, spec: StreamSpec) -> None:
    await bus.ensure_stream(spec)
    first = await bus.publish(f"{spec.name}.a", b"1", message_id="m1")
    again = await bus.publish(f"{spec.name}.a", b"1", message_id="m1")
    assert (again.sequence, again.duplicate, first.duplicate) == (first.sequence, True, False)
    assert (await bus.state(spec.name)).messages == 1


async def test_a_trace_goes_beside_a_message_however_it_is_read(bus: Bus, spec: StreamSpec) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await bus.ensure_stream(spec)
    subject = f"{spec.subjects[0].removesuffix('.>')}.a"
    following = bus.follow(spec.name, subject)
    assert isinstance(await anext(following), CaughtUp)
    sequence = (await bus.publish(subject, b"traced", trace=trace)).sequence
    puller = await bus.pull(spec.name, "t", filter_subject=subject, ack_wait_seconds=30, max_ack_pending=9)
    read = [
        await anext(following),
        await bus.last_message(spec.name, subject),
        await bus.message_at(spec.name, sequence),
        *(await bus.read_all(spec.name, subject)),
        *(await puller.fetch(1, 5)),
    ]
    assert [each.trace for each in read if not isinstance(each, CaughtUp | Restarted | None)] == [trace] * 5
    await bus.publish(subject, b"not traced")
    assert [each.trace for each in await bus.read_all(spec.name, subject)] == [""]


async def test_publishing_without_a_stream_is_an_error(bus: Bus) -> None:
    with pytest.raises(BusUnavailable):
        await bus.publish(f"nowhere{uuid4().hex}.a", b"1")


async def test_a_full_stream_refuses_and_keeps_what_it_has(bus: Bus, spec: StreamSpec) -> None:
    await bus.ensure_stream(replace(spec, max_bytes=3000))
    for _ in range(2):
        await bus.publish(f"{spec.name}.a", b"x" * 1000)
    with pytest.raises(StreamFull):
        for _ in range(3):
            await bus.publish(f"{spec.name}.a", b"x" * 1000)
    assert (await bus.state(spec.name)).first_sequence == 1


async def test_a_message_over_the_limit_is_refused(bus: Bus, spec: StreamSpec) -> None:
    await bus.ensure_stream(replace(spec, max_message_bytes=500))
    with pytest.raises(MessageTooLarge):
        await bus.publish(f"{spec.name}.a", b"x" * 1000)


async def test_an_expectation_on_another_subject_fences_a_writer(bus: Bus, spec: StreamSpec) -> None:
    await bus.ensure_stream(replace(spec, messages_per_subject=1))
    fence = f"{spec.name}.fence"
    stale = ExpectedLast(0, fence)
    await bus.publish(f"{spec.name}.a", b"1", expected=stale)
    newest = await bus.publish(fence, b"f", expected=stale)
    with pytest.raises(WrongLastSequence):
        await bus.publish(f"{spec.name}.a", b"zombie", expected=stale)
    await bus.publish(f"{spec.name}.a", b"2", expected=ExpectedLast(newest.sequence, fence))
    last = await bus.last_message(spec.name, f"{spec.name}.a")
    assert last is not None
    assert last.payload == b"2"


async def test_a_few_messages_of_each_subject_are_kept(bus: Bus, spec: StreamSpec) -> None:
    await bus.ensure_stream(replace(spec, messages_per_subject=2))
    for subject, payload in (("a", b"1"), ("b", b"2"), ("a", b"3"), ("a", b"4")):
        await bus.publish(f"{spec.name}.{subject}", payload)
    kept = [await bus.message_at(spec.name, sequence) for sequence in (1, 2, 3, 4)]
    assert [each.payload if each else None for each in kept] == [None, b"2", b"3", b"4"]
    assert [each.payload for each in await bus.read_all(spec.name, f"{spec.name}.>")] == [b"2", b"4"]
    await bus.delete_message(spec.name, 4)
    last = await bus.last_message(spec.name, f"{spec.name}.a")
    assert last is not None
    assert last.payload == b"3"


async def test_the_last_message_of_an_unknown_subject_is_none(bus: Bus, spec: StreamSpec) -> None:
    await bus.ensure_stream(spec)
    assert await bus.last_message(spec.name, f"{spec.name}.none") is None


async def test_following_gives_the_present_state_then_each_change(bus: Bus, spec: StreamSpec) -> None:
    await bus.ensure_stream(replace(spec, messages_per_subject=1))
    for subject, payload in (("a.x", b"1"), ("b", b"2"), ("a.x", b"3"), ("c", b"4")):
        await bus.publish(f"{spec.name}.{subject}", payload)
    events = bus.follow(spec.name, f"{spec.name}.>")
    state = await take(events, 4)
    assert [each.payload for each in state[:3] if isinstance(each, Delivered)] == [b"2", b"3", b"4"]
    assert state[3] == CaughtUp()
    await bus.publish(f"{spec.name}.b", b"5")
    (change,) = await take(events, 1)
    assert isinstance(change, Delivered)
    assert (change.subject, change.payload, change.sequence) == (f"{spec.name}.b", b"5", 5)


async def test_a_slow_follower_passes_over_what_was_replaced(bus: Bus, spec: StreamSpec) -> None:
    await bus.ensure_stream(replace(spec, messages_per_subject=1))
    events = bus.follow(spec.name, f"{spec.name}.>")
    await take(events, 1)
    for subject, payload in (("a", b"1"), ("b", b"2")):
        await bus.publish(f"{spec.name}.{subject}", payload)
    await take(events, 1)
    await bus.publish(f"{spec.name}.b", b"3")
    async with asyncio.timeout(20):
        async for event in events:
            if isinstance(event, Delivered) and event.payload == b"3":
                break


async def test_what_is_told_reaches_who_listens_and_nobody_later(bus: Bus) -> None:
    topic = f"told_{uuid4().hex}"
    heard: list[bytes] = []

    async def listen() -> None:
        async for payload in bus.listen(f"{topic}.*"):
            heard.append(payload)  # noqa: PERF401 - it is looked at meanwhile

    listening = asyncio.create_task(listen())

    async def reaches() -> bool:
        await bus.tell(f"{topic}.a", b"word")
        return bool(heard)

    await until(reaches)
    assert set(heard) == {b"word"}
    listening.cancel()
    await asyncio.wait([listening])


async def test_following_an_empty_stream_is_caught_up_at_once(bus: Bus, spec: StreamSpec) -> None:
    await bus.ensure_stream(spec)
    assert await take(bus.follow(spec.name, f"{spec.name}.>"), 1) == [CaughtUp()]


async def test_reading_all_gives_the_newest_of_each_subject(bus: Bus, spec: StreamSpec) -> None:
    await bus.ensure_stream(replace(spec, messages_per_subject=1))
    assert await bus.read_all(spec.name, f"{spec.name}.>") == []
    for index in range(300):
        await bus.publish(f"{spec.name}.e.k{index % 100}", str(index).encode())
    await bus.publish(f"{spec.name}.other.k", b"x")
    found = await bus.read_all(spec.name, f"{spec.name}.e.>")
    assert [each.payload for each in found] == [str(index).encode() for index in range(200, 300)]


async def test_a_puller_gets_again_what_it_did_not_acknowledge(bus: Bus, spec: StreamSpec) -> None:
    await bus.ensure_stream(spec)
    for index in range(3):
        await bus.publish(f"{spec.name}.a", str(index).encode())
    consumer = await bus.pull(
        spec.name, "loader", filter_subject=f"{spec.name}.>", ack_wait_seconds=2, max_ack_pending=10
    )
    first = await consumer.fetch(10, 2)
    assert [each.payload for each in first] == [b"0", b"1", b"2"]
    await first[0].ack()
    await first[2].ack()
    again = await consumer.fetch(10, 15)
    assert [(each.payload, each.deliveries) for each in again] == [(b"1", 2)]
    await again[0].ack()
    assert await consumer.fetch(10, 0.2) == []

    async def acknowledged() -> bool:
        return not await consumer.pending()

    await until(acknowledged)


async def test_a_consumer_of_what_was_published_since_begins_there(bus: Bus, spec: StreamSpec) -> None:
    await bus.ensure_stream(spec)
    sequences = [(await bus.publish(f"{spec.name}.a", str(index).encode())).sequence for index in range(5)]
    await bus.delete_message(spec.name, sequences[1])
    moments = [each.published_at for seq in sequences if (each := await bus.message_at(spec.name, seq)) is not None]
    for number, since in enumerate((0, *moments, moments[-1] + 1)):
        consumer = await bus.pull_since(spec.name, f"since-{number}", filter_subject=f"{spec.name}.>", since=since)
        found = await consumer.fetch(10, 2 if since <= moments[-1] else 0.1)
        assert len(found) == sum(each >= since for each in moments)
        for message in found:
            await message.ack()


async def test_a_refused_message_comes_again_after_its_delay(bus: Bus, spec: StreamSpec) -> None:
    await bus.ensure_stream(spec)
    await bus.publish(f"{spec.name}.a", b"1")
    consumer = await bus.pull(spec.name, "d", filter_subject=f"{spec.name}.>", ack_wait_seconds=30, max_ack_pending=10)
    (message,) = await consumer.fetch(1, 2)
    await message.nak(0.05)
    (again,) = await consumer.fetch(1, 5)
    assert again.deliveries == 2


async def test_a_server_that_died_unnoticed_does_not_keep_a_bus_from_closing(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = await JetStreamBus.connect(nats_url, name="test")
    client: Any = bus._client

    async def reset() -> None:
        raise ConnectionResetError("Connection lost")

    client._pending, client._pending_data_size = [b"PING\r\n"], 6
    monkeypatch.setattr(client._transport, "drain", reset)
    await bus.close()
    assert not bus.connected
    client._transport.close()


async def test_a_bus_closes_that_never_came_to_a_connection() -> None:
    bus = JetStreamBus("nats://127.0.0.1:1", name="test")
    bus.start()
    await until(lambda: "(" in (bus.trouble or ""))
    await bus.close()
    assert not bus.connected


async def test_a_follower_misses_nothing_while_the_server_is_killed(fresh_nats: Nats) -> None:
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    spec = StreamSpec("K", ("K.>",), max_bytes=10_000_000, messages_per_subject=1)
    await bus.ensure_stream(spec)
    seen: dict[str, bytes] = {}

    async def follow() -> None:
        async for event in bus.follow("K", "K.>"):
            if isinstance(event, Delivered):
                seen[event.subject] = event.payload

    following = asyncio.create_task(follow())
    for kill in range(3):
        for index in range(50):
            await _publish_through(bus, f"K.k{index % 7}", f"{kill}-{index}".encode())
        await asyncio.to_thread(fresh_nats.kill)
        await asyncio.to_thread(fresh_nats.restart)
    wanted = {f"K.k{index % 7}": f"2-{index}".encode() for index in range(50)}
    await until(lambda: seen == wanted)
    following.cancel()
    await bus.close()


async def test_a_stream_made_anew_is_delivered_anew(fresh_nats: Nats) -> None:
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    spec = StreamSpec("K", ("K.>",), max_bytes=10_000_000, messages_per_subject=1)
    await bus.ensure_stream(spec)
    await bus.publish("K.a", b"1")
    events = bus.follow("K", "K.>")
    await take(events, 2)
    await bus._context.delete_stream("K")
    await bus.ensure_stream(spec)
    await bus.publish("K.a", b"2")
    restarted, delivered, caught_up = await take(events, 3)
    assert (restarted, caught_up) == (Restarted(), CaughtUp())
    assert isinstance(delivered, Delivered)
    assert delivered.payload == b"2"
    await bus.close()


async def test_a_bus_that_was_never_started_is_unavailable() -> None:
    bus = JetStreamBus("nats://127.0.0.1:1", name="test")
    assert not bus.connected
    for asked in (bus.state("K"), bus.publish("K.a", b"1"), bus.last_message("K", "K.a"), bus.read_all("K", "K.>")):
        with pytest.raises(BusUnavailable):
            await asked


async def test_a_bus_that_is_away_says_so_and_comes_back(fresh_nats: Nats) -> None:
    await asyncio.to_thread(fresh_nats.kill)
    bus = JetStreamBus(fresh_nats.url, name="test")
    bus.start()
    assert not bus.connected
    assert not await bus.reaches(0.2)
    with pytest.raises(BusUnavailable):
        await bus.publish("K.a", b"1")
    await asyncio.to_thread(fresh_nats.restart)
    await until(lambda: bus.connected)
    assert await bus.reaches(60)
    await bus.ensure_stream(StreamSpec("K", ("K.>",), max_bytes=10_000))
    assert (await bus.publish("K.a", b"1")).sequence == 1
    await bus.close()


async def test_a_bus_reaches_what_any_server_answers(fresh_nats: Nats) -> None:
    """Its own may hang; an answer that comes late harms nothing."""
    wires = [FaultProxy(name, int(fresh_nats.url.rpartition(":")[2])) for name in ("one", "other")]
    for wire in wires:
        await wire.start()
    servers = tuple(f"nats://127.0.0.1:{wire.port}" for wire in wires)
    bus = await JetStreamBus.connect(BusConnection(servers=servers), name="test")
    try:
        assert await bus.reaches(60)
        own = wires[servers.index(str(bus._client.server))]
        own.swallow()
        # Half of a second is for the one that hangs.
        await until(lambda: bus.reaches(1.0))
        for wire in wires:
            wire.swallow()
        assert not await bus.reaches(0.2)
        for wire in wires:
            wire.mend()
        # Another server has a second to take a connection, which is little on a busy machine.
        await until(lambda: bus.reaches(60))
        for wire in wires:
            wire.cut()
        await until(lambda: not bus.connected)
        assert not await bus.reaches(0.2)
    finally:
        await bus.close()
        for wire in wires:
            await wire.close()


async def test_an_outage_is_told_once_and_its_end_too(fresh_nats: Nats, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="bus")
    await asyncio.to_thread(fresh_nats.kill)
    bus = JetStreamBus(fresh_nats.url, name="test")
    bus.start()
    await _until_said(caplog, "the bus can't be reached")
    await asyncio.to_thread(fresh_nats.restart)
    await _until_said(caplog, "connected to the bus")
    await asyncio.to_thread(fresh_nats.kill)
    await _until_said(caplog, "the connection to the bus is lost")
    said = [record.getMessage() for record in caplog.records if record.name == "bus"]
    assert len(said) == len(set(said))
    await asyncio.to_thread(fresh_nats.restart)
    await _until_said(caplog, "connected to the bus", times=2)
    told = len(caplog.records)
    await bus.close()
    assert len(caplog.records) == told


async def _until_said(caplog: pytest.LogCaptureFixture, text: str, times: int = 1) -> None:
    await until(lambda: sum(text in record.getMessage() for record in caplog.records) >= times)


async def _publish_through(bus: Bus, subject: str, payload: bytes) -> None:
    await until(lambda: bus.publish(subject, payload), despite=BusUnavailable)


async def test_a_deleted_message_is_gone_and_its_neighbours_stay(bus: Bus, spec: StreamSpec) -> None:
    await bus.ensure_stream(spec)
    sequences = [(await bus.publish(f"{spec.name}.a", payload)).sequence for payload in (b"1", b"2", b"3")]

    await bus.delete_message(spec.name, sequences[1])
    await bus.delete_message(spec.name, sequences[1])

    found = [await bus.message_at(spec.name, sequence) for sequence in sequences]
    assert [each.payload if each else None for each in found] == [b"1", None, b"3"]
    assert (await bus.state(spec.name)).messages == 2


@contextlib.asynccontextmanager
async def responding(
    bus: Bus, subject: str, answer: Callable[[bytes], Awaitable[bytes]], **bounds: int
) -> AsyncIterator[None]:
    """Requests on the subject are answered within this block; the empty one finds out when it begins."""

    async def answered(payload: bytes) -> bytes:
        return b"" if payload == b"" else await answer(payload)

    limits = {"at_once": 4, "waiting_max": 4, **bounds}
    task = asyncio.create_task(bus.respond(subject, answered, group="test", **limits))

    async def begun() -> bool:
        with contextlib.suppress(NoResponder):
            await bus.request(subject, b"", 5)
            return True
        return False

    await until(begun)
    yield
    task.cancel()
    await asyncio.wait([task])


async def test_a_request_is_answered_once_by_one_of_a_group(bus: Bus) -> None:
    subject, heard = f"asked.{uuid4().hex}", list[bytes]()

    async def answer(payload: bytes) -> bytes:
        heard.append(payload)
        return payload.upper()

    async with responding(bus, subject, answer), responding(bus, subject, answer):
        answers = [await bus.request(subject, word, 5) for word in (b"one", b"two", b"three")]
    assert answers == [b"ONE", b"TWO", b"THREE"]
    assert heard == [b"one", b"two", b"three"]
    with pytest.raises(NoResponder):
        await bus.request(subject, b"gone", 60)


async def test_a_request_that_is_not_answered_says_why(bus: Bus) -> None:
    subject, huge = f"asked.{uuid4().hex}", b"x" * 9 * 1024 * 1024

    async def answer(payload: bytes) -> bytes:
        match payload:
            case b"silence":
                await asyncio.Event().wait()
            case b"much":
                return huge
        raise ValueError("a secret of the responder")

    async with responding(bus, subject, answer):
        with pytest.raises(BusUnavailable):
            await bus.request(subject, b"silence", 0.05)
        with pytest.raises(RequestFailed, match=r"^the responder failed$"):
            await bus.request(subject, b"fault", 5)
        with pytest.raises(MessageTooLarge):
            await bus.request(subject, b"much", 5)
        with pytest.raises(MessageTooLarge):
            await bus.request(subject, huge, 5)
        assert await bus.request(subject, b"", 5) == b""


async def test_a_responder_has_so_many_requests_at_once_and_refuses_what_it_can_not_keep_waiting(bus: Bus) -> None:
    subject, go, heard = f"asked.{uuid4().hex}", asyncio.Event(), list[bytes]()

    async def answer(payload: bytes) -> bytes:
        heard.append(payload)
        await go.wait()
        return payload

    async with responding(bus, subject, answer, at_once=1, waiting_max=2):
        first = asyncio.create_task(bus.request(subject, b"first", 20))
        await until(lambda: heard == [b"first"])
        with pytest.raises(BusUnavailable):
            await bus.request(subject, b"impatient", 0.05)
        second = asyncio.create_task(bus.request(subject, b"second", 20))
        refused = [asyncio.create_task(bus.request(subject, b"more", 20)) for _ in range(3)]
        done, _ = await asyncio.wait(refused, return_when=asyncio.FIRST_COMPLETED)
        assert all(isinstance(each.exception(), ResponderBusy) for each in done)
        assert heard == [b"first"]
        # What was refused came after the impatient one, whose 50 ms the responder counts from when it came.
        come_by = time.monotonic()
        await until(lambda: time.monotonic() > come_by + 0.05)
        go.set()
        assert (await first, await second) == (b"first", b"second")
        await asyncio.wait(refused)
    assert b"impatient" not in heard
