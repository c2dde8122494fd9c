"""The product's own reconciliation, once everything was loaded, says what the ledger says."""

from __future__ import annotations

from chaos.harness import Harness
from chaos.promises import Promise

_NAMES = ("accepted", "distinct", "stored", "dead_letters", "missing")


async def reconciled(harness: Harness) -> Promise:
    """Compares its sums over the run's minutes with the ledger; the run must be shorter than two hours."""
    document = await harness.tenant.reconciliation()
    sums = {name: sum(minute[name] for minute in document["items"]) for name in _NAMES}
    return Promise(
        "reconciliation tells the truth",
        "accepted, streamed and stored events by the minute, repeats and dead letters among them",
        f"{sums['accepted']:,} accepted, {sums['accepted'] - sums['distinct']:,} of them again; "
        f"{sums['stored']:,} stored, {sums['dead_letters']} dead letters, {sums['missing']} missing",
        document["complete"]
        and sums["missing"] == 0
        and sums["stored"] == harness.ledger.acknowledged
        and sums["distinct"] == sums["stored"] + sums["dead_letters"],
    )
