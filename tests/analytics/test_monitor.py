"""The monitor has a term, says what it found, and nothing once another one has one; each rollout stands by itself."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Metric
from analytics.catalog.rollouts import Guard, GuardedRollout, Stage
from analytics.monitoring.looks import Looker
from analytics.monitoring.monitor import RESTATED_SECONDS, Monitor, MonitorOptions, MonitorParts
from analytics.monitoring.observations import Measured, Observation
from analytics.monitoring.telemetry import MonitorTelemetry
from analytics.monitoring.term import Term, TermLost
from messages.aggregations import AGGREGATIONS
from messages.subjects import MONITOR_TERM, VERDICTS, verdicts_stream, verdicts_subject
from messages.verdicts import FindingState, Verdict, VerdictAction, verdict_of
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from stats import BinarySummary
from streams.memory import MemoryBus

NOW = 1_000_000
METRIC = Metric("m1", "orders", "Orders", AGGREGATIONS["conversion"], higher_is_better=True, event="order")
ROLLOUT = GuardedRollout(
    id="r1",
    key="new-checkout",
    environment_id="e1",
    flag="checkout",
    rule="",
    variation="on",
    state="running",
    revision=2,
    stages=(Stage(5_000, 0, None),),
    guards=(Guard("g1", VerdictAction.ROLL_BACK, "orders", margin=0.02),),
    alpha=0.05,
    by_unit=False,
)
HEALTHY = Measured({0: (BinarySummary(1_000, 100), BinarySummary(1_000, 100))})
HARMED = Measured({0: (BinarySummary(1_000, 20), BinarySummary(1_000, 100))})


class Looks(Looker):
    """Answers with what stands in `measured`; an exception is raised."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.measured: dict[str, Measured | Exception] = {}

    async def look(self, organization_id: str, rollout: GuardedRollout, metrics: Any) -> Observation:
        found = self.measured.get(rollout.id, HEALTHY)
        if isinstance(found, Exception):
            raise found
        return Observation(self._clock.now(), self._clock.now(), {0: (1_000, 1_000)}, 1, {"g1": found})


class Stand:
    """One bus, one catalog, and a monitor after another."""

    def __init__(self) -> None:
        self.bus = MemoryBus()
        self.clock = ManualClock(NOW)
        self.catalog = Catalog()
        self.catalog.ready = True
        entries = self.catalog.entries("e1")
        entries.environment = Environment("e1", "production", "p1", "shop", "o1", "s", hash_user_keys=False)
        entries.metrics["orders"] = METRIC
        entries.rollouts[ROLLOUT.key] = ROLLOUT
        self.looks = Looks(self.clock)

    def monitor(self, name: str) -> tuple[Monitor, Term, CollectorRegistry]:
        registry, term = CollectorRegistry(), Term(self.bus, self.clock, name, 10.0)
        parts = MonitorParts(
            bus=self.bus,
            catalog=self.catalog,
            looker=self.looks,
            term=term,
            telemetry=MonitorTelemetry(registry),
            clock=self.clock,
        )
        return Monitor(parts, MonitorOptions()), term, registry

    async def looked(self, monitor: Monitor) -> None:
        await asyncio.gather(*monitor.tick())

    async def said(self, rollout_id: str = "r1") -> Verdict | None:
        last = await self.bus.last_message(VERDICTS, verdicts_subject("e1", rollout_id))
        return verdict_of(last.payload) if last else None


@pytest.fixture
async def stand(monkeypatch: pytest.MonkeyPatch) -> Stand:
    made = Stand()

    async def bus_time(_: str) -> int:
        # The bus stamps messages by the real clock.
        return time.time_ns() // 1_000_000 + made.clock.now() - NOW

    monkeypatch.setattr(made.bus, "time", bus_time)
    await made.bus.ensure_stream(verdicts_stream())
    return made


async def test_who_has_the_term_says_what_was_found_and_says_it_again_for_freshness(stand: Stand) -> None:
    monitor, term, registry = stand.monitor("a")
    await stand.looked(monitor)
    assert await stand.said() is None
    await term.strive()
    await stand.looked(monitor)
    said = await stand.said()
    assert said is not None
    assert (said.revision, said.monitor_id, said.epoch, said.action) == (2, "a", term.epoch, VerdictAction.NONE)
    assert [each.state for each in said.findings] == [FindingState.HEALTHY]
    for passed, published in ((1.0, 1), (5.0, 1), (RESTATED_SECONDS, 2)):
        stand.clock.advance(passed)
        await term.strive()
        await stand.looked(monitor)
        assert registry.get_sample_value("verdict_monitor_verdicts_total", {"outcome": "published"}) == published
    stand.catalog.entries("e1").rollouts[ROLLOUT.key] = replace(ROLLOUT, revision=3)
    stand.clock.advance(5.0)
    await term.strive()
    await stand.looked(monitor)
    said = await stand.said()
    assert said is not None
    assert said.revision == 3


