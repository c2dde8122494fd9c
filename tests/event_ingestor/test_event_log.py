"""Accepted events become durable messages; whoever waits hears of them only then."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from typing import Any

import pytest
from event_ingestor.admission.lines import Lines
from event_ingestor.authentication.authenticator import Authenticator, Caller, EnvironmentKeys
from event_ingestor.batches import message_of, parts_of
from event_ingestor.event_log import EventLog, LogLimits
from event_ingestor.storage_health import StorageHealth
from event_ingestor.telemetry import IngestTelemetry
from hypothesis import given
from hypothesis import strategies as st
from messages.generated.event_pb2 import EventBatch
from messages.sdk_keys import KeyKind, SdkKey
from messages.subjects import EVENTS, events_stream
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.problems import Unavailable
from service_kit.traces import span, traceparent_of
from streams import BusUnavailable, MessageTooLarge, PublishAck
from streams.memory import MemoryBus

from tests.recorded_traces import recorded_traces, some_traceparent
from tests.waiting import until

CLOCK = ManualClock()


def caller(environment_id: str = "e1", key_id: str = "k1", organization_id: str = "org") -> Caller:
    authenticator = Authenticator("a secret of the tests")
    key = SdkKey(environment_id, key_id, KeyKind.SERVER, hashlib.sha256(b"a-key").digest())
    authenticator.put(EnvironmentKeys(environment_id, organization_id, "project", (key,)))
    return authenticator.caller([(b"x-api-key", b"a-key")], CLOCK.now())


def lines(*texts: str, kind: str = "metrics") -> Lines:
    joined = "".join(f"{text}\n" for text in texts).encode()
    return Lines(b"", joined) if kind == "metrics" else Lines(joined, b"")


@pytest.fixture
async def bus() -> MemoryBus:
    made = MemoryBus()
    await made.ensure_stream(events_stream())
    return made


def event_log(bus: MemoryBus, **limits: Any) -> EventLog:
    registry = CollectorRegistry()
    storage = StorageHealth(bus, registry, CLOCK)
    return EventLog(bus, replace(LogLimits(), **limits), IngestTelemetry(registry), storage, CLOCK)


async def stored(bus: MemoryBus) -> list[EventBatch]:
    consumer = await bus.pull(EVENTS, "test", filter_subject="events.>", ack_wait_seconds=60, max_ack_pending=1000)
    return [EventBatch.FromString(message.payload) for message in await consumer.fetch(1000, 0)]


async def test_a_batch_is_one_message_that_says_where_it_comes_from(bus: MemoryBus) -> None:
    await event_log(bus).append(caller(), Lines(b"a\nb\n", b"c\n"))
    (batch,) = await stored(bus)
    assert batch == EventBatch(
        batch_id=batch.batch_id,
        organization_id="org",
        project_id="project",
        environment_id="e1",
        sdk_key_id="k1",
        received_at=CLOCK.now(),
        exposure_count=2,
        metric_count=1,
        exposures=b"a\nb\n",
        metrics=b"c\n",
    )


async def test_small_requests_of_one_sender_become_one_message(bus: MemoryBus) -> None:
    log = event_log(bus)
    other_key, other_environment = caller(key_id="k2"), caller("e2")
    await asyncio.gather(
        *(log.append(caller(), lines(f"m{number}")) for number in range(50)),
        *(log.append(caller(), lines(f"e{number}", kind="exposures")) for number in range(50)),
        log.append(other_key, lines("x")),
        log.append(other_environment, lines("y")),
    )
    batches = await stored(bus)
    assert sorted(
        (each.environment_id, each.sdk_key_id, each.exposure_count, each.metric_count) for each in batches
    ) == [
        ("e1", "k1", 50, 50),
        ("e1", "k2", 0, 1),
        ("e2", "k1", 0, 1),
    ]


async def test_requests_that_become_one_message_go_on_in_the_trace_of_one_and_name_the_others(bus: MemoryBus) -> None:
    log, quiet = event_log(bus, linger_seconds=0.01), some_traceparent(sampled=False)
    parents = [quiet, some_traceparent(), some_traceparent()]

    async def appended(number: int, parent: str) -> None:
        with span("request", parent=parent):
            await log.append(caller(), lines(f"event-{number}"))

    with recorded_traces() as recorded:
        await asyncio.gather(*(appended(number, parent) for number, parent in enumerate(parents)))
    (publish,) = (each for each in recorded.spans if each.name == "events publish")
    assert publish.request.parent is not None
    told = [publish.request.parent, *publish.request.links]
    assert [each.trace_id for each in told] == [parents[each].split("-")[1] for each in (1, 2, 0)]
    consumer = await bus.pull(EVENTS, "test", filter_subject="events.>", ack_wait_seconds=60, max_ack_pending=9)
    assert [message.trace for message in await consumer.fetch(9, 0)] == [traceparent_of(publish.ids)]


async def test_a_trace_changes_nothing_of_a_message(bus: MemoryBus) -> None:
    await event_log(bus, linger_seconds=0).append(caller(), lines("event"))
    with recorded_traces(), span("request"):
        await event_log(bus, linger_seconds=0).append(caller(), lines("event"))
    assert len(await stored(bus)) == 1


async def test_a_group_never_outgrows_a_message(bus: MemoryBus) -> None:
    log = event_log(bus, message_bytes_max=100)
    await asyncio.gather(*(log.append(caller(), lines(str(number) * 39)) for number in range(5)))
    assert sorted(len(each.metrics) for each in await stored(bus)) == [40, 80, 80]


async def test_a_large_request_does_not_wait_for_others(bus: MemoryBus) -> None:
    log = event_log(bus, linger_seconds=3600, alone_bytes_min=10)
    await log.append(caller(), lines("0123456789"))
    waiting = asyncio.create_task(log.append(caller(), lines("small")))
    await asyncio.sleep(0)
    assert len(await stored(bus)) == 1
    await log.close()
    await waiting


async def test_without_a_linger_nothing_waits(bus: MemoryBus) -> None:
    log = event_log(bus, linger_seconds=0)
    await asyncio.gather(log.append(caller(), lines("a")), log.append(caller(), lines("b")))
    assert len(await stored(bus)) == 2


async def test_a_request_over_the_size_of_a_message_is_cut_between_events(bus: MemoryBus) -> None:
    texts = [str(number) * 9 for number in range(10)]
    whole = Lines(lines(*texts).metrics, lines(*texts).metrics)
    await event_log(bus, message_bytes_max=35, alone_bytes_min=1).append(caller(), whole)
    batches = await stored(bus)
    assert max(len(each.exposures) + len(each.metrics) for each in batches) <= 35
    assert b"".join(each.exposures for each in batches) == whole.exposures
    assert b"".join(each.metrics for each in batches) == whole.metrics
    assert sum(each.exposure_count for each in batches) == sum(each.metric_count for each in batches) == 10


@given(st.lists(st.integers(0, 30)), st.lists(st.integers(0, 30)), st.integers(31, 100))
def test_cutting_keeps_every_line_in_order(exposures: list[int], metrics: list[int], bytes_max: int) -> None:
    whole = Lines(lines(*["x" * size for size in exposures]).metrics, lines(*["y" * size for size in metrics]).metrics)
    parts = [message_of(caller(), part, 0) for part in parts_of(whole, bytes_max)]
    assert b"".join(each.exposures for each in parts) == whole.exposures
    assert b"".join(each.metrics for each in parts) == whole.metrics
    assert all(len(each.exposures) + len(each.metrics) <= bytes_max for each in parts)
    assert sum(each.exposure_count for each in parts) == len(exposures)


async def test_the_same_request_again_is_stored_once(bus: MemoryBus) -> None:
    log = event_log(bus)
    await log.append(caller(), lines("a"))
    CLOCK.advance(1)
    await log.append(caller(), lines("a"))
    await log.append(caller(), lines("b"))
    await log.append(caller("e2"), lines("a"))
    await log.append(caller(), lines("a", kind="exposures"))
    assert (await bus.state(EVENTS)).messages == 4


async def test_without_a_bus_nothing_is_accepted(bus: MemoryBus) -> None:
    bus.connected = False
    log = event_log(bus)
    for each in (lines("a"), lines("a" * 20_000)):
        with pytest.raises(Unavailable) as refused:
            await log.append(caller(), each)
        assert (refused.value.code, refused.value.headers) == ("bus_unavailable", {"Retry-After": "1"})


async def test_a_full_stream_refuses_everyone_in_the_group() -> None:
    bus = MemoryBus()
    await bus.ensure_stream(events_stream(max_bytes=10))
    log = event_log(bus)
    answers = await asyncio.gather(*(log.append(caller(), lines("a")) for _ in range(3)), return_exceptions=True)
    assert [answer.code for answer in answers if isinstance(answer, Unavailable)] == ["stream_full"] * 3


class PartlyFailing(MemoryBus):
    """Refuses each second message."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
        self.asked = 0

    async def publish(self, *arguments: object, **named: object) -> PublishAck:
        self.asked += 1
        if self.asked % 2 == 0:
            raise self.error
        return await super().publish(*arguments, **named)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error",
    [BusUnavailable("away"), MessageTooLarge("limit of the server")],
    ids=["bus is away", "message is too large"],
)
async def test_a_request_of_which_a_part_is_missing_is_not_acknowledged(error: Exception) -> None:
    bus = PartlyFailing(error)
    await bus.ensure_stream(events_stream())
    log = event_log(bus, message_bytes_max=10, alone_bytes_min=1)
    with pytest.raises(Unavailable):
        await log.append(caller(), lines("123456", "123456", "123456"))
    assert bus.asked == 3


