"""A batch that is stored goes on in the traces of what is in it."""

from __future__ import annotations

import pytest
from analytics.loading.batches import LoadBatch
from analytics.loading.spans import inserting
from messages.subjects import EVENTS, events_stream, events_subject
from service_kit.traces import LINKS_MAX, part, read_traceparent
from streams.memory import MemoryBus

from tests.recorded_traces import recorded_traces, some_traceparent


async def batch_of(*traces: str) -> LoadBatch:
    bus = MemoryBus()
    await bus.ensure_stream(events_stream())
    for number, trace in enumerate(traces):
        await bus.publish(events_subject("e1"), str(number).encode(), trace=trace)
    consumer = await bus.pull(EVENTS, "test", filter_subject="events.>", ack_wait_seconds=60, max_ack_pending=100)
    return LoadBatch(messages=await consumer.fetch(100, 0))


async def test_an_insert_is_in_the_trace_of_each_message() -> None:
    first, second = some_traceparent(), some_traceparent()
    batch = await batch_of("", first, second, first)
    with recorded_traces() as recorded, inserting(batch), part("INSERT INTO a"):
        pass
    insert, statement, other = recorded.spans
    assert (insert.request.parent, other.request.parent) == (read_traceparent(first), read_traceparent(second))
    assert statement.request.parent == insert.ids
    assert [each.trace_id for each in insert.request.links] == [second.split("-")[1]]
    assert list(other.request.links) == [insert.ids]
    assert insert.attributes["messaging.batch.message_count"] == 4


async def test_a_batch_names_so_many_traces_and_no_more() -> None:
    batch = await batch_of(*(some_traceparent() for _ in range(LINKS_MAX + 9)))
    with recorded_traces() as recorded, inserting(batch):
        pass
    assert len(recorded.spans) == 1 + LINKS_MAX


async def test_a_batch_that_can_not_be_stored_says_so_in_one_span() -> None:
    batch = await batch_of(some_traceparent(), some_traceparent())
    with recorded_traces() as recorded, pytest.raises(OSError, match="away"), inserting(batch):
        raise OSError("away")
    assert [(each.failure, each.ended) for each in recorded.spans] == [("OSError", True)]


async def test_what_nobody_traces_makes_no_span() -> None:
    batch = await batch_of("", "")
    with recorded_traces() as recorded, inserting(batch):
        pass
    assert recorded.spans == []
