"""Once everything was delivered and loaded: the product's own figures and the stored ids against the ledger."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

import httpx
from messages.subjects import EVENTS

from chaos.harness import Harness
from chaos.ledger import Tally
from chaos.plan import PROXY_KINDS, WEIGHTS
from chaos.promises import Promise
from chaos.tenant import figures
from chaos.testbed import LOADER_ACK_WAIT_SECONDS
from devstack.processes import PartFailedError
from devstack.services import DATABASE

_PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.5
_TABLES = {"exposure": "events_exposure", "metric": "events_metric"}
Figures = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Settlement:
    """`lost` and `foreign` are event ids; `redelivered` rows are copies of others."""

    tally: Tally
    found: Figures
    lost: frozenset[str]
    foreign: frozenset[str]
    redelivered: int


async def settle(harness: Harness) -> Settlement:
    """Waits until nothing is left to load, then looks, with some rows surely stored twice."""
    tally = Tally.read(harness.ledger.path)
    await _until_loaded(harness)
    # Merges would make rows unique before anybody looks, so that the queries' own care would go untested.
    await _ask(harness, "SYSTEM STOP MERGES")
    await harness.sdk.repeat_recent()
    await _until_loaded(harness)
    found = await _product_figures(harness)
    stored = {kind: await _stored(harness, table) for kind, table in _TABLES.items()}
    known = {kind: {event_id for event_id, _ in rows} for kind, rows in stored.items()}
    return Settlement(
        tally,
        found,
        frozenset().union(*(tally.ids[kind] - known[kind] for kind in _TABLES)),
        frozenset().union(*(known[kind] - tally.ids[kind] for kind in _TABLES)),
        sum(copies - 1 for rows in stored.values() for _, copies in rows),
    )


def promises_kept(
    settled: Settlement, harness: Harness, faults: Counter[str], half_accepted: frozenset[str]
) -> list[Promise]:
    """The promises that the ledger shows, over these injected faults by kind. `half_accepted` are ids that were
    never acknowledged."""
    responses = harness.sdk.responses
    expected = settled.tally.figures()
    told = differences(expected, settled.found)
    total = settled.tally.events
    sums = {name: sum(arm[name] for arm in expected.values()) for name in ("units", "conversions", "events", "sum")}
    return [
        Promise(
            "no acknowledged event is lost",
            f"{faults['kill']} × kill -9 of {len(WEIGHTS)} parts, {faults['pause']} × SIGSTOP, "
            f"{sum(faults[kind] for kind in PROXY_KINDS)} × a proxy slow, cut, silent or forgotten",
            f"{len(settled.lost)} lost of {total:,} acknowledged",
            not settled.lost,
        ),
        Promise(
            "no event counts twice",
            f"the same run; {responses.repeats_within} batches again within the duplicate window, "
            f"{responses.repeats_after} after it",
            told
            or f"the product says what the ledger says: {sums['units']:,} units, {sums['conversions']:,} conversions, "
            f"{sums['events']:,} events, sum {sums['sum']:,} (with {settled.redelivered:,} rows stored more than once)",
            not told and settled.redelivered > 0,
        ),
        Promise(
            "nothing is half accepted",
            f"{len(half_accepted):,} events of refused batches",
            f"{len(half_accepted & settled.foreign)} of them stored, {len(settled.foreign - half_accepted)} others",
            not settled.foreign,
        ),
    ]


def differences(expected: Figures, found: Figures) -> str:
    """The figures that differ, in words."""
    names = sorted(
        {(variation, name) for figures in (expected, found) for variation, each in figures.items() for name in each}
    )
    pairs = [(each, [figures.get(each[0], {}).get(each[1]) for figures in (expected, found)]) for each in names]
    return "; ".join(
        f"{' '.join(each)}: ledger {ledger}, product {product}"
        for each, (ledger, product) in pairs
        if ledger != product
    )


async def _until_loaded(harness: Harness) -> None:
    consumer = await harness.bus.pull(
        EVENTS,
        "analytics-loader",
        filter_subject="events.>",
        ack_wait_seconds=LOADER_ACK_WAIT_SECONDS,
        max_ack_pending=20_000,
    )
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await consumer.pending():
            await asyncio.sleep(_POLL_SECONDS)


async def _product_figures(harness: Harness) -> Figures:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            try:
                return figures(await harness.tenant.results())
            except httpx.HTTPError:
                await asyncio.sleep(_POLL_SECONDS)


async def _stored(harness: Harness, table: str) -> list[tuple[str, int]]:
    """Event ids, and how many rows each has."""
    question = f"SELECT event_id, count() FROM {DATABASE}.{table} GROUP BY event_id FORMAT TabSeparated"
    rows = (line.split("\t") for line in (await _ask(harness, question)).splitlines())
    return [(event_id, int(copies)) for event_id, copies in rows]


async def _ask(harness: Harness, question: str) -> str:
    """The answer of ClickHouse, which may still be starting."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            try:
                return await asyncio.to_thread(harness.bed.stack.clickhouse.run_sql, question)
            except PartFailedError:
                await asyncio.sleep(_POLL_SECONDS)
