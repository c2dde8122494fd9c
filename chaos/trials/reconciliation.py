"""The product's own reconciliation, once everything was loaded, says what the ledger says."""

from __future__ import annotations

import asyncio

from chaos.harness import Harness
from chaos.promises import Promise
from devstack.services import DATABASE

_NAMES = ("accepted", "distinct", "stored", "dead_letters", "missing")


async def reconciled(harness: Harness) -> Promise:
    """Compares its sums over the run's minutes with the ledger; the run must be shorter than two hours.

    Edges go on to tell what they are asked for: that is stored beside what the ledger knows."""
    before = await _told_by_edges(harness)
    document = await harness.tenant.reconciliation()
    after = await _told_by_edges(harness)
    sums = {name: sum(minute[name] for minute in document["items"]) for name in _NAMES}
    return Promise(
        "reconciliation tells the truth",
        "accepted, streamed and stored events by the minute, repeats and dead letters among them",
        f"{sums['accepted']:,} accepted, {sums['accepted'] - sums['distinct']:,} of them again; "
        f"{sums['stored']:,} stored, {sums['dead_letters']} dead letters, {sums['missing']} missing",
        document["complete"]
        and sums["missing"] == 0
        and before <= sums["stored"] - harness.ledger.acknowledged <= after
        and sums["distinct"] == sums["stored"] + sums["dead_letters"],
    )


async def _told_by_edges(harness: Harness) -> int:
    question = f"SELECT uniqExact(event_id) FROM {DATABASE}.events_usage"
    return int(await asyncio.to_thread(harness.bed.stack.clickhouse.run_sql, question))
