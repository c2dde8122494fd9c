"""Who leaves the lease to whom: relays on one database, each with a bus of its own that may be cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from control_plane.database import Database
from control_plane.publishing.candidacy import Candidacy, Reach
from control_plane.publishing.candidates import Candidates
from control_plane.publishing.relay import Relay
from control_plane.publishing.telemetry import RelayTelemetry
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from streams.memory import MemoryBus

LOOK = 0.4


class One:
    """A relay that would lead, whose time is told here."""

    def __init__(self, database: Database, clock: ManualClock, *, silent: bool = False) -> None:
        self.bus = MemoryBus()
        self.registry = CollectorRegistry()
        self.clock = clock
        self.silent = silent
        self.relay = Relay(database=database, bus=self.bus, clock=clock, telemetry=RelayTelemetry(self.registry))

    async def look(self) -> None:
        """As an older version where it is `silent`: that says nothing of NATS, and asks nobody."""
        if not self.silent:
            await self.relay._candidacy.look()
        await self.relay._try_turn()
        if self.relay._term is not None:
            await self.relay._term.turns.settle()

    @property
    def left(self) -> float:
        return self.registry.get_sample_value("verdict_relay_leases_left_total") or 0


class Both:
    """Two of them, `first` leads. Time passes for them and for the database alike."""

    def __init__(self, database: Database, *, silent: bool = False) -> None:
        self.database = database
        self.clock = ManualClock()
        self.first = One(database, self.clock)
        self.second = One(database, self.clock, silent=silent)

    async def after(self, seconds: float) -> list[str]:
        """Both look again and again for so long: who led after each look, without repetitions."""
        leaders: list[str] = []
        for _ in range(round(seconds / LOOK)):
            await self._pass(LOOK)
            for each in (self.first, self.second):
                await each.look()
            leading = "".join(name for name, each in (("1", self.first), ("2", self.second)) if each.relay.leading)
            if leading not in leaders[-1:]:
                leaders.append(leading)
        return leaders

    async def _pass(self, seconds: float) -> None:
        self.clock.advance(seconds)
        async with self.database.connection() as connection:
            passed = f"make_interval(secs => {seconds})"
            await connection.execute(
                f"UPDATE lease_candidates SET said_at = said_at - {passed}, reaches_since = reaches_since - {passed}"
            )
            await connection.execute(f"UPDATE leases SET expires_at = expires_at - {passed}")

    async def epoch(self) -> int:
        async with self.database.connection() as connection:
            epoch: int = await connection.fetchval("SELECT epoch FROM leases WHERE name = 'relay'")
        return epoch


@pytest.fixture
async def both(database: Database) -> AsyncIterator[Both]:
    made = Both(database)
    assert await made.after(8) == ["1"]
    yield made
    for each in (made.first, made.second):
        await each.relay._step_down()


async def test_who_is_cut_off_alone_leaves_the_lease_to_who_is_not(both: Both) -> None:
    both.first.bus.connected = False
    assert await both.after(4) == ["1", "2"]
    assert (both.first.left, both.second.left, await both.epoch()) == (1, 0, 2)
    # It stays there, also when the first one is back.
    assert await both.after(10) == ["2"]
    both.first.bus.connected = True
    assert await both.after(10) == ["2"]
    assert (both.first.left, both.second.left, await both.epoch()) == (1, 0, 2)


async def test_a_moment_without_nats_leaves_nothing(both: Both) -> None:
    for _ in range(5):
        both.first.bus.connected = False
        assert await both.after(1.6) == ["1"]
        both.first.bus.connected = True
        assert await both.after(0.8) == ["1"]
    assert await both.epoch() == 1


async def test_an_outage_of_nats_itself_leaves_the_term_as_it_is(both: Both) -> None:
    """Whoever is back first."""
    both.first.bus.connected = both.second.bus.connected = False
    assert await both.after(12) == ["1"]
    both.second.bus.connected = True
    assert await both.after(4) == ["1"]
    both.first.bus.connected = True
    assert await both.after(10) == ["1"]
    assert (both.first.left, await both.epoch()) == (0, 1)


async def test_without_another_candidate_it_goes_on(database: Database) -> None:
    both = Both(database)
    alone = both.first
    await alone.look()
    assert alone.relay.leading
    alone.bus.connected = False
    for _ in range(25):
        await both._pass(LOOK)
        await alone.look()
        assert alone.relay.leading
    assert (alone.left, await both.epoch()) == (0, 1)
    await alone.relay._step_down()


async def test_nothing_is_left_to_a_candidate_that_says_nothing(database: Database) -> None:
    both = Both(database, silent=True)
    assert await both.after(8) == ["1"]
    both.first.bus.connected = False
    assert await both.after(10) == ["1"]
    assert both.first.left == 0
    await both.first.relay._step_down()


async def test_nothing_is_left_to_who_has_just_died(both: Both) -> None:
    both.second.silent = True
    assert await both.after(3.2) == ["1"]
    both.first.bus.connected = False
    assert await both.after(10) == ["1"]


async def test_two_that_flicker_do_not_hand_it_to_and_fro(both: Both) -> None:
    """Each is away for three seconds of six, the one while the other is there."""
    changes: list[str] = []
    for number in range(8):
        both.first.bus.connected, both.second.bus.connected = number % 2 == 0, number % 2 == 1
        changes += await both.after(3.2)
    assert len([each for each, before in zip(changes[1:], changes, strict=False) if each != before]) <= 1
    assert both.first.left + both.second.left <= 1


async def test_who_begins_cut_off_leaves_a_lease_that_it_can_not_use(database: Database) -> None:
    both = Both(database)
    both.first.bus.connected = False
    assert (await both.after(12))[-1] == "2"
    assert both.first.left == 1
    await both.second.relay._step_down()


async def test_nothing_is_left_while_the_database_does_not_say_to_whom(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(self: Candidates, *, reaches: bool) -> bool:
        raise OSError

    monkeypatch.setattr(Candidates, "say", away)
    both.first.bus.connected = False
    assert await both.after(10) == ["1"]


async def test_whoever_is_gone_is_forgotten(both: Both) -> None:
    async def known() -> int:
        async with both.database.connection() as connection:
            count: int = await connection.fetchval("SELECT count(*) FROM lease_candidates")
        return count

    assert await known() == 2
    both.second.silent = True
    await both.after(64)
    assert await known() == 1
    await both.first.relay._candidates.withdraw()
    assert await known() == 0


async def test_a_process_that_was_paused_is_not_cut_off(database: Database) -> None:
    """The attempt that it was paused in is unanswered and long ago; the next one says."""
    clock, reach = ManualClock(), Reach()
    reach.note(clock.monotonic(), answered=False)
    clock.advance(60)
    assert not reach.cut_off(clock.monotonic())
    reach.note(clock.monotonic(), answered=True)
    reach.note(clock.monotonic(), answered=False)
    clock.advance(1.9)
    reach.note(clock.monotonic(), answered=False)
    assert not reach.cut_off(clock.monotonic())
    clock.advance(0.1)
    assert reach.cut_off(clock.monotonic())


async def test_a_look_that_waits_for_nats_keeps_no_lease(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a turn waits for, it ends when the lease has to be left."""
    waiting = asyncio.Event()

    async def waits(self: Relay) -> None:
        waiting.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Relay, "_look", waits)
    turn = asyncio.create_task(both.first.relay._try_turn())
    await waiting.wait()
    both.first.bus.connected = False
    candidacy: Candidacy = both.first.relay._candidacy
    while not candidacy.outdone:
        await both._pass(LOOK)
        await both.second.relay._candidacy.look()
        await candidacy.look()
    await turn
    assert (both.first.relay.leading, both.first.left) == (False, 1)