async def test_one_that_stops_waiting_does_not_disturb_the_others(bus: MemoryBus) -> None:
    log = event_log(bus)
    impatient = asyncio.create_task(log.append(caller(), lines("a")))
    patient = asyncio.create_task(log.append(caller(), lines("b")))
    await asyncio.sleep(0)
    impatient.cancel()
    await patient
    (batch,) = await stored(bus)
    assert batch.metrics == b"a\nb\n"


class Gate(MemoryBus):
    """Stores what it is given once the gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.subjects: list[str] = []
        self.opened = asyncio.Event()

    async def publish(self, subject: str, *arguments: Any, **named: Any) -> PublishAck:
        self.subjects.append(subject)
        await self.opened.wait()
        return await super().publish(subject, *arguments, **named)


async def test_an_organization_has_few_messages_under_way_and_others_do_not_wait_for_them() -> None:
    bus = Gate()
    await bus.ensure_stream(events_stream())
    log = event_log(bus, alone_bytes_min=4)
    loud = [asyncio.create_task(log.append(caller("loud"), lines(f"large-{number}"))) for number in range(8)]
    quiet = asyncio.create_task(log.append(caller("quiet", organization_id="other"), lines("q")))
    await until(lambda: any("quiet" in subject for subject in bus.subjects))
    assert len([subject for subject in bus.subjects if "loud" in subject]) == LogLimits().under_way_max
    bus.opened.set()
    await asyncio.gather(*loud, quiet)
    assert [b"".join(batch.metrics for batch in await stored(bus) if batch.environment_id == "loud")] == [
        b"".join(b"large-%d\n" % number for number in range(8))
    ]


async def test_a_message_is_made_when_it_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not all of a large request's at once, which would be one long step of the loop."""
    bus, made = Gate(), []

    def message(*arguments: Any) -> EventBatch:
        made.append(arguments)
        return message_of(*arguments)

    monkeypatch.setattr("event_ingestor.event_log.message_of", message)
    await bus.ensure_stream(events_stream())
    log = event_log(bus, alone_bytes_min=1, message_bytes_max=10)
    large = asyncio.create_task(log.append(caller(), lines(*(f"event-{number}" for number in range(8)))))
    await until(lambda: len(bus.subjects) == LogLimits().under_way_max)
    assert len(made) == LogLimits().under_way_max
    bus.opened.set()
    await large
    assert b"".join(batch.metrics for batch in await stored(bus)) == b"".join(b"event-%d\n" % n for n in range(8))


