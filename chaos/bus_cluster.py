"""`python -m chaos.bus_cluster`: three servers of NATS, of which one is away at a time, under load.

Each node is killed, stopped in order and cut off from the others; then the leaders of CONFIG and EVENTS are. Events go
through the ingestor, edits through the control plane, to two edges and by a loader into ClickHouse. Exit status 1 if a
promise is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict
from pathlib import Path

from messages.subjects import CONFIG, EVENTS
from rich.console import Console

from devstack.nats_cluster import NODES

from .harness import Harness, opened
from .plan import Plan
from .promises import Promise, print_promises, write_report
from .signals import Signals
from .trials.bus_nodes import NodeFault, Passed, bus_nodes
from .trials.settlement import Settlement, differences, settle

_FOLDER = Path("build/chaos-bus-cluster")
_SIGNAL_SECONDS_MAX = 5.0
Faults = Sequence[tuple[NodeFault, str]]


def every_fault(rounds: int) -> Faults:
    """Each node by each fault, and those that lead."""
    names = (*(f"nats-{number}" for number in range(1, NODES + 1)), CONFIG, EVENTS)
    return [(fault, name) for _ in range(rounds) for fault in NodeFault for name in names]


async def run(
    plan: Plan, folder: Path, faults: Faults, *, durable: bool = True, signal_seconds: float = _SIGNAL_SECONDS_MAX
) -> list[Promise]:
    """The report is in the folder, emptied before. Signals may be late by `signal_seconds`. Raises PartFailedError."""
    shutil.rmtree(folder, ignore_errors=True)
    async with AsyncExitStack() as undo:
        harness = await undo.enter_async_context(opened(plan, folder, durable=durable, nats_nodes=NODES))
        edges = dict(zip(harness.bed.edges, harness.edges, strict=True))
        ingestor = harness.bed.services.ingestor
        signals = Signals(edges, ingestor, harness.sdk, harness.ledger, patience_seconds=signal_seconds)
        undo.push_async_callback(signals.close)
        passed = await _under_load(harness, faults, signals)
        settled = await settle(harness)
        promises = [*_kept(harness, settled, passed), _freshness(plan, passed), _truth(signals)]
        write_report(folder / "report.json", promises, _facts(harness, passed))
    return promises


async def _under_load(harness: Harness, faults: Faults, signals: Signals) -> list[Passed]:
    done = asyncio.Event()
    sending = asyncio.create_task(harness.sdk.send(harness.population, harness.plan.events_per_second, done.is_set))
    watching = asyncio.create_task(signals.watch())
    try:
        return await bus_nodes(harness, faults)
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        done.set()
        await sending


def _facts(harness: Harness, passed: Sequence[Passed]) -> dict[str, object]:
    return {
        "faults": [asdict(each) for each in passed],
        "ingestor_answers": dict(harness.sdk.responses.answers),
        "edge_answers": dict(sum((edge.statuses for edge in harness.edges), start=Counter[str]())),
        "acknowledged": harness.ledger.acknowledged,
    }


def _kept(harness: Harness, settled: Settlement, passed: Sequence[Passed]) -> list[Promise]:
    told = differences(settled.tally.figures(), settled.found)
    done = ", ".join(f"{sum(each.fault == kind for each in passed)} × {kind}" for kind in NodeFault)
    responses = harness.sdk.responses
    unexpected = responses.unexpected()
    return [
        Promise(
            "no acknowledged event is lost",
            f"one of {NODES} servers of NATS away: {done}",
            f"{len(settled.lost)} lost of {settled.tally.events:,} acknowledged",
            not settled.lost and settled.tally.events > 0,
        ),
        Promise(
            "no event counts twice",
            f"the same run; {responses.repeats_within + responses.repeats_after} batches sent again",
            told or f"the product says what the ledger says ({settled.redelivered:,} rows stored more than once)",
            not told,
        ),
        Promise(
            "a refusal is in words",
            f"{responses.answers.total():,} requests to the ingestor",
            f"{responses.answers['202']:,} × 202, {responses.answers['503']:,} × 503, {unexpected or 'nothing'} else; "
            f"{responses.without_retry_after} without Retry-After",
            not unexpected and not responses.without_retry_after,
        ),
    ]


def _freshness(plan: Plan, passed: Sequence[Passed]) -> Promise:
    """Elections after a lost leader are NATS's own, and take it four to nine seconds; edits are told meanwhile."""
    away = [each for each in passed if each.leader]
    slowest = max((each.edit for each in passed), default=0.0)
    return Promise(
        "edits go on",
        f"{len(passed)} faults, {len(away)} of a server that led CONFIG or the others, each from its beginning",
        f"on every edge {slowest:.2f} s after the fault at most; "
        f"without a leader up to {max((each.leader for each in away), default=0.0):.2f} s",
        slowest <= plan.fresh_seconds,
    )


def _truth(signals: Signals) -> Promise:
    return Promise(
        "signals tell the truth meanwhile",
        f"{signals.looks:,} looks at edges' ages and versions, and at the ingestor's readiness",
        (signals.lies[0] if signals.lies else "none said to be fresher or better than it was")
        + f"; ages up to {signals.age_seconds_max:.1f} s",
        not signals.lies and signals.looks > 0,
    )


def main() -> int:
    """0 if every promise was kept."""
    parser = argparse.ArgumentParser(prog="chaos.bus_cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="of 15 faults (%(default)s)")
    parser.add_argument("--events", type=float, default=500, help="a second (%(default)s)")
    parser.add_argument("--json", type=Path, help="a further file for the report")
    given = parser.parse_args()
    plan = Plan(seconds=1, events=round(given.events / 1.1), duplicate_window_seconds=30, fresh_seconds=5)
    promises = asyncio.run(run(plan, _FOLDER, every_fault(given.rounds)))
    print_promises(Console(), promises)
    if given.json:
        given.json.write_text(json.dumps(json.loads((_FOLDER / "report.json").read_text()), indent=2) + "\n")
    return 0 if all(each.met for each in promises) else 1


if __name__ == "__main__":
    sys.exit(main())
