"""④ Serves each newer version of a configuration that the follower of the CONFIG stream hands on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from messages.config_follower import ConfigFollower
from messages.generated.config_pb2 import ConfigMessage
from messages.rereads import Rereads
from messages.staging import ConfigStaging, Update
from messages.subjects import parse_config_subject
from service_kit.clock import Clock
from service_kit.logs import get_logger
from streams import Bus

from edge_evaluator.feed.assembly import Assembled, EntityProblem, assemble
from edge_evaluator.feed.telemetry import STALE_AFTER_SECONDS, FeedTelemetry
from edge_evaluator.feed.warmup import Warmer
from edge_evaluator.memory.answer_versions import ANSWERING, Entity
from edge_evaluator.memory.flag_memory import FlagMemory, HeldConfig

# Above so many changed entities, or entities that name them, the work leaves the event loop.
_INLINE_CHANGES_MAX = 20
_INLINE_USERS_MAX = 200
_log = get_logger("config_feed")


class ConfigFeed:
    """The applier of new versions to the memory. `change` is a number that grows with each change of what is served;
    `swapped` is told the environment of each; `keeps_messages`: for snapshots."""

    def __init__(
        self,
        memory: FlagMemory,
        telemetry: FeedTelemetry,
        clock: Clock,
        warmer: Warmer,
        swapped: Callable[[str], None],
        keeps_messages: bool = False,
    ) -> None:
        self._memory = memory
        self._telemetry = telemetry
        self._clock = clock
        self._follower = ConfigFollower(
            self, telemetry.follower, Rereads(clock.monotonic), keeps_entries=keeps_messages
        )
        self._warmer = warmer
        self._swapped = swapped
        self.change = 0

    @property
    def staging(self) -> ConfigStaging:
        """What is served as it came."""
        return self._follower.staging

    async def follow(self, bus: Bus) -> None:
        """Until it is cancelled: serves what the stream delivers, across any outage of the bus."""
        await self._follower.follow(bus)

    async def check(self, bus: Bus) -> None:
        """One round of anti-entropy."""
        await self._follower.check(bus)
        self._memory.lack = self._follower.lack or self._memory.lack

    async def keep_ages(self) -> None:
        """One round of `tell_ages`, which must not wait for the bus."""
        self.tell_ages()

    def tell_ages(self) -> None:
        """Writes into answers and metrics how long ago each environment was confirmed."""
        now = self._clock.now()
        for environment_id, held in self._memory.environments.items():
            try:
                self._tell_age(environment_id, held, now)
            except Exception as error:
                self._telemetry.failures.labels("age").inc()
                _log.error("an environment's age can't be told", environment=environment_id, exc_info=error)

    def _tell_age(self, environment_id: str, held: HeldConfig, now: int) -> None:
        age = self._clock.monotonic() - held.confirmed
        self._telemetry.age.labels(environment_id, held.config.project_key, held.config.key).set(age)
        held.restamp(int(age) if age >= STALE_AFTER_SECONDS else 0)
        self._count_invalid(environment_id, held)
        for kind, view in held.views.items():
            if view.phase(now) != view.announced_phase:
                view.announced_phase, view.since = view.phase(now), now
                self._memory.announce(environment_id, kind)

    def _count_invalid(self, environment_id: str, held: HeldConfig) -> None:
        taken = sum(view.answers.tally.take() for view in held.views.values())
        if taken:
            labels = environment_id, held.config.project_key, held.config.key
            self._telemetry.invalid_combinations.labels(*labels).inc(taken)

    async def apply(self, update: Update) -> None:
        await self.serve(update, 0.0)
        self._telemetry.delay.observe(max(0, self._clock.now() - update.published_at) / 1000)

    def caught_up(self) -> None:
        self._memory.complete = True

    def confirmed(self, environment_id: str) -> None:
        held = self._memory.environments.get(environment_id)
        if held is not None:
            held.confirmed = self._clock.monotonic()

    async def serve(self, update: Update, age_seconds: float) -> None:
        """Serves the state after `update`, which the bus confirmed so long ago."""
        environment_id = update.environment_id
        before = self._memory.environments.get(environment_id)
        digest = ConfigMessage.FromString(self.staging.manifest(environment_id)).manifest.digest.hex()
        work = partial(self._prepare, before, update, digest, self._clock.monotonic() - age_seconds)
        changed = _entities((*update.changed, *update.undecodable))
        large = len(update.changed) > _INLINE_CHANGES_MAX or (
            before is not None and before.config.answer_versions.users(changed) > _INLINE_USERS_MAX
        )
        assembled, held = await asyncio.to_thread(work) if large else work()
        for problem in assembled.problems:
            self._report(environment_id, problem)
        if held is None:
            return
        config = held.config
        if before is None or update.complete:
            held.log.begin(held.published)
        else:
            released = _entities(before.config.waiting.keys() - config.waiting.keys())
            held.log.record(before.published, held.published, config, [*changed, *released], assembled.affected)
        self._memory.put(held)
        self._swapped(environment_id)
        self.change += 1
        self._telemetry.version.labels(environment_id, config.project_key, config.key).set(config.version)
        _log.info("config applied", environment=environment_id, version=config.version, changed=len(update.changed))
        self._warmer.warm(environment_id, config.compiled)

    def _prepare(
        self, before: HeldConfig | None, update: Update, digest: str, confirmed: float
    ) -> tuple[Assembled, HeldConfig | None]:
        assembled = assemble(before.config if before else None, update, digest)
        if assembled.config is None:
            return assembled, None
        changed = None if update.complete else [key for kind, key in assembled.affected if kind in ANSWERING]
        return assembled, HeldConfig(assembled.config, confirmed, self._clock.now(), before, changed)

    def _report(self, environment_id: str, problem: EntityProblem) -> None:
        self._telemetry.unusable.labels(problem.kind).inc()
        _log.error(
            "config entity can't be used",
            environment=environment_id,
            kind=problem.kind,
            key=problem.key,
            reason=problem.reason,
            kept=problem.kept,
        )


def _entities(subjects: Iterable[str]) -> list[Entity]:
    return [(each.kind, each.key) for each in map(parse_config_subject, subjects)]
