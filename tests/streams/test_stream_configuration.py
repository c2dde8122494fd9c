"""A stream is made with what is asked for; one that exists keeps what it has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streams import Bus, BusUnavailable, StreamMissing, StreamRefused, StreamSpec
from streams.client import BusClient
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus
from streams.memory import MemoryBus
from streams.stream_configuration import stream_details

from tests.guarded_servers import GuardedNats
from tests.waiting import until

MEBIBYTE = 1024 * 1024
SPEC = StreamSpec("K", ("K.>",), max_bytes=MEBIBYTE, max_age_seconds=3600)


@pytest.fixture
def small_nats(tmp_path: Path) -> Iterator[GuardedNats]:
    """A server that may store ten mebibytes."""
    nats = GuardedNats(tmp_path, jetstream="max_file: 10MB")
    nats.start()
    yield nats
    nats.stop()


@pytest.fixture
async def jetstream(small_nats: GuardedNats) -> AsyncIterator[JetStreamBus]:
    made = await JetStreamBus.connect(small_nats.url, name="test")
    yield made
    await made.close()


@pytest.fixture(params=["memory", "jetstream"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    made: Bus
    if request.param == "memory":
        made = MemoryBus()
    else:
        made = await JetStreamBus.connect(request.getfixturevalue("small_nats").url, name="test")
    yield made
    await made.close()


async def test_a_stream_that_the_bus_has_no_room_for_is_refused_with_the_reason(jetstream: JetStreamBus) -> None:
    with pytest.raises(StreamRefused, match=r"K of 1073741824 bytes can't be made: insufficient storage"):
        await jetstream.ensure_stream(replace(SPEC, max_bytes=1024 * MEBIBYTE))
    with pytest.raises(StreamMissing):
        await jetstream.state("K")
    assert await jetstream.ensure_stream(replace(SPEC, name="L", subjects=("L.>",))) is None
    assert (await jetstream.publish("L.a", b"1")).sequence == 1


async def test_a_stream_that_exists_needs_no_room_of_its_own_again(
    jetstream: JetStreamBus, small_nats: GuardedNats
) -> None:
    await jetstream.ensure_stream(replace(SPEC, max_bytes=9 * MEBIBYTE))
    for _ in range(3):
        assert await jetstream.ensure_stream(replace(SPEC, max_bytes=9 * MEBIBYTE)) is None
    left = await jetstream.ensure_stream(replace(SPEC, max_bytes=1024 * MEBIBYTE))
    assert left is not None
    assert "insufficient storage" in left
    assert (await jetstream.publish("K.a", b"1")).sequence == 1


async def test_only_what_is_given_is_changed(jetstream: JetStreamBus) -> None:
    await jetstream.ensure_stream(SPEC)
    changed = replace(SPEC, max_bytes=2 * MEBIBYTE, max_age_seconds=60, duplicate_window_seconds=10)

    await jetstream.ensure_stream(replace(changed, given=frozenset()))
    assert await _config(jetstream) == (MEBIBYTE, 3600, 120)
    await jetstream.ensure_stream(replace(changed, given=frozenset({"max_bytes"})))
    assert await _config(jetstream) == (2 * MEBIBYTE, 3600, 120)
    await jetstream.ensure_stream(changed)
    assert await _config(jetstream) == (2 * MEBIBYTE, 60, 10)


async def test_what_others_have_set_stays(jetstream: JetStreamBus) -> None:
    await jetstream.ensure_stream(SPEC)
    details = await stream_details(jetstream._context, "K")
    theirs = {**details["config"], "description": "of others", "metadata": {"owner": "them"}, "max_consumers": 7}
    await _update(jetstream, theirs)

    await jetstream.ensure_stream(replace(SPEC, max_bytes=2 * MEBIBYTE))

    config = (await stream_details(jetstream._context, "K"))["config"]
    assert (config["description"], config["metadata"]["owner"], config["max_bytes"]) == (
        "of others",
        "them",
        2 * MEBIBYTE,
    )


async def test_a_stream_is_never_made_smaller_than_what_it_holds(bus: Bus) -> None:
    await bus.ensure_stream(SPEC)
    for _ in range(6):
        await bus.publish("K.a", b"x" * 100_000)
    held = (await bus.state("K")).bytes

    left = await bus.ensure_stream(replace(SPEC, max_bytes=100_000))
    assert left == f"K holds {held} bytes and can't be limited to 100000"
    assert (await bus.state("K")).messages == 6
    await bus.publish("K.a", b"x" * 100_000)


async def test_the_state_tells_which_stream_it_is_and_since_when_it_holds_something(jetstream: JetStreamBus) -> None:
    await jetstream.ensure_stream(SPEC)
    before = await jetstream.state("K")
    assert (before.messages, before.first_at) == (0, 0)
    await jetstream.publish("K.a", b"1")
    stored = await jetstream.last_message("K", "K.a")
    assert stored is not None
    after = await jetstream.state("K")
    assert (after.identity, after.first_at) == (before.identity, stored.published_at)
    assert await jetstream.time("K") >= stored.published_at

    await jetstream._context.delete_stream("K")
    await jetstream.ensure_stream(SPEC)
    assert (await jetstream.state("K")).identity != before.identity


async def test_the_oldest_that_waits_is_told_by_the_bus(bus: Bus) -> None:
    await bus.ensure_stream(SPEC)
    consumer = await bus.pull("K", "d", filter_subject="K.>", ack_wait_seconds=30, max_ack_pending=10)
    assert await consumer.oldest_pending_at() is None
    for payload in (b"1", b"2", b"3"):
        await bus.publish("K.a", payload)
    stored = [await bus.message_at("K", sequence) for sequence in (1, 2, 3)]
    times = [each.published_at for each in stored if each]
    assert await consumer.oldest_pending_at() == times[0]

    first, second = await consumer.fetch(2, 5)
    await second.ack()
    assert await consumer.oldest_pending_at() == times[0]
    await first.ack()

    async def waits_for_the_third() -> bool:
        return await consumer.oldest_pending_at() == times[2] and await consumer.pending() == 1

    await until(waits_for_the_third)
    (third,) = await consumer.fetch(1, 5)
    await third.ack()

    async def nothing_waits() -> bool:
        return await consumer.oldest_pending_at() is None

    await until(nothing_waits)


async def test_reconnections_of_many_clients_are_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def selected(self: BusClient) -> None:
        waited.append(self.options["reconnect_time_wait"])

    monkeypatch.setattr("nats.aio.client.Client._select_next_server", selected)
    for _ in range(20):
        client = BusClient(BusConnection.to("nats://127.0.0.1:1"), "test")
        for _ in range(2):
            await client._select_next_server()
    assert len(set(waited)) == 40
    assert all(0.25 <= each < 0.5 for each in waited)


async def test_a_bus_that_is_away_has_a_reason() -> None:
    bus = JetStreamBus("nats://127.0.0.1:1", name="test")
    assert bus.trouble == "not connected"
    bus.start()
    await until(lambda: "Connect call failed" in (bus.trouble or ""))
    with pytest.raises(BusUnavailable):
        await bus.time("K")
    await bus.close()


async def _config(bus: JetStreamBus) -> tuple[Any, ...]:
    config = (await stream_details(bus._context, "K"))["config"]
    return config["max_bytes"], config["max_age"] / 1e9, config["duplicate_window"] / 1e9


async def _update(bus: JetStreamBus, config: dict[str, Any]) -> None:
    import json

    context = bus._context
    await context._api_request(f"{context._prefix}.STREAM.UPDATE.K", json.dumps(config).encode())
