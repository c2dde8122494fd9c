"""Follows the CONFIG stream and hands each newer version to memory.

Every few seconds it also asks for the newest manifest of each environment: the answer confirms what is held, and
where it differs for two rounds the environment is read anew (anti-entropy). Nothing that comes from the bus can
take away what is held.
"""

from __future__ import annotations

import asyncio
from functools import partial

from messages.generated.config_pb2 import ConfigMessage
from messages.staging import ConfigStaging, Mismatch, Rejected, Update
from messages.subjects import CONFIG, config_filter, config_stream, manifest_subject, parse_config_subject
from service_kit.clock import Clock
from service_kit.logs import get_logger
from streams import Bus, BusError, CaughtUp, Delivered, Restarted

from edge_evaluator.feed.assembly import EntityProblem, assemble
from edge_evaluator.feed.metrics import STALE_AFTER_SECONDS, FeedMetrics
from edge_evaluator.feed.warmup import Warmer
from edge_evaluator.memory.flag_memory import FlagMemory, Held

# Above so many changed entities a compilation leaves the event loop.
_INLINE_CHANGES_MAX = 20
_STREAM_RETRY_SECONDS = 0.25
_log = get_logger("config_feed")


class ConfigFeed:
    """`staging` holds the raw messages of what is served; `revision` grows with each change of it."""

    def __init__(self, memory: FlagMemory, metrics: FeedMetrics, clock: Clock) -> None:
        self._memory = memory
        self._metrics = metrics
        self._clock = clock
        self._lock = asyncio.Lock()
        self._rereads = _Rereads()
        self._warmer = Warmer()
        self.staging = ConfigStaging()
        self.revision = 0

    async def follow(self, bus: Bus) -> None:
        """Until it is cancelled: takes what the stream delivers, across any outage of the bus."""
        await _ensure_stream(bus)
        async for event in bus.follow(CONFIG, config_filter()):
            async with self._lock:
                match event:
                    case Delivered(subject, payload):
                        await self._take(subject, payload)
                    case CaughtUp():
                        self._memory.complete = True
                    case Restarted():
                        for environment_id in self.staging.environment_ids:
                            self.staging.reset(environment_id)

    async def check(self, bus: Bus) -> None:
        """One round of anti-entropy: confirm, compare, read anew what is due, tell the ages."""
        self._metrics.bus_connected.set(bus.connected)
        try:
            for environment_id in self.staging.environment_ids:
                await self._check_environment(bus, environment_id)
        except BusError as error:
            self._metrics.unreachable.inc()
            _log.debug("the bus did not confirm the configuration", error=str(error))
        self.tell_ages()

    def tell_ages(self) -> None:
        """Writes into answers and metrics how long ago each environment was confirmed."""
        now = self._clock.now()
        for environment_id, held in self._memory.environments.items():
            age = max(0, now - held.confirmed_at) / 1000
            self._metrics.age.labels(environment_id, held.config.project_key, held.config.key).set(age)
            held.restamp(int(age) if age >= STALE_AFTER_SECONDS else 0)
            if held.phase(now) != held.announced_phase:
                held.announced_phase = held.phase(now)
                self._memory.announce(environment_id)

    async def apply(self, update: Update, confirmed_at: int) -> None:
        """Serves the state after `update`; `confirmed_at` (epoch milliseconds) is how fresh it is known to be."""
        environment_id = update.environment_id
        before = self._memory.environments.get(environment_id)
        digest = ConfigMessage.FromString(self.staging.manifest(environment_id)).manifest.digest.hex()
        work = partial(self._prepare, before, update, digest, confirmed_at)
        large = len(update.changed) > _INLINE_CHANGES_MAX
        held, problems = await asyncio.to_thread(work) if large else work()
        for problem in problems:
            self._report(environment_id, problem)
        if held is None:
            return
        config = held.config
        known = None if before is None or update.complete else before.config
        held.log.record(known, config, (*update.changed, *update.undecodable))
        self._memory.put(held)
        self.revision += 1
        self._metrics.version.labels(environment_id, config.project_key, config.key).set(config.version)
        _log.info("config applied", environment=environment_id, version=config.version, changed=len(update.changed))
        self._warmer.warm(environment_id, config.compiled)

    def _prepare(
        self, before: Held | None, update: Update, digest: str, confirmed_at: int
    ) -> tuple[Held | None, list[EntityProblem]]:
        config, problems = assemble(before.config if before else None, update, digest)
        if config is None:
            return None, problems
        subjects = (*update.changed, *update.undecodable)
        flags = [each.key for each in map(parse_config_subject, subjects) if each.kind == "flag"]
        return Held(config, confirmed_at, self._clock.now(), before, None if update.complete else flags), problems

    async def _take(self, subject: str, payload: bytes) -> None:
        result = self.staging.accept(subject, payload)
        match result:
            case Update():
                await self.apply(result, self._clock.now())
                self._metrics.delay.observe(max(0, self._clock.now() - result.published_at) / 1000)
            case Rejected(reason=reason):
                self._metrics.rejected.labels(reason).inc()
                _log.warning("config message rejected", subject=subject, reason=reason, detail=result.detail)
            case Mismatch(environment_id=environment_id):
                self._metrics.mismatches.inc()
                self._rereads.ask(environment_id, self._clock.monotonic())
                _log.warning("digest differs", environment=environment_id, version=result.version)

    async def _check_environment(self, bus: Bus, environment_id: str) -> None:
        newest = await bus.last_message(CONFIG, manifest_subject(environment_id))
        if newest is None:
            return
        held = self._memory.environments.get(environment_id)
        if newest.payload == self.staging.manifest(environment_id):
            self._rereads.settle(environment_id)
            if held is not None:
                held.confirmed_at = self._clock.now()
        elif self._rereads.due(environment_id, self._clock.monotonic()):
            self._metrics.rereads.inc()
            async with self._lock:
                delivered = await bus.read_all(CONFIG, config_filter(environment_id))
                self.staging.reset(environment_id)
                for each in delivered:
                    await self._take(each.subject, each.payload)

    def _report(self, environment_id: str, problem: EntityProblem) -> None:
        self._metrics.unusable.labels(problem.kind).inc()
        _log.error(
            "config entity can't be used",
            environment=environment_id,
            kind=problem.kind,
            key=problem.key,
            reason=problem.reason,
            kept=problem.kept,
        )


