"""Background work: what a service does beside answering requests, named and supervised.

Work that fails is written to the log once, counted, and begun again after a pause; no other work notices. Pauses
double from failure to failure, with jitter, and are short again after the work went well for a while. Essential work
that keeps failing turns the service unready until it goes well.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge

from service_kit.clock import Clock
from service_kit.logs import get_logger
from service_kit.tasks import end

_log = get_logger("background")

Run = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Restarts:
    """How failed work begins again. Work that goes on by itself has recovered when it has run for `well_seconds`, all
    other when it has succeeded; `failures_max` in a row of essential work turn the service unready."""

    pause_seconds_first: float = 0.5
    pause_seconds_max: float = 30.0
    well_seconds: float = 30.0
    failures_max: int = 3

    def pause_seconds(self, failures: int, chance: float) -> float:
        """The pause after so many failures in a row: a half to all of what has doubled; `chance` from 0 to 1."""
        doubled = self.pause_seconds_first * 2.0 ** min(failures - 1, 32)
        return min(doubled, self.pause_seconds_max) * (0.5 + chance / 2)


@dataclass(slots=True)
class _Work:
    """`every_seconds` None goes on by itself. `finish` asks it to end what it is at."""

    name: str
    run: Run
    every_seconds: float | None = None
    ends: bool = False
    essential: bool = False
    finish: Callable[[], None] | None = None
    failures: int = 0
    """In a row."""
    reason: str = ""
    begun_at: float | None = None
    """None while it does not run."""


class EndedByItself(Exception):
    """Work that is to go on has returned."""


class Background:
    """The background work of one process. `check` is for readiness."""

    def __init__(
        self,
        registry: CollectorRegistry,
        clock: Clock,
        *,
        restarts: Restarts = Restarts(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._restarts = restarts
        self._sleep = sleep
        self._chance = chance
        self._tasks: dict[asyncio.Task[None], _Work] = {}
        self._stopping = False
        self._running = Gauge(
            "verdict_background_running",
            "1 while the work goes on, 0 while it waits after a failure",
            ["work"],
            registry=registry,
            multiprocess_mode="livemin",
        )
        self._failed = Counter(
            "verdict_background_failures_total",
            "Times the work failed; it begins again each time",
            ["work"],
            registry=registry,
        )

    def keep(self, name: str, run: Run, *, essential: bool = False, finish: Callable[[], None] | None = None) -> None:
        """Runs what goes on until it is cancelled, or ends soon after `finish`."""
        self._start(_Work(name, run, essential=essential, finish=finish))

    def every(self, name: str, run: Run, *, seconds: float, essential: bool = False) -> None:
        """Runs a round now, and another one each time that `seconds` have passed since the last ended."""
        self._start(_Work(name, run, every_seconds=seconds, essential=essential))

    def once(self, name: str, run: Run, *, essential: bool = False) -> None:
        """Runs until it has succeeded."""
        self._start(_Work(name, run, ends=True, essential=essential))

    async def check(self) -> str | None:
        """None, or which essential work keeps failing, and why."""
        failing = [
            f"{work.name} failed {work.failures} times in a row ({work.reason})"
            for work in self._tasks.values()
            if work.essential and work.failures >= self._restarts.failures_max and not self._goes_well(work)
        ]
        return "; ".join(failing) or None

    async def stop(self, *, grace_seconds: float = 0.0) -> None:
        """Ends all work. What has a `finish` gets `grace_seconds` to end by itself; the rest is cancelled at once.

        Returns when everything has ended.
        """
        self._stopping = True
        finishing = set()
        for task, work in self._tasks.items():
            if work.finish is not None and work.begun_at is not None:
                work.finish()
                finishing.add(task)
            else:
                task.cancel()
        if finishing and grace_seconds:
            await asyncio.wait(finishing, timeout=grace_seconds)
        await end(self._tasks)

    def _start(self, work: _Work) -> None:
        if self._stopping:
            return
        if any(work.name == other.name for other in self._tasks.values()):
            raise ValueError(f"there is work of the name {work.name!r} already")
        self._failed.labels(work.name)
        self._tasks[asyncio.create_task(self._supervise(work), name=work.name)] = work

    async def _supervise(self, work: _Work) -> None:
        running = self._running.labels(work.name)
        try:
            while True:
                running.set(1)
                work.begun_at = self._clock.monotonic()
                try:
                    await self._turn(work)
                except (Exception, asyncio.CancelledError) as error:
                    if self._is_told_to_end(error):
                        raise
                    running.set(0)
                    pause = self._note_failure(work, error)
                    if self._stopping:
                        return
                else:
                    work.failures = 0
                    if work.every_seconds is None:
                        return
                    pause = work.every_seconds
                await self._sleep(pause)
        finally:
            running.set(0)
            work.begun_at = None

    async def _turn(self, work: _Work) -> None:
        await work.run()
        if work.every_seconds is None and not work.ends and not self._stopping:
            raise EndedByItself(work.name)

    @staticmethod
    def _is_told_to_end(error: BaseException) -> bool:
        """A cancellation that nobody asked of this task comes from what the work waits for, and is a failure."""
        task = asyncio.current_task()
        return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0

    def _note_failure(self, work: _Work, error: BaseException) -> float:
        """How long to pause."""
        work.failures = 1 if self._goes_well(work) else work.failures + 1
        work.begun_at = None
        work.reason = type(error).__name__
        self._failed.labels(work.name).inc()
        pause = self._restarts.pause_seconds(work.failures, self._chance())
        pause = max(pause, work.every_seconds or 0.0)
        _log.error(
            "background work failed",
            work=work.name,
            failures=work.failures,
            again_in_seconds=round(pause, 3),
            exc_info=error,
        )
        return pause

    def _goes_well(self, work: _Work) -> bool:
        # Of a round, and of what runs until it succeeds, time says nothing: they may hang before they fail.
        if work.begun_at is None or work.ends or work.every_seconds is not None:
            return False
        return self._clock.monotonic() - work.begun_at >= self._restarts.well_seconds