async def test_harm_asks_for_what_the_guard_says_and_stays_shown_by_the_next_monitor(stand: Stand) -> None:
    first, term, _ = stand.monitor("a")
    await term.strive()
    stand.looks.measured["r1"] = HARMED
    await stand.looked(first)
    said = await stand.said()
    assert said is not None
    assert (said.action, said.findings[0].state) == (VerdictAction.ROLL_BACK, FindingState.HARMED)
    await term.release()
    second, later, _ = stand.monitor("b")
    await later.strive()
    assert later.epoch > term.epoch
    stand.looks.measured["r1"] = Measured()
    await stand.looked(second)
    said = await stand.said()
    assert said is not None
    assert (said.monitor_id, said.findings[0].state) == ("b", FindingState.HARMED)
    entries = stand.catalog.entries("e1")
    entries.rollouts[ROLLOUT.key] = replace(ROLLOUT, guards=(replace(ROLLOUT.guards[0], margin=0.9),))
    stand.clock.advance(5.0)
    await later.strive()
    await stand.looked(second)
    said = await stand.said()
    assert said is not None
    assert said.findings[0].state is FindingState.INSUFFICIENT, "another margin is another hypothesis"


async def test_a_monitor_that_was_frozen_is_refused_by_the_bus_itself(stand: Stand) -> None:
    frozen, term, registry = stand.monitor("a")
    await term.strive()
    other, later, _ = stand.monitor("b")
    await later.strive()
    assert not later.held
    stand.clock.advance(11.0)
    await later.strive()
    assert (term.held, later.held) == (False, True)
    # As if it had looked at its clock before it was frozen.
    term._held_until = stand.clock.monotonic() + 1
    await stand.looked(frozen)
    assert await stand.said() is None
    assert registry.get_sample_value("verdict_monitor_verdicts_total", {"outcome": "refused"}) == 1
    with pytest.raises(TermLost):
        await term.publish(verdicts_subject("e1", "r1"), b"")
    await stand.looked(other)
    said = await stand.said()
    assert said is not None
    assert (said.monitor_id, said.epoch) == ("b", later.epoch)


async def test_a_renewal_whose_acknowledgement_was_lost_is_found_to_be_its_own(stand: Stand) -> None:
    _, term, _ = stand.monitor("a")
    await term.strive()
    known = term._sequence
    await term.strive()
    term._sequence = known
    await term.strive()
    assert term.held
    await term.strive()
    assert term.held
    last = await stand.bus.last_message(VERDICTS, MONITOR_TERM)
    assert last is not None
    assert last.sequence == term._sequence


@pytest.mark.parametrize("broken", [RuntimeError("strange"), TimeoutError()], ids=["strange", "late"])
async def test_one_rollout_that_fails_costs_no_other(stand: Stand, broken: Exception) -> None:
    stand.catalog.entries("e1").rollouts["other"] = replace(ROLLOUT, id="r2", key="other")
    stand.looks.measured["r1"] = broken
    monitor, term, registry = stand.monitor("a")
    await term.strive()
    await stand.looked(monitor)
    assert await stand.said("r1") is None
    assert await stand.said("r2") is not None
    assert registry.get_sample_value("verdict_monitor_looks_failed_total") == 1
    stand.clock.advance(30.0)
    await term.strive()
    monitor.tick()
    assert registry.get_sample_value("verdict_monitor_look_age_seconds") == 30.0


@pytest.mark.parametrize(
    "changed", [{"state": "completed"}, {"guards": ()}, {"stages": ()}], ids=["over", "no guards", "not begun"]
)
async def test_nothing_is_said_of_what_has_nothing_to_watch(stand: Stand, changed: dict[str, Any]) -> None:
    stand.catalog.entries("e1").rollouts[ROLLOUT.key] = replace(ROLLOUT, **changed)
    monitor, term, _ = stand.monitor("a")
    await term.strive()
    assert monitor.tick() == []