async def test_what_comes_while_an_organization_waits_becomes_one_message() -> None:
    bus = Gate()
    await bus.ensure_stream(events_stream())
    log = event_log(bus, under_way_max=1)
    first = asyncio.create_task(log.append(caller(), lines("first")))
    await until(lambda: bus.subjects)
    later = []
    for text in ("a", "b", "c"):
        later.append(asyncio.create_task(log.append(caller(), lines(text))))
        await until(lambda: any(group.commits for group in log._groups.values()))
    bus.opened.set()
    await asyncio.gather(first, *later)
    assert [batch.metrics for batch in await stored(bus)] == [b"first\n", b"a\nb\nc\n"]


@pytest.mark.parametrize("alone_bytes_min", [pytest.param(1, id="alone"), pytest.param(1000, id="in a group")])
async def test_who_gets_no_place_in_time_is_refused(alone_bytes_min: int) -> None:
    bus = Gate()
    await bus.ensure_stream(events_stream())
    log = event_log(bus, under_way_max=1, turn_seconds_max=0.02, alone_bytes_min=alone_bytes_min)
    first = asyncio.create_task(log.append(caller(), lines("first")))
    await until(lambda: bus.subjects)
    with pytest.raises(Unavailable) as refused:
        await log.append(caller(), lines("second"))
    assert refused.value.code == "bus_unavailable"
    bus.opened.set()
    await first
    await log.append(caller(), lines("third"))
    assert [batch.metrics for batch in await stored(bus)] == [b"first\n", b"third\n"]


async def test_a_publication_that_nobody_answers_shows_before_it_is_given_up() -> None:
    """A bus that went silent takes a publication's whole patience until the first failure."""
    clock = ManualClock()
    registry = CollectorRegistry()
    storage = StorageHealth(MemoryBus(), registry, clock)
    storage.tried()
    clock.advance(2.9)
    assert await storage.check() is None
    clock.advance(0.2)
    storage.tried()
    assert await storage.check() == "nothing was stored for 3 s, although it was tried"
    assert registry.get_sample_value("verdict_event_publish_failing_seconds") == pytest.approx(3.1)
    storage.succeeded()
    assert await storage.check() is None
    assert registry.get_sample_value("verdict_event_publish_failing_seconds") == 0
