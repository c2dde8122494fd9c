"""One fault after another: caused, told by its alerts, followed by their pages, mended, and at an end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field

from .hands import CommandOutcome
from .pace import alert_expressions
from .pages import FaultRow, fault_rows
from .prometheus import Firing
from .stage import Stage

Inflict = Callable[[Stage], AbstractAsyncContextManager[None]]
_LOOK_SECONDS = 0.25
_QUIET_SECONDS_MAX = 200.0
_SETTLES_SECONDS_MAX = 45.0
_FIRES_SECONDS_MAX = 160.0
"""At the pace of a tenth; the longest rules wait for a minute and a half after half a minute's window."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`key`: to choose it by; `done`: what is done; `fires`: alerts that must, `with_it`: those that may as well."""

    key: str
    done: str
    fires: tuple[str, ...]
    with_it: tuple[str, ...]
    inflict: Inflict


@dataclass(slots=True)
class Walked:
    """What was seen. Seconds are from the fault, and from its end; None: it was not seen."""

    fault: str
    done: str
    fired_after_seconds: dict[str, float | None] = field(default_factory=dict)
    ended_after_seconds: dict[str, float | None] = field(default_factory=dict)
    fired_with_it: list[str] = field(default_factory=list)
    fired_besides: list[str] = field(default_factory=list)
    commands: dict[str, list[CommandOutcome]] = field(default_factory=dict)
    panels: dict[str, list[str]] = field(default_factory=dict)
    error: str | None = None
    mended_at: float = 0.0

    @property
    def met(self) -> bool:
        """Whether each alert fired, nothing else did, commands ran when the page says, and each figure has a panel."""
        return (
            self.error is None
            and None not in self.fired_after_seconds.values()
            and not self.fired_besides
            and all(each.outcome != "failed" for told in self.commands.values() for each in told)
            and all(self.panels.values())
        )


FAULTS: list[Fault] = []
_REMEMBERING = frozenset(
    {
        "VerdictEdgeErrorBudgetFast",
        "VerdictEdgeErrorBudgetSlow",
        "VerdictEventErrorBudgetFast",
        "VerdictEventErrorBudgetSlow",
    }
)
"""They sum up hours, and so may fire of an earlier fault."""
_OF_A_BUSY_MACHINE = frozenset({"VerdictControlPlaneSlow", "VerdictEdgeSlow", "VerdictEventPublishSlow"})
"""Where the machine does other work, requests are slow whatever is walked."""


def fault(
    done: str, fires: Sequence[str], with_it: Sequence[str] = ()
) -> Callable[[Callable[[Stage], AsyncIterator[None]]], Inflict]:
    """Adds what it decorates, a generator that inflicts the fault before it yields and mends it after, to FAULTS."""

    def add(inflict: Callable[[Stage], AsyncIterator[None]]) -> Inflict:
        managed = asynccontextmanager(inflict)
        others = tuple(each for each in with_it if each not in fires)
        FAULTS.append(Fault(inflict.__name__, done, tuple(fires), others, managed))
        return managed

    return add


async def walk(stage: Stage, chosen: Fault) -> Walked:
    """Returns when it is mended and no alert is about to fire; how its alerts end is told by `ended`."""
    walked = Walked(chosen.key, chosen.done)
    await _until_quiet(stage, chosen)
    before = {(each.alert, each.labels) for each in stage.prometheus.firings if each.until is None}
    started = time.monotonic()
    try:
        async with chosen.inflict(stage):
            await _until_told(stage, chosen, started)
            for alert in chosen.fires:
                walked.commands[alert] = await stage.hands.follow(alert)
            for row in fault_rows():
                if set(row.alerts) & set(chosen.fires):
                    asked = FaultRow(row.fault, _figures_of(row, chosen), row.alerts, row.dashboards)
                    walked.panels |= await stage.hands.panels(asked)
        walked.mended_at = time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLES_SECONDS_MAX):
                await stage.harness.supervisor.all_ready()
        for alert, told in walked.commands.items():
            walked.commands[alert] = await stage.hands.follow_later(alert, told)
        await _until_settled(stage)
    except Exception as error:  # A walk goes on with the next fault.
        walked.error = f"{type(error).__name__}: {error}"[:500]
        walked.mended_at = walked.mended_at or time.monotonic()
    for alert in chosen.fires:
        seen = [each.since for each in _since(stage, alert, started)]
        walked.fired_after_seconds[alert] = round(min(seen) - started, 1) if seen else None
    others = {
        each.alert
        for each in stage.prometheus.firings
        if each.since >= started and (each.alert, each.labels) not in before and each.alert not in chosen.fires
    } - _REMEMBERING
    allowed = {*chosen.with_it, *_OF_A_BUSY_MACHINE}
    walked.fired_with_it = sorted(others & allowed)
    walked.fired_besides = sorted(others - allowed)
    return walked


def ended(stage: Stage, walked: Walked) -> None:
    """Notes how long after the fault its alerts went on."""
    for alert in walked.fired_after_seconds:
        last = [each for each in stage.prometheus.firings if each.alert == alert and each.since <= walked.mended_at]
        open_one = any(each.until is None for each in last)
        seen = None if open_one or not last else max(each.until or 0.0 for each in last)
        walked.ended_after_seconds[alert] = None if seen is None else round(max(0.0, seen - walked.mended_at), 1)


async def _until_quiet(stage: Stage, chosen: Fault) -> None:
    """Until none of its alerts fires of an earlier fault, or the patience is over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_QUIET_SECONDS_MAX):
            while any(stage.prometheus.fires(each) for each in chosen.fires):
                await asyncio.sleep(_LOOK_SECONDS)


async def _until_settled(stage: Stage) -> None:
    """Until no alert waits to fire, so that what still comes of this fault is counted with it."""
    started = time.monotonic()
    while await stage.prometheus.ask('ALERTS{alertstate="pending"}'):
        if time.monotonic() - started > _SETTLES_SECONDS_MAX:
            return
        await asyncio.sleep(1)


async def _until_told(stage: Stage, chosen: Fault, started: float) -> None:
    """Until all fire that should, each newly since it began, or the patience with the whole fault is over."""
    inflicted = time.monotonic()
    while time.monotonic() - inflicted < _FIRES_SECONDS_MAX:
        if all(_since(stage, alert, started) for alert in chosen.fires):
            return
        await asyncio.sleep(_LOOK_SECONDS)


def _since(stage: Stage, alert: str, started: float) -> list[Firing]:
    return [each for each in stage.prometheus.firings if each.alert == alert and each.since >= started]


def _figures_of(row: FaultRow, chosen: Fault) -> tuple[str, ...]:
    """Of the row's figures those that this fault's alerts ask."""
    asked = " ".join(alert_expressions(chosen.fires))
    return tuple(each for each in row.figures if each in asked and each != "up")
