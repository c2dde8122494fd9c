"""A whole run, in the order in which the trials follow each other."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path

from .console import ProgressReporter
from .fault_injection import FaultInjection
from .harness import Harness, opened
from .plan import Plan
from .promises import Promise, write_report
from .trials.bus_away import bus_away
from .trials.dead_letters import letters_of_poison, poison_the_stream
from .trials.edge_alone import edge_alone
from .trials.edits import edits
from .trials.full_stream import full_stream
from .trials.lost_state import lost_state
from .trials.reconciliation import reconciled
from .trials.rollouts import rollouts
from .trials.settlement import promises_kept, settle
from .trials.silent_stores import silent_stores
from .trials.withdrawals import withdrawals


async def run(plan: Plan, folder: Path, reporter: ProgressReporter, *, durable: bool = True) -> list[Promise]:
    """All promises, kept or not; the report is in the folder, which is emptied before. Raises PartFailedError."""
    shutil.rmtree(folder, ignore_errors=True)
    async with AsyncExitStack() as undo:
        with reporter.stage("Starting the platform"):
            harness = await undo.enter_async_context(opened(plan, folder, durable=durable))
        promises = await _promises(harness, reporter)
        write_report(folder / "report.json", promises, _facts(harness))
    return promises


def _facts(harness: Harness) -> dict[str, object]:
    responses = harness.sdk.responses
    return {
        "plan": asdict(harness.plan),
        "kills": dict(harness.supervisor.kills),
        "pauses": dict(harness.supervisor.pauses),
        "ended_by_themselves": dict(harness.supervisor.ended),
        "ingestor_answers": dict(responses.answers),
        "edge_answers": dict(sum((edge.statuses for edge in harness.edges), start=Counter[str]())),
        "poison_refused": dict(responses.poison_refused),
    }


async def _promises(harness: Harness, reporter: ProgressReporter) -> list[Promise]:
    with reporter.stage("Keys are revoked and a flag is switched off"):
        withdrawn = await withdrawals(harness)
    with reporter.stage("The bus is away"):
        durable, half_accepted = await bus_away(harness)
    with reporter.stage("The stream is full"):
        full = await full_stream(harness)
    with reporter.stage("The edge stands alone"):
        alone = await edge_alone(harness)
    with reporter.stage("Edits while bus and control plane die"):
        edited = await edits(harness)
    await poison_the_stream(harness)
    with reporter.stage("Events through a injection of faults"):
        faults = await _inject_faults(harness, reporter)
    with reporter.stage("Settling"):
        await harness.supervisor.all_ready()
        settled = await settle(harness)
        letters = await letters_of_poison(harness)
        account = await reconciled(harness)
    with reporter.stage("Rollouts while schedulers and monitors die and freeze"):
        released = await rollouts(harness)
    with reporter.stage("Stores are silent"):
        silent = await silent_stores(harness)
    with reporter.stage("Stores are lost and restored"):
        lost = await lost_state(harness)
    kept = promises_kept(settled, harness, faults, half_accepted)
    return [
        *kept[:2],
        account,
        durable,
        kept[2],
        full,
        letters,
        *_answers(harness),
        alone,
        *edited,
        withdrawn,
        *released,
        silent,
        *lost,
        _stamina(harness),
    ]


async def _inject_faults(harness: Harness, reporter: ProgressReporter) -> Counter[str]:
    """The faults that were done while events flowed, by kind."""
    plan = harness.plan
    injection = FaultInjection(harness.supervisor, harness.bed.proxies)
    injecting = asyncio.create_task(injection.run(plan.faults(sorted(harness.bed.proxies))))
    telling = asyncio.create_task(_tell(harness, injection, reporter))
    try:
        await harness.sdk.send(
            harness.population,
            plan.events_per_second,
            lambda: injecting.done() and harness.ledger.acknowledged >= plan.events,
        )
        await injecting
    finally:
        telling.cancel()
        injecting.cancel()
    return injection.done


async def _tell(harness: Harness, injection: FaultInjection, reporter: ProgressReporter) -> None:
    while True:
        reporter.progress(
            f"{injection.done['kill']} of {harness.plan.kills} kills, "
            f"{harness.ledger.acknowledged:,} events acknowledged"
        )
        await asyncio.sleep(1)


def _answers(harness: Harness) -> list[Promise]:
    """What the ingestor and the edges answered during the whole run."""
    responses = harness.sdk.responses
    edges = [status for edge in harness.edges for status in edge.statuses if status not in ("200", "cut", "503")]
    unexpected = responses.unexpected()
    return [
        Promise(
            "a poison event harms only itself",
            f"{responses.batches_with_poison} batches with one of {len(responses.poison_refused)} kinds of poison",
            responses.misjudged[0] if responses.misjudged else "each was refused alone, its neighbours were taken",
            not responses.misjudged and responses.batches_with_poison > 0,
        ),
        Promise(
            "a refusal is in words",
            f"{responses.answers.total():,} requests to the ingestor over the whole run",
            f"{unexpected or 'nothing'} but 202, 429 and 503; {responses.without_retry_after} without Retry-After",
            not unexpected and not responses.without_retry_after,
        ),
        Promise(
            "no answer of an edge is wrong in form",
            f"{sum(edge.statuses.total() for edge in harness.edges):,} evaluations over the whole run",
            f"{len(edges)} other statuses than 200 and 503",
            not edges,
        ),
    ]


def _stamina(harness: Harness) -> Promise:
    supervisor = harness.supervisor
    ended = ", ".join(f"{name} {count} times" for name, count in supervisor.ended.items())
    return Promise(
        "no part ends because another is away",
        f"{supervisor.kills.total()} kills and {supervisor.pauses.total()} pauses of parts over the whole run",
        f"ended by itself: {ended or 'none'}",
        not ended,
    )
