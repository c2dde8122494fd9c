"""A full queue refuses, stays small in memory, and takes everything once there is room again."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import cycle, islice

import psutil
from messages.subjects import EVENTS

from chaos.events import Batch
from chaos.harness import Harness
from chaos.promises import Promise

_ROOM_BYTES = 1024 * 1024
_GROWTH_BYTES_MAX = 50 * 1024 * 1024
_PADDING_BYTES = 1500
_REFUSED_BATCHES = 12
_ATTEMPTS = 400
_AT_ONCE = 8
_LIMIT = "FF_EVENTS_MAX_BYTES"


async def full_stream(harness: Harness) -> Promise:
    """Fills the stream while the loader is dead, goes on sending, then makes room and delivers what was refused."""
    ingestor = harness.bed.services.ingestor
    limit = ingestor.environment[_LIMIT]
    async with harness.supervisor.down("loader"):
        taken = (await harness.bus.state(EVENTS)).bytes
        ingestor.environment[_LIMIT] = str(taken + _ROOM_BYTES)
        try:
            await harness.supervisor.bounce("event_ingestor")
            refused = await _fill(harness)
            process = psutil.Process(ingestor.pid)
            before = process.memory_info().rss
            statuses = await _press(harness, refused)
            growth = process.memory_info().rss - before
        finally:
            ingestor.environment[_LIMIT] = limit
        await harness.supervisor.bounce("event_ingestor")
        await asyncio.gather(*(harness.sdk.deliver(batch) for batch in refused))
    bare = harness.sdk.responses.without_retry_after
    answers = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    return Promise(
        "a full queue refuses",
        f"{_ATTEMPTS} batches to a full stream, the loader dead",
        f"{answers}; {bare} without Retry-After; memory {growth / 2**20:+.1f} MiB",
        statuses.keys() <= {"429", "503"} and bare == 0 and growth < _GROWTH_BYTES_MAX,
    )


async def _fill(harness: Harness) -> list[Batch]:
    """Batches that were refused, once the stream takes no more of any size."""
    refused: list[Batch] = []
    population = harness.new_population("patient", _PADDING_BYTES)
    while len(refused) < _REFUSED_BATCHES:
        batch = await population.batch()
        answer = await harness.sdk.try_once(batch)
        if answer is not None and answer.status_code == 202:
            harness.ledger.acknowledge(event.entry for event in batch.events)
        else:
            refused.append(batch)
    return refused


async def _press(harness: Harness, refused: list[Batch]) -> Counter[str]:
    """Sends the larger half of what was refused again and again, so that no room is left for any of it."""
    large = sorted(refused, key=lambda batch: len(batch.body))[len(refused) // 2 :]
    statuses: Counter[str] = Counter()
    waiting = islice(cycle(large), _ATTEMPTS)

    async def sender() -> None:
        for batch in waiting:
            answer = await harness.sdk.try_once(batch)
            statuses["none" if answer is None else str(answer.status_code)] += 1

    await asyncio.gather(*(sender() for _ in range(_AT_ONCE)))
    return statuses
