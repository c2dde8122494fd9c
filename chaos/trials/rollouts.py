"""Rollouts go on, and back, while schedulers and monitors are killed and frozen: each step once, nothing stuck."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from chaos.edge_client import EdgeClient
from chaos.harness import Harness
from chaos.leaders import Leaders, Told, anywhere
from chaos.project_lock import project_held
from chaos.promises import Promise
from chaos.rollout_units import METRIC, RolloutUnits
from chaos.timelines import faults_of, steps_taken
from chaos.waiting import until
from devstack.services import DATABASE

_ENDED_SECONDS = 120.0
_AGAIN_SECONDS = 0.2
_AT_A_TIME = 3
_SHARES = (5, 10, 20, 40, 70, 100)
_GUARDED_SHARES = (20, 50, 100)
_HELD_SHARES = (50, 100)
_ROLLOUTS = "environments/production/rollouts"
_SCHEDULER = Told("verdict_schedule_leading", 'verdict_rollout_steps_total{outcome="fenced"}')
_MONITOR = Told("verdict_monitor_term_held", 'verdict_monitor_verdicts_total{outcome="refused"}')


@dataclass(frozen=True, slots=True)
class _Planned:
    """One rollout, on a flag of its own that has its key. `end`: the state in which it has to end."""

    key: str
    shares: tuple[int, ...]
    guarded: bool = False
    end: str = "completed"

    @property
    def harmful(self) -> bool:
        return self.end == "rolled_back"


async def rollouts(harness: Harness) -> list[Promise]:
    """Starts rollouts and takes the one that leads away, again and again, then reads every timeline."""
    times = harness.plan.takeovers
    plain = [[_Planned(f"rollout-{n}-{m}", _SHARES) for m in range(_AT_A_TIME)] for n in range(times)]
    guarded = [
        [
            _Planned(f"healthy-{n}", _GUARDED_SHARES, guarded=True),
            _Planned(f"harmful-{n}", _HELD_SHARES, guarded=True, end="rolled_back"),
        ]
        for n in range(times)
    ]
    planned = [each for batch in (*plain, *guarded) for each in batch]
    await harness.tenant.make(
        "metrics", {"key": METRIC, "name": "Orders", "aggregation": "conversion", "event": METRIC}
    )
    for each in planned:
        await _plan(harness, each)
    units = RolloutUnits(harness.tenant, harness.edges[0], harness.bed.services.ingestor.url)
    async with _leaders(harness) as (schedulers, monitors), units.coming():
        await asyncio.gather(
            _through(harness, schedulers, "scheduler", plain), _through(harness, monitors, "monitor", guarded)
        )
        states = await _ended(harness, planned)
    return await _promises(harness, planned, states, (schedulers, monitors))


@asynccontextmanager
async def _leaders(harness: Harness) -> AsyncIterator[tuple[Leaders, Leaders]]:
    """Two schedulers, while the control plane takes no steps itself, and two monitors."""
    bed, control_plane = harness.bed, harness.bed.services.control_plane
    first, second = await asyncio.to_thread(bed.new_schedulers)
    monitor = bed.new_monitor()
    database_url = await asyncio.to_thread(bed.stack.postgres.ensure_database, DATABASE)
    async with AsyncExitStack() as undo:
        async with harness.supervisor.down(control_plane.name):
            control_plane.environment["FF_SCHEDULE_ENABLED"] = "false"
        undo.callback(control_plane.environment.pop, "FF_SCHEDULE_ENABLED")
        await undo.enter_async_context(
            harness.supervisor.beside({each.name: each for each in (first, second, monitor)})
        )
        await harness.supervisor.all_ready()
        midst = partial(project_held, database_url, harness.tenant.project)
        schedulers = Leaders(harness.supervisor, (first, second), _SCHEDULER, midst)
        undo.push_async_callback(schedulers.close)
        monitors = Leaders(harness.supervisor, (bed.services.monitor, monitor), _MONITOR, anywhere)
        undo.push_async_callback(monitors.close)
        yield schedulers, monitors


async def _plan(harness: Harness, planned: _Planned) -> None:
    tenant = harness.tenant
    await tenant.create_flag(planned.key)
    body: dict[str, Any] = {"key": planned.key, "flag": planned.key, "variation": "on"}
    seconds = 3600 if planned.harmful else 1
    body["plan"] = {"steps": [{"share": share, "hold_seconds": seconds} for share in planned.shares]}
    if planned.guarded:
        await tenant.change(f"flags/{planned.key}/environments/production", {"report_exposures": True})
        guard = {"id": METRIC, "metric": METRIC, "margin": 0.01, "action": "roll_back", "window_seconds": 1}
        body["guards"] = [guard]
    await tenant.make(_ROLLOUTS, body)


async def _through(harness: Harness, leaders: Leaders, part: str, batches: list[list[_Planned]]) -> None:
    for takeover, batch in zip(harness.plan.takeovers_of(part), batches, strict=True):
        for each in batch:
            await _start(harness, each)
        await asyncio.sleep(takeover.after)
        await leaders.take_over(takeover)


async def _start(harness: Harness, planned: _Planned) -> None:
    """Again while the project is held."""
    while True:
        try:
            await harness.tenant.act(f"{_ROLLOUTS}/{planned.key}/start")
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.CONFLICT:
                return
            if error.response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                raise
            await asyncio.sleep(_AGAIN_SECONDS)
        except httpx.TransportError:
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return


async def _ended(harness: Harness, planned: list[_Planned]) -> dict[str, str]:
    """The state of each, when all have ended or the patience has."""
    states: dict[str, str] = {}

    async def ended() -> bool:
        for each in planned:
            if states.get(each.key) not in ("completed", "rolled_back"):
                states[each.key] = (await harness.tenant.read(f"{_ROLLOUTS}/{each.key}"))["state"]
                if states[each.key] not in ("completed", "rolled_back"):
                    return False
        return True

    with suppress(TimeoutError):
        await until(ended, _ENDED_SECONDS, poll_seconds=1.0)
    return states


async def _promises(
    harness: Harness, planned: list[_Planned], states: dict[str, str], leaders: tuple[Leaders, Leaders]
) -> list[Promise]:
    schedulers, monitors = leaders
    wrong: list[str] = []
    steps = 0
    for each in planned:
        entries = (await harness.tenant.read(f"{_ROLLOUTS}/{each.key}/timeline"))["items"]
        steps += steps_taken(entries)
        wrong += [f"{each.key}: {fault}" for fault in faults_of(entries, each.shares, one_by_one=each.guarded)]
    stuck = [each.key for each in planned if states.get(each.key) != each.end]
    incidents = await _incidents(harness)
    harmful = [each for each in planned if each.harmful]
    doubled = [key for key, count in incidents.items() if count > 1]
    others = sorted(incidents.keys() ^ {each.key for each in harmful})
    stale = await _stale(harness, planned)
    return [
        Promise(
            "each step of a rollout is taken once",
            f"{len(planned)} rollouts, the scheduler that leads killed {schedulers.kills} times, and frozen "
            f"{schedulers.zombies} times in the middle of a step until another one led",
            "; ".join(wrong[:3])
            or f"{steps} steps, 0 twice, 0 out of order; {schedulers.refused} of who woke up were refused; "
            f"{stale} flags served otherwise",
            not wrong and not stale and schedulers.zombies > 0,
        ),
        Promise(
            "no rollout stands still because a leader is gone",
            "the same rollouts",
            f"{len(planned) - len(stuck)} of {len(planned)} ended as they had to"
            + (f"; {', '.join(f'{key} is {states.get(key)}' for key in stuck[:3])}" if stuck else ""),
            not stuck,
        ),
        Promise(
            "a guard acts once",
            f"{len(harmful)} rollouts that lose conversions, {len(harmful)} that don't, the monitor that leads killed "
            f"{monitors.kills} times, and frozen {monitors.zombies} times until another one led",
            f"{sum(incidents.values())} incidents, {len(doubled)} of them again, {len(others)} too many or missing; "
            f"{monitors.refused} verdicts of who woke up were refused",
            not doubled and not others and monitors.zombies > 0,
        ),
    ]


async def _incidents(harness: Harness) -> Counter[str]:
    """Those in which something was rolled back, by rollout."""
    found: Counter[str] = Counter()
    for done, rollout in [
        (each["done"], each["rollout"])
        for each in (await harness.tenant.read("environments/production/incidents?limit=100"))["items"]
    ]:
        found[rollout if done == "rolled_back" else f"{rollout} {done}"] += 1
    return found


async def _stale(harness: Harness, planned: list[_Planned]) -> int:
    """Flags that some edge does not serve as their rollout ended."""
    return sum([await _differs(edge, each) for each in planned for edge in harness.edges])


async def _differs(edge: EdgeClient, planned: _Planned) -> bool:
    expected = "off" if planned.harmful else "on"

    async def served() -> bool:
        answer = await edge.evaluate("anyone", planned.key)
        return answer is not None and answer.json().get("variant") == expected

    try:
        await until(served, 10)
    except TimeoutError:
        return True
    return False
