"""Verdicts from the bus: each acted on once, told as an incident, and refused where it is of an older term."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from control_plane.database import EVERY_TENANT, Database
from control_plane.rollouts.automation import RolloutAutomation
from control_plane.rollouts.records import RolloutParts
from control_plane.verdicts.intake import VerdictIntake
from control_plane.verdicts.telemetry import VerdictTelemetry
from messages.subjects import VERDICTS, verdicts_stream, verdicts_subject
from messages.verdicts import FindingArm, FindingState, GuardFinding, Verdict, VerdictAction, verdict_payload
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.problems import Unavailable
from streams import BatchConsumer
from streams.memory import MemoryBus

from tests.control_plane.rollouts.conftest import ROLLOUT

METRIC = {"key": "purchases", "name": "Purchases", "aggregation": "conversion", "event": "purchase"}
GUARDS = [
    {"id": "back", "metric": "purchases", "margin": 0.1, "action": "roll_back"},
    {"id": "stop", "metric": "purchases", "margin": 0.1, "action": "hold"},
    {"id": "tell", "built_in": "sdk_errors", "action": "notify"},
]
STREAM = verdicts_stream()


def finding(guard: str, action: VerdictAction = VerdictAction.NONE) -> GuardFinding:
    harmed = action is not VerdictAction.NONE
    return GuardFinding(
        guard=guard,
        state=FindingState.HARMED if harmed else FindingState.HEALTHY,
        statistic="live",
        sentence="Purchases fell by 20 %.",
        action=action,
        new=FindingArm(1000, 0.08),
        rest=FindingArm(9000, 0.1),
        estimate=-0.02,
        lower=-0.03,
        upper=-0.01,
        p=0.001,
        alpha_used=0.0167,
    )


class Monitor:
    """Publishes verdicts as the monitor does, and has the control plane take them."""

    def __init__(self, bus: MemoryBus, intake: VerdictIntake, rollout: dict[str, Any], environment: str) -> None:
        self._bus, self._intake = bus, intake
        self.rollout, self.environment, self.epoch = rollout["id"], environment, 7

    async def says(self, revision: int, *findings: GuardFinding, **changes: Any) -> None:
        await self.publishes(revision, *findings, **changes)
        await self.taken()

    async def publishes(self, revision: int, *findings: GuardFinding, **changes: Any) -> None:
        action = max((each.action for each in findings), default=VerdictAction.NONE)
        given: dict[str, Any] = {
            "environment_id": self.environment,
            "rollout_id": self.rollout,
            "revision": revision,
            "epoch": self.epoch,
            "looked_at": 1_767_607_200_000,
            "monitor_id": "monitor-1",
            "action": action,
            "findings": findings,
        }
        said = Verdict(**given | changes)
        await self._bus.publish(verdicts_subject(said.environment_id, said.rollout_id), verdict_payload(said))

    async def taken(self) -> None:
        consumer = await self._consumer()
        while await consumer.pending():
            await self._intake.turn(consumer, 0)

    async def takes(self, number: int) -> None:
        """So many, whatever comes of them; waits for what was put back."""
        consumer = await self._consumer()
        for _ in range(number):
            await self._intake.turn(consumer, 10)

    async def _consumer(self) -> BatchConsumer:
        return await self._bus.pull(
            VERDICTS, "rulings", filter_subject="verdicts.>", ack_wait_seconds=30, max_ack_pending=10
        )


@pytest.fixture
async def bus() -> MemoryBus:
    made = MemoryBus()
    await made.ensure_stream(STREAM)
    return made


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def intake(
    database: Database, bus: MemoryBus, clock: ManualClock, parts: RolloutParts, registry: CollectorRegistry
) -> VerdictIntake:
    return VerdictIntake(
        database=database,
        bus=bus,
        stream=STREAM,
        clock=clock,
        rollouts=RolloutAutomation(parts),
        telemetry=VerdictTelemetry(registry),
    )


@pytest.fixture
async def path(tenant: Any, rollouts: str) -> str:
    """Of a guarded rollout that runs, at revision 2."""
    await tenant.api.ok("POST", f"/projects/{tenant.project}/metrics", METRIC)
    await tenant.api.ok("POST", rollouts, ROLLOUT | {"guards": GUARDS})
    await tenant.api.ok("POST", f"{rollouts}/ship-it/start")
    return f"{rollouts}/ship-it"


@pytest.fixture
async def monitor(tenant: Any, path: str, bus: MemoryBus, intake: VerdictIntake) -> Monitor:
    environment = (await tenant.api.ok("GET", tenant.path))["id"]
    return Monitor(bus, intake, await tenant.api.ok("GET", path), environment)


async def incidents(tenant: Any) -> list[Any]:
    return list((await tenant.api.ok("GET", f"{tenant.path}/incidents"))["items"])


async def state(tenant: Any, path: str) -> tuple[str, int]:
    told = await tenant.api.ok("GET", path)
    return told["state"], told["version"]


async def test_a_rollout_whose_project_is_held_keeps_no_other_waiting(
    tenant: Any, path: str, monitor: Monitor, database: Database, registry: CollectorRegistry
) -> None:
    await monitor.publishes(2, finding("back", VerdictAction.ROLL_BACK))
    await monitor.publishes(2, finding("back"), rollout_id=str(uuid4()))
    async with database.transaction(tenancy=EVERY_TENANT) as tx:
        await tx.execute("SELECT FROM projects WHERE id = $1 FOR UPDATE", UUID(str(tenant.project)))
        await monitor.takes(2)
    refused = {
        reason: registry.get_sample_value("verdict_guard_verdicts_refused_total", {"reason": reason})
        for reason in ("busy", "unknown_rollout")
    }
    assert refused == {"busy": 1, "unknown_rollout": 1}
    assert await state(tenant, path) == ("running", 2)
    await monitor.takes(1)
    assert await state(tenant, path) == ("rolled_back", 3)


class NoDatabase:
    """One that is away."""

    def transaction(self, **_: Any) -> Any:
        raise Unavailable("away")


async def test_how_long_verdicts_wait_is_told_while_none_can_be_taken(
    bus: MemoryBus, parts: RolloutParts, registry: CollectorRegistry
) -> None:
    consumer = await bus.pull(VERDICTS, "rulings", filter_subject="verdicts.>", ack_wait_seconds=30, max_ack_pending=10)
    environment, rollout = str(uuid4()), {"id": str(uuid4())}
    away: Any = NoDatabase()
    intake_of = partial(
        VerdictIntake, bus=bus, stream=STREAM, rollouts=RolloutAutomation(parts), telemetry=VerdictTelemetry(registry)
    )
    await Monitor(bus, intake_of(database=away, clock=ManualClock(0)), rollout, environment).publishes(1)
    noted = await consumer.oldest_pending_at()
    assert noted is not None
    with pytest.raises(Unavailable):
        await intake_of(database=away, clock=ManualClock(noted + 40_000)).turn(consumer, 0)
    assert registry.get_sample_value("verdict_guard_verdicts_waiting_age_seconds") == 40


async def test_harm_rolls_back_once_with_its_figures(tenant: Any, path: str, settings: str, monitor: Monitor) -> None:
    back, stop = finding("back", VerdictAction.ROLL_BACK), finding("stop", VerdictAction.HOLD)
    await monitor.publishes(2, back, stop, finding("tell"))
    # Sent again, as after an acknowledgement that was lost.
    await monitor.says(2, back, stop, finding("tell"))
    assert await state(tenant, path) == ("rolled_back", 3)
    assert (await tenant.api.ok("GET", settings))["default"] == {"variation": "old"}
    opened = await incidents(tenant)
    assert {(each["guard"], each["action"], each["done"]) for each in opened} == {
        ("back", "roll_back", "rolled_back"),
        ("stop", "hold", "rolled_back"),
    }
    assert [each["id"] for each in (await tenant.api.ok("GET", f"{path}/incidents"))["items"]] == [
        each["id"] for each in opened
    ]
    one = await tenant.api.ok("GET", f"{tenant.path}/incidents/{opened[0]['id']}")
    assert (one["share"], one["finding"]["estimate"], one["finding"]["new"]["units"], one["told"]) == (
        10, -0.02, 1000, [],
    )  # fmt: skip
    entries = (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?limit=4"))["items"]
    assert [(each["entity"], each["action"]) for each in entries] == [
        ("incident", "open"),
        ("incident", "open"),
        ("rollout", "roll_back"),
        ("flag_settings", "update"),
    ]
    assert {(each["actor"]["kind"], each["actor"]["name"]) for each in entries} == {("system", "rollout ship-it")}
    assert entries[0]["reason"] == "back: Purchases fell by 20 %.; stop: Purchases fell by 20 %."
    figures = entries[2]["after"]["cause"]["figures"]
    assert (figures["epoch"], [each["guard"] for each in figures["findings"]]) == (7, ["back", "stop"])


async def test_who_resumes_what_a_guard_held_has_overruled_it(
    tenant: Any, path: str, monitor: Monitor, clock: ManualClock, schedule: Callable[..., Awaitable[None]]
) -> None:
    held = finding("stop", VerdictAction.HOLD)
    await monitor.says(2, held)
    assert await state(tenant, path) == ("held", 3)
    await monitor.says(3, held)
    await tenant.api.ok("POST", f"{path}/resume")
    # Of before somebody decided; then of after.
    await monitor.says(3, held)
    await monitor.says(4, held)
    assert (await state(tenant, path), len(await incidents(tenant))) == (("running", 4), 1)
    clock.advance(600)
    await schedule()
    assert await state(tenant, path) == ("running", 4)
    await monitor.says(4, held, looked_at=clock.now())
    await schedule()
    assert await state(tenant, path) == ("running", 5)
    # Well again, and worse again: it holds once more.
    await monitor.says(5, finding("stop"))
    await monitor.says(5, held)
    assert await state(tenant, path) == ("held", 6)
    assert [each["recovered_at"] is None for each in await incidents(tenant)] == [True, False]


async def test_a_verdict_of_an_older_term_is_refused(
    tenant: Any, path: str, monitor: Monitor, registry: CollectorRegistry
) -> None:
    await monitor.says(2, finding("back"))
    await monitor.says(2, finding("back", VerdictAction.ROLL_BACK), epoch=6)
    assert await state(tenant, path) == ("running", 2)
    assert registry.get_sample_value("verdict_guard_verdicts_refused_total", {"reason": "fenced"}) == 1
    told = await tenant.api.ok("GET", f"{path}/verdict")
    assert (told["epoch"], told["action"], told["outcome"]) == (7, "none", "quiet")


async def test_a_verdict_counts_over_steps_and_not_over_decisions(
    tenant: Any, path: str, monitor: Monitor, clock: ManualClock, schedule: Callable[..., Awaitable[None]]
) -> None:
    clock.advance(600)
    await monitor.says(2, finding("back"), looked_at=clock.now())
    await schedule()
    await tenant.api.ok("POST", f"{path}/pause")
    await tenant.api.ok("POST", f"{path}/resume")
    assert await state(tenant, path) == ("running", 5)
    await monitor.says(4, finding("back", VerdictAction.ROLL_BACK))
    assert (await tenant.api.ok("GET", f"{path}/verdict"))["outcome"] == "overtaken"
    clock.advance(600)
    await monitor.says(5, finding("back"), looked_at=clock.now())
    await schedule()
    assert await state(tenant, path) == ("running", 6)
    await monitor.says(5, finding("back", VerdictAction.ROLL_BACK))
    assert await state(tenant, path) == ("rolled_back", 7)


async def test_telling_changes_nothing_and_is_done_once(tenant: Any, path: str, monitor: Monitor) -> None:
    await monitor.says(2, finding("tell", VerdictAction.NOTIFY))
    await monitor.says(2, finding("tell", VerdictAction.NOTIFY))
    assert await state(tenant, path) == ("running", 2)
    assert [(each["guard"], each["done"]) for each in await incidents(tenant)] == [("tell", "told")]


async def test_what_is_no_verdict_of_here_stops_nothing(
    tenant: Any, path: str, bus: MemoryBus, monitor: Monitor, registry: CollectorRegistry
) -> None:
    asked = finding("back", VerdictAction.ROLL_BACK)
    await bus.publish(verdicts_subject(monitor.environment, monitor.rollout), b"\xff")
    await monitor.publishes(2, asked, rollout_id=str(uuid4()))
    await monitor.publishes(2, asked, rollout_id="none")
    await monitor.publishes(2, asked, environment_id=str(uuid4()))
    await monitor.publishes(2, asked, looked_at=2**62)
    await monitor.publishes(2, asked, epoch=2**63)
    await monitor.taken()
    assert await state(tenant, path) == ("running", 2)
    counts = {
        reason: registry.get_sample_value("verdict_guard_verdicts_refused_total", {"reason": reason})
        for reason in ("unreadable", "unknown_rollout", "another_environment")
    }
    assert counts == {"unreadable": 4, "unknown_rollout": 1, "another_environment": 1}
    assert (await tenant.api("GET", f"{path}/verdict")).status_code == 404
