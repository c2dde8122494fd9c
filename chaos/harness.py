"""Everything that a trial works with: the parts, who kills them, who sends events, and who looks at the results."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.jetstream import JetStreamBus

from .edge_client import EdgeClient
from .events import Population
from .ledger import Ledger
from .plan import Plan
from .sdk import Sdk
from .supervisor import Supervisor
from .tenant import Tenant
from .testbed import Testbed


@dataclass(frozen=True, slots=True)
class Harness:
    """`population` are the users of whom every event must arrive; `bus` goes straight to the server."""

    plan: Plan
    bed: Testbed
    supervisor: Supervisor
    tenant: Tenant
    ledger: Ledger
    sdk: Sdk
    edges: tuple[EdgeClient, ...]
    population: Population
    bus: JetStreamBus

    def new_population(self, name: str, padding: int = 0) -> Population:
        """Other users, with events of that many bytes more."""
        return Population(self.plan.chance(name), name, self.edges[0].variant, padding)


@asynccontextmanager
async def opened(plan: Plan, folder: Path, *, durable: bool, nats_nodes: int = 1) -> AsyncIterator[Harness]:
    """Starts everything in an empty folder and stops it at the end. Raises PartFailedError."""
    async with AsyncExitStack() as undo:
        bed = await undo.enter_async_context(
            Testbed(
                folder,
                durable=durable,
                duplicate_window_seconds=plan.duplicate_window_seconds,
                nats_nodes=nats_nodes,
            )
        )
        supervisor = Supervisor(bed.servers)
        watching = asyncio.create_task(supervisor.watch())
        undo.callback(watching.cancel)
        tenant = await Tenant.create(bed.services)
        undo.push_async_callback(tenant.close)
        ledger = Ledger(folder / "ledger.jsonl")
        undo.callback(ledger.close)
        sdk = Sdk(bed.services.ingestor.url, tenant.server_key, ledger, plan)
        undo.push_async_callback(sdk.close)
        edges = tuple(EdgeClient(each.url, tenant.server_key) for each in bed.edges)
        for edge in edges:
            undo.push_async_callback(edge.close)
            await _until_served(edge, tenant.version)
        bus = await JetStreamBus.connect(bed.stack.nats_url, name="chaos")
        undo.push_async_callback(bus.close)
        population = Population(plan.chance("population"), "user", edges[0].variant)
        yield Harness(plan, bed, supervisor, tenant, ledger, sdk, edges, population, bus)


async def _until_served(edge: EdgeClient, version: int) -> None:
    async with asyncio.timeout(30):
        while (await edge.environment() or (0, ""))[0] < version:
            await asyncio.sleep(0.05)
