"""The monitor: looks at every guarded rollout in turn, and publishes what it finds. Each rollout stands by itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from messages.subjects import VERDICTS, verdicts_subject
from messages.verdicts import GuardFinding, UnreadableVerdict, Verdict, VerdictAction, verdict_of, verdict_payload
from service_kit.clock import Clock
from service_kit.logs import get_logger
from streams import Bus, BusError

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment
from analytics.catalog.rollouts import GuardedRollout
from analytics.monitoring.findings import Asked, findings_of, strongest
from analytics.monitoring.looks import Looker
from analytics.monitoring.telemetry import MonitorTelemetry
from analytics.monitoring.term import Term, TermLost

TICK_SECONDS = 0.25
RESTATED_SECONDS = 15.0
"""A verdict that says the same is published again after so long, so that its reader knows it for fresh."""
_LOOK_SECONDS_MAX = 60.0
_PAUSE_PER_LOOK = 1.0
"""Looks at a rollout take at most half of the time."""
_log = get_logger("monitor")


@dataclass(frozen=True, slots=True)
class MonitorOptions:
    look_seconds: float = 5.0
    silence_seconds: int = 300
    looks_at_once: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorParts:
    """What a monitor works with."""

    bus: Bus
    catalog: Catalog
    looker: Looker
    term: Term
    telemetry: MonitorTelemetry
    clock: Clock


@dataclass(slots=True)
class _Watched:
    """What is remembered of a rollout in this term. Moments are monotonic."""

    looked_at: float
    next_at: float
    before: dict[str, GuardFinding] | None = None
    said: tuple[object, ...] = ()
    said_at: float = float("-inf")
    looking: asyncio.Task[None] | None = field(default=None)


class Monitor:
    """Looks while it has the term, and remembers nothing from one term to the next: that stands in the verdicts."""

    def __init__(self, parts: MonitorParts, options: MonitorOptions) -> None:
        self._bus = parts.bus
        self._catalog = parts.catalog
        self._looker = parts.looker
        self._term = parts.term
        self._telemetry = parts.telemetry
        self._clock = parts.clock
        self._options = options
        self._watched: dict[tuple[str, str], _Watched] = {}
        self._epoch = 0
        self._at_once = asyncio.Semaphore(options.looks_at_once)

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                self.tick()
                await asyncio.sleep(TICK_SECONDS)
        finally:
            looking = [each.looking for each in self._watched.values() if each.looking is not None]
            for task in looking:
                task.cancel()
            await asyncio.gather(*looking, return_exceptions=True)

    def tick(self) -> list[asyncio.Task[None]]:
        """Begins the looks that are due, and answers those that are under way."""
        held, now = self._term.held, self._clock.monotonic()
        self._telemetry.term_held.set(held)
        if not held or not self._catalog.ready:
            return []
        if self._term.epoch != self._epoch:
            self._epoch, self._watched = self._term.epoch, {}
        rollouts = {(env.id, rollout.id): (env, rollout) for env, rollout in self._catalog.watched()}
        for key in self._watched.keys() - rollouts.keys():
            if (task := self._watched.pop(key).looking) is not None:
                task.cancel()
        for key, (environment, rollout) in rollouts.items():
            watched = self._watched.setdefault(key, _Watched(now, now))
            if now >= watched.next_at and (watched.looking is None or watched.looking.done()):
                watched.looking = asyncio.create_task(self._look(environment, rollout, watched))
        ages = [now - each.looked_at for each in self._watched.values()]
        self._telemetry.watched.set(len(ages))
        self._telemetry.look_age.set(max(ages, default=0.0))
        return [each.looking for each in self._watched.values() if each.looking is not None]

    async def _look(self, environment: Environment, rollout: GuardedRollout, watched: _Watched) -> None:
        async with self._at_once:
            began = self._clock.monotonic()
            try:
                async with asyncio.timeout(_LOOK_SECONDS_MAX):
                    await self._found(environment, rollout, watched)
                watched.looked_at = began
            except TermLost:
                self._telemetry.verdicts.labels("refused").inc()
            except BusError as error:
                self._telemetry.verdicts.labels("failed").inc()
                _log.warning("a verdict is not published", rollout=rollout.key, error=str(error))
            except Exception as error:  # whatever is wrong with one rollout must not cost the others
                self._telemetry.failed.inc()
                _log.warning("a look failed", rollout=rollout.key, error=f"{type(error).__name__}: {error}")
            took = self._clock.monotonic() - began
            self._telemetry.look_seconds.observe(took)
            watched.next_at = began + max(self._options.look_seconds, (1 + _PAUSE_PER_LOOK) * took)

    async def _found(self, environment: Environment, rollout: GuardedRollout, watched: _Watched) -> None:
        if watched.before is None:
            watched.before = await self._said_before(rollout)
        metrics = self._catalog.metrics(environment.id)
        seen = await self._looker.look(environment.organization_id, rollout, metrics)
        asked = Asked(rollout, metrics, self._options.silence_seconds)
        findings = findings_of(asked, seen, watched.before)
        verdict = Verdict(
            environment_id=environment.id,
            rollout_id=rollout.id,
            revision=rollout.revision,
            epoch=self._term.epoch,
            looked_at=seen.looked_at,
            monitor_id=self._term.monitor_id,
            action=strongest(findings),
            findings=findings,
        )
        watched.before = {each.guard: each for each in findings}
        says = (verdict.revision, *(replace(each, data_until=0) for each in findings))
        now = self._clock.monotonic()
        if says == watched.said and now - watched.said_at < RESTATED_SECONDS:
            return
        await self._term.publish(verdicts_subject(environment.id, rollout.id), verdict_payload(verdict))
        self._telemetry.verdicts.labels("published").inc()
        if verdict.action is not VerdictAction.NONE:
            _log.info("a verdict asks for something", rollout=rollout.key, action=verdict.action.word)
        watched.said, watched.said_at = says, now

    async def _said_before(self, rollout: GuardedRollout) -> dict[str, GuardFinding]:
        """What the last verdict found, of whichever monitor: harm that was shown stays shown."""
        last = await self._bus.last_message(VERDICTS, verdicts_subject(rollout.environment_id, rollout.id))
        if last is None:
            return {}
        try:
            return {each.guard: each for each in verdict_of(last.payload).findings}
        except UnreadableVerdict:
            return {}
