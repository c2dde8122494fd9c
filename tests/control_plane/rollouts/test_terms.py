"""Who takes what is scheduled: one at a time, by a lease that runs out, in terms that end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from control_plane.database import EVERY_TENANT, SCHEDULE_CONNECTIONS, Database
from control_plane.publishing.lease import Lease
from control_plane.rollouts.records import RolloutParts
from control_plane.rollouts.scheduler import RolloutScheduler
from control_plane.rollouts.telemetry import RolloutTelemetry
from control_plane.schedule_work import Turns
from service_kit.clock import ManualClock
from service_kit.problems import Unavailable
from service_kit.telemetry import new_registry

from tests.control_plane.rollouts.conftest import FLAG, ROLLOUT
from tests.control_plane.rollouts.test_rollouts import begun


class Replica:
    """A scheduler that may be frozen within its turn, after it took the lease and before it takes the steps."""

    def __init__(self, database: Database, parts: RolloutParts) -> None:
        self.registry = new_registry()
        self.telemetry = RolloutTelemetry(self.registry)
        self._scheduler = RolloutScheduler(database, parts, self.telemetry)
        self.turns = Turns(Lease(database, "schedule"), [self.take], self.telemetry)
        self.frozen_at: int | None = None
        self.freezes = False

    async def take(self, epoch: int) -> None:
        if self.freezes:
            self.frozen_at = epoch
            return
        await self._scheduler.take_all(epoch)

    async def thaw(self) -> None:
        assert self.frozen_at is not None
        await self._scheduler.take_all(self.frozen_at)


@pytest.fixture
async def replica(postgres_url: str, parts: RolloutParts, clock: ManualClock) -> AsyncIterator[Callable[[], Replica]]:
    """Makes one, with connections as schedulers have them."""
    connections = Database(postgres_url, clock, SCHEDULE_CONNECTIONS)
    await connections.open()
    yield lambda: Replica(connections, parts)
    await connections.close()


async def run_out(database: Database) -> None:
    """As time does with a lease that nobody renews."""
    async with database.transaction(tenancy=EVERY_TENANT) as tx:
        await tx.execute("UPDATE leases SET expires_at = clock_timestamp() - interval '1 s' WHERE name = 'schedule'")


async def test_one_takes_the_steps_and_another_one_when_it_has_died(
    tenant: Any, rollouts: str, database: Database, replica: Any, clock: ManualClock
) -> None:
    path = await begun(tenant, rollouts)
    first, second = replica(), replica()
    clock.advance(600)
    assert await first.turns.turn() == 1
    assert await second.turns.turn() is None
    assert (await tenant.api.ok("GET", path))["step"] == 2
    await run_out(database)
    clock.advance(600)
    assert await second.turns.turn() == 2
    assert await first.turns.turn() is None
    assert (await tenant.api.ok("GET", path))["step"] == 3


async def test_a_frozen_one_takes_no_step_when_it_wakes(
    tenant: Any, rollouts: str, database: Database, replica: Any, clock: ManualClock
) -> None:
    path = await begun(tenant, rollouts)
    zombie, heir = replica(), replica()
    zombie.freezes = True
    assert await zombie.turns.turn() == 1
    await run_out(database)
    assert await heir.turns.turn() == 2
    clock.advance(600)
    with pytest.raises(Exception, match="another scheduler has begun its term"):
        await zombie.thaw()
    assert (await tenant.api.ok("GET", path))["step"] == 1
    await heir.turns.turn()
    assert (await tenant.api.ok("GET", path))["step"] == 2


async def test_a_step_of_an_ended_term_is_counted(
    tenant: Any, rollouts: str, database: Database, replica: Any, clock: ManualClock
) -> None:
    path = await begun(tenant, rollouts)
    zombie = replica()
    clock.advance(600)

    async def meanwhile(_: int) -> None:
        async with database.transaction(tenancy=EVERY_TENANT) as tx:
            await tx.execute("UPDATE leases SET epoch = epoch + 1 WHERE name = 'schedule'")

    zombie.turns = Turns(Lease(database, "schedule"), [meanwhile, zombie.take], zombie.telemetry)
    await zombie.turns.turn()
    assert zombie.registry.get_sample_value("verdict_rollout_steps_total", {"outcome": "fenced"}) == 1
    assert (await tenant.api.ok("GET", path))["step"] == 1


async def test_a_scheduler_that_is_frozen_in_a_step_gives_the_project_free(
    tenant: Any, postgres_url: str, database: Database, clock: ManualClock
) -> None:
    assert SCHEDULE_CONNECTIONS.idle <= 5
    frozen = Database(postgres_url, clock, replace(SCHEDULE_CONNECTIONS, idle=0.1))
    await frozen.open()
    lock = "SELECT FROM projects WHERE key = $1 FOR UPDATE"
    with pytest.raises(Unavailable):
        async with frozen.transaction(tenancy=EVERY_TENANT) as step:
            await step.execute(lock, "shop")
            async with database.transaction(tenancy=EVERY_TENANT) as tx:
                assert await tx.execute(lock, "shop") == "SELECT 1"
            await step.execute(lock, "shop")
    await frozen.close()


async def test_what_fails_of_one_rollout_holds_up_no_other(
    tenant: Any, rollouts: str, settings: str, database: Database, replica: Any, clock: ManualClock
) -> None:
    rule = {"id": "pros", "if": {"attribute": "plan", "operator": "exists"}, "then": {"variation": "old"}}
    await tenant.api.changed("PATCH", settings, {"rules": [rule]})
    broken, other = await begun(tenant, rollouts), await begun(tenant, rollouts, key="other", rule="pros")
    async with database.transaction(tenancy=EVERY_TENANT) as tx:
        await tx.execute("UPDATE rollouts SET original = '{}' WHERE key = $1", ROLLOUT["key"])
    clock.advance(600)
    await replica().turns.turn()
    told = await tenant.api.ok("GET", broken)
    assert (told["state"], told["cause"]["code"]) == ("held", "internal_error")
    assert (await tenant.api.ok("GET", other))["step"] == 2


async def test_a_project_that_is_held_is_waited_for_once_in_a_look(
    tenant: Any, rollouts: str, make_tenant: Any, database: Database, replica: Any, clock: ManualClock
) -> None:
    others = await make_tenant("beside")
    for number in range(3):
        await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", {**FLAG, "key": f"flag-{number}"})
        await begun(tenant, rollouts, key=f"held-{number}", flag=f"flag-{number}")
    await others.api.ok("POST", f"/projects/{others.project}/flags", FLAG)
    clock.advance(1)
    beside = await begun(others, f"{others.path}/rollouts")
    clock.advance(600)
    first = replica()
    async with database.transaction(tenancy=EVERY_TENANT) as tx:
        await tx.execute("SELECT FROM projects WHERE id = $1 FOR UPDATE", UUID(str(tenant.project)))
        await first.turns.turn()
    assert (await others.api.ok("GET", beside))["step"] == 2
    assert first.registry.get_sample_value("verdict_rollout_steps_total", {"outcome": "failed"}) == 1
    await first.turns.turn()
    steps = [(await tenant.api.ok("GET", f"{rollouts}/held-{number}"))["step"] for number in range(3)]
    assert steps == [2, 2, 2]
