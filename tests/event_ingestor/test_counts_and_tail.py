"""What operators and people who debug their SDK get to see."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest
from event_ingestor.admission.events import AdmittedEvents
from event_ingestor.admission.refusals import Rejection
from event_ingestor.counts import MINUTE_MS, MINUTES_KEPT, Counts
from event_ingestor.tail import BYTES_WAITING_MAX, RECORDS_WAITING_MAX, WATCHERS_PER_ENVIRONMENT_MAX, Tail
from service_kit.problems import TooManyRequests

START = 1_767_607_200_000
ADMISSION = AdmittedEvents(
    b'{"n":1}\n{"n":2}\n', b'{"n":3}\n', 2, 1, (Rejection(3, "wrong_type", "value: must be a number"),)
)


def test_minutes_add_up_and_are_told_apart() -> None:
    counts = Counts()
    counts.stored("e1", START, ADMISSION)
    counts.stored("e1", START + MINUTE_MS - 1, ADMISSION)
    counts.unstored("e1", START + MINUTE_MS, ADMISSION)
    counts.stored("e2", START, ADMISSION)
    first, second = counts.last_minutes("e1", START + MINUTE_MS, 10)
    assert (first.minute, first.exposures, first.metrics, first.unstored) == (START, 4, 2, 0)
    assert first.rejected == {"wrong_type": 2}
    assert (second.minute, second.exposures, second.unstored) == (START + MINUTE_MS, 0, 3)
    assert list(counts.last_minutes("e1", START + MINUTE_MS, 1)) == [second]
    assert list(counts.last_minutes("e3", START, 10)) == []


def test_only_the_last_minutes_are_kept() -> None:
    counts = Counts()
    for minute in range(2 * MINUTES_KEPT):
        counts.stored("e1", START + minute * MINUTE_MS, ADMISSION)
    assert len(list(counts.last_minutes("e1", START + (2 * MINUTES_KEPT - 1) * MINUTE_MS, 1000))) == MINUTES_KEPT


async def test_a_watcher_sees_its_environment_alone() -> None:
    tail = Tail()
    with tail.watch("e1") as watcher:
        frames = watcher.frames(0.01)
        assert await anext(frames) == b": idle\n\n"
        tail.tell("e2", START, ADMISSION)
        tail.tell("e1", START, ADMISSION)
        async with asyncio.timeout(10):
            assert (await anext(frames)).decode() == (
                f'event: accepted\ndata: {{"received_at":{START},"type":"exposure","event":{{"n":1}}}}\n\n'
                f'event: accepted\ndata: {{"received_at":{START},"type":"exposure","event":{{"n":2}}}}\n\n'
                f'event: accepted\ndata: {{"received_at":{START},"type":"metric","event":{{"n":3}}}}\n\n'
                f'event: rejected\ndata: {{"received_at":{START},"rejected":{{"index":3,"code":"wrong_type",'
                '"detail":"value: must be a number"}}\n\n'
            )


async def test_a_slow_watcher_is_told_what_it_missed() -> None:
    tail = Tail()
    with tail.watch("e1") as watcher:
        for _ in range(RECORDS_WAITING_MAX):
            tail.tell("e1", START, ADMISSION)
        frame = await anext(watcher.frames(10))
        assert frame.count(b"\ndata: ") == RECORDS_WAITING_MAX + 1
        assert frame.endswith(b'event: missed\ndata: {"count":%d}\n\n' % (3 * RECORDS_WAITING_MAX))


async def test_large_events_of_a_slow_watcher_fill_no_memory() -> None:
    tail, large = Tail(), b'{"n":"%s"}\n' % (b"x" * 30_000)
    with tail.watch("e1") as watcher:
        for _ in range(RECORDS_WAITING_MAX):
            tail.tell("e1", START, AdmittedEvents(large, b"", 1, 0, ()))
        frames = watcher.frames(10)
        frame = await anext(frames)
        assert 0.9 * BYTES_WAITING_MAX < len(frame) <= 1.1 * BYTES_WAITING_MAX
        shown = frame.count(b"event: accepted")
        assert frame.endswith(b'event: missed\ndata: {"count":%d}\n\n' % (RECORDS_WAITING_MAX - shown))
        tail.tell("e1", START, ADMISSION)
        assert (await anext(frames)).count(b"event: accepted") == 3


def test_watchers_are_few_and_leave_their_place() -> None:
    tail = Tail()
    with ExitStack() as stack:
        for _ in range(WATCHERS_PER_ENVIRONMENT_MAX):
            stack.enter_context(tail.watch("e1"))
        stack.enter_context(tail.watch("e2"))
        with pytest.raises(TooManyRequests):
            stack.enter_context(tail.watch("e1"))
    with tail.watch("e1"):
        pass


async def test_a_tail_ends_with_its_process_and_says_when_to_come_back() -> None:
    tail = Tail()
    with tail.watch("e1") as watcher:
        frames = watcher.frames(60)
        tail.close()
        assert [frame[:7] async for frame in frames][-1] == b"retry: "
    with tail.watch("e1") as late:
        assert [frame[:7] async for frame in late.frames(60)] == [b"retry: "]
