"""A whole run, in the order in which the trials follow each other."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path

from .console import Teller
from .plan import Plan
from .promises import Promise, write_report
from .scene import Scene, opened
from .storm import Storm
from .trials.bus_away import bus_away
from .trials.dead_letters import letters_of_poison, poison_the_stream
from .trials.edge_alone import edge_alone
from .trials.edits import edits
from .trials.full_stream import full_stream
from .trials.reconciliation import reconciled
from .trials.settlement import promises_kept, settle


async def run(plan: Plan, folder: Path, teller: Teller, *, durable: bool = True) -> list[Promise]:
    """All promises, kept or not; the report is in the folder, which is emptied before. Raises PartFailedError."""
    shutil.rmtree(folder, ignore_errors=True)
    async with AsyncExitStack() as undo:
        with teller.stage("Starting the platform"):
            scene = await undo.enter_async_context(opened(plan, folder, durable=durable))
        promises = await _promises(scene, teller)
        write_report(folder / "report.json", promises, _facts(scene))
    return promises


def _facts(scene: Scene) -> dict[str, object]:
    heard = scene.sdk.heard
    return {
        "plan": asdict(scene.plan),
        "kills": dict(scene.supervisor.kills),
        "pauses": dict(scene.supervisor.pauses),
        "ended_by_themselves": dict(scene.supervisor.ended),
        "ingestor_answers": dict(heard.answers),
        "edge_answers": dict(sum((edge.statuses for edge in scene.edges), start=Counter[str]())),
        "poison_refused": dict(heard.poison_refused),
    }


async def _promises(scene: Scene, teller: Teller) -> list[Promise]:
    with teller.stage("The bus is away"):
        durable, half_accepted = await bus_away(scene)
    with teller.stage("The stream is full"):
        full = await full_stream(scene)
    with teller.stage("The edge stands alone"):
        alone = await edge_alone(scene)
    with teller.stage("Edits while bus and control plane die"):
        edited = await edits(scene)
    await poison_the_stream(scene)
    with teller.stage("Events through a storm of faults"):
        faults = await _weather(scene, teller)
    with teller.stage("Settling"):
        await scene.supervisor.all_ready()
        settled = await settle(scene)
        letters = await letters_of_poison(scene)
        account = await reconciled(scene)
    kept = promises_kept(settled, scene, faults, half_accepted)
    return [*kept[:2], account, durable, kept[2], full, letters, *_doors(scene), alone, *edited, _stamina(scene)]


async def _weather(scene: Scene, teller: Teller) -> Counter[str]:
    """The faults that were done while events flowed, by kind."""
    plan = scene.plan
    storm = Storm(scene.supervisor, scene.bed.wires)
    blowing = asyncio.create_task(storm.run(plan.faults(sorted(scene.bed.wires))))
    telling = asyncio.create_task(_tell(scene, storm, teller))
    try:
        await scene.sdk.send(
            scene.crowd,
            plan.events_per_second,
            lambda: blowing.done() and scene.ledger.acknowledged >= plan.events,
        )
        await blowing
    finally:
        telling.cancel()
        blowing.cancel()
    return storm.done


async def _tell(scene: Scene, storm: Storm, teller: Teller) -> None:
    while True:
        teller.progress(
            f"{storm.done['kill']} of {scene.plan.kills} kills, {scene.ledger.acknowledged:,} events acknowledged"
        )
        await asyncio.sleep(1)


def _doors(scene: Scene) -> list[Promise]:
    """What was heard at the ingestor's and the edges' doors during the whole run."""
    heard = scene.sdk.heard
    edges = [status for edge in scene.edges for status in edge.statuses if status not in ("200", "cut", "503")]
    unexpected = heard.unexpected()
    return [
        Promise(
            "a poison event harms only itself",
            f"{heard.batches_with_poison} batches with one of {len(heard.poison_refused)} kinds of poison",
            heard.misjudged[0] if heard.misjudged else "each was refused alone, its neighbours were taken",
            not heard.misjudged and heard.batches_with_poison > 0,
        ),
        Promise(
            "a door refuses in words",
            f"{heard.answers.total():,} requests to the ingestor over the whole run",
            f"{unexpected or 'nothing'} but 202, 429 and 503; {heard.without_retry_after} without Retry-After",
            not unexpected and not heard.without_retry_after,
        ),
        Promise(
            "no answer of an edge is wrong in form",
            f"{sum(edge.statuses.total() for edge in scene.edges):,} evaluations over the whole run",
            f"{len(edges)} other statuses than 200 and 503",
            not edges,
        ),
    ]


def _stamina(scene: Scene) -> Promise:
    supervisor = scene.supervisor
    ended = ", ".join(f"{name} {count} times" for name, count in supervisor.ended.items())
    return Promise(
        "no part ends because another is away",
        f"{supervisor.kills.total()} kills and {supervisor.pauses.total()} pauses of parts over the whole run",
        f"ended by itself: {ended or 'none'}",
        not ended,
    )