class _Rereads:
    """When to read an environment anew: at once after a digest that differs, in the second round in which the
    newest manifest is not the one held, and then with growing pauses until it is."""

    _PAUSE_SECONDS = 0.5
    _PAUSE_SECONDS_MAX = 30.0

    def __init__(self) -> None:
        self._due: dict[str, float] = {}
        self._pause: dict[str, float] = {}

    def ask(self, environment_id: str, now: float) -> None:
        self._due.setdefault(environment_id, now)

    def settle(self, environment_id: str) -> None:
        self._due.pop(environment_id, None)
        self._pause.pop(environment_id, None)

    def due(self, environment_id: str, now: float) -> bool:
        """Asked once in each round in which manifests differ."""
        if environment_id not in self._due:
            self._due[environment_id] = now
            return False
        if self._due[environment_id] > now:
            return False
        pause = self._pause.get(environment_id, self._PAUSE_SECONDS)
        self._due[environment_id] = now + pause
        self._pause[environment_id] = min(pause * 2, self._PAUSE_SECONDS_MAX)
        return True


async def _ensure_stream(bus: Bus) -> None:
    """An edge may be there before anybody has published; a stream that exists is left as it is."""
    while True:
        try:
            await bus.state(CONFIG)
            return
        except BusError:
            if bus.connected:
                try:
                    await bus.ensure_stream(config_stream())
                    return
                except BusError as error:
                    _log.debug("the stream can't be made yet", error=str(error))
        await asyncio.sleep(_STREAM_RETRY_SECONDS)
