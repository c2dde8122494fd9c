"""Acknowledged means durable: without the bus nothing is acknowledged, and nothing is half accepted."""

from __future__ import annotations

import asyncio
from collections import Counter

from chaos.harness import Harness
from chaos.promises import Promise

_ATTEMPTS = 40


async def bus_away(harness: Harness) -> tuple[Promise, frozenset[str]]:
    """Sends batches while NATS is dead; also the ids of their events, which must never be stored."""
    population = harness.new_population("unlucky")
    batches = [await population.batch() for _ in range(_ATTEMPTS)]
    responses_before = harness.sdk.responses.without_retry_after
    async with harness.supervisor.down("nats"):
        answers = await asyncio.gather(*(harness.sdk.try_once(batch) for batch in batches))
    statuses = Counter("none" if each is None else str(each.status_code) for each in answers)
    bare = harness.sdk.responses.without_retry_after - responses_before
    await harness.supervisor.all_ready()
    figure = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    promise = Promise(
        "acknowledged means durable",
        f"{_ATTEMPTS} batches while NATS is dead",
        f"{figure}; {bare} without Retry-After",
        not any(status.startswith("2") for status in statuses) and bare == 0,
    )
    return promise, frozenset(event.entry.event_id for batch in batches for event in batch.events)
