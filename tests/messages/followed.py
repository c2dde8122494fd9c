"""A follower at work: what it applies, what it tells, a bus that loses messages, and a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from messages.config_follower import ConfigFollower
from messages.follower_telemetry import FollowerTelemetry
from messages.rereads import Rereads
from messages.staging import Update
from messages.subjects import environment_of, parse_config_subject
from prometheus_client import CollectorRegistry
from streams import Bus, BusUnavailable, Delivered, FollowEvent, Restarted
from streams.memory import MemoryBus

from tests.waiting import until


class Flags:
    """An applier: what is in use, by environment and flag."""

    def __init__(self) -> None:
        self.environments: dict[str, dict[str, bool]] = {}
        self.versions: dict[str, int] = {}
        self.applied: list[tuple[str, int]] = []
        self.ready = False
        self.heard: Heard | None = None
        self.failing: set[str] = set()
        self.let_through = asyncio.Event()
        self.let_through.set()

    async def apply(self, update: Update) -> None:
        await self.let_through.wait()
        if update.environment_id in self.failing:
            raise RuntimeError("a fault of the service")
        flags = {} if update.complete else self.environments.setdefault(update.environment_id, {})
        for subject, message in update.changed.items():
            key = parse_config_subject(subject).key
            if message is None:
                flags.pop(key, None)
            else:
                flags[key] = message.flag == b"on"
        self.environments[update.environment_id] = flags
        self.versions[update.environment_id] = update.version
        self.applied.append((update.environment_id, update.version))

    def caught_up(self) -> None:
        self.ready = True

    def confirmed(self, environment_id: str) -> None:
        if self.heard is not None:
            self.heard.rounds.append(environment_id)


class Heard(FollowerTelemetry):
    """`rounds`: the environments that were confirmed, and `away` for a round that ended early."""

    def __init__(self) -> None:
        super().__init__(CollectorRegistry())
        self.rounds: list[str] = []
        self.reasons: list[str] = []
        self.mismatches = 0
        self.rereads = 0

    def rejected(self, reason: str) -> None:
        self.reasons.append(reason)

    def mismatched(self) -> None:
        self.mismatches += 1

    def reread(self) -> None:
        self.rereads += 1

    def unconfirmed(self) -> None:
        self.rounds.append("away")


class TroubledBus(MemoryBus):
    """Loses messages on subjects in `lost` on their way to a follower; reads wait for `readable`."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[str] = set()
        self.unreadable: set[str] = set()
        self.reading = asyncio.Event()
        self.readable = asyncio.Event()
        self.readable.set()
        self.restarts = asyncio.Queue[None]()

    async def follow(self, stream: str, filter_subject: str) -> AsyncIterator[FollowEvent]:
        while True:
            events = super().follow(stream, filter_subject)
            coming = asyncio.ensure_future(anext(events))
            restart = asyncio.ensure_future(self.restarts.get())
            try:
                while not restart.done():
                    await asyncio.wait({coming, restart}, return_when=asyncio.FIRST_COMPLETED)
                    if coming.done():
                        event = coming.result()
                        if not (isinstance(event, Delivered) and event.subject in self.lost):
                            yield event
                        coming = asyncio.ensure_future(anext(events))
            finally:
                coming.cancel()
                restart.cancel()
                await asyncio.wait({coming, restart})
            yield Restarted()

    async def read_all(self, stream: str, filter_subject: str) -> list[Delivered]:
        found = await super().read_all(stream, filter_subject)
        self.reading.set()
        await self.readable.wait()
        if environment_of(filter_subject) in self.unreadable:
            raise BusUnavailable("too slow")
        return found


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Followed:
    """A follower at work on a bus."""

    def __init__(self, bus: Bus, clock: Callable[[], float]) -> None:
        self.bus = bus
        self.flags = Flags()
        self.heard = Heard()
        self.flags.heard = self.heard
        self.follower = ConfigFollower(self.flags, self.heard, Rereads(clock, lambda: 0.5))
        self.task = self.start()

    def start(self) -> asyncio.Task[None]:
        self.task = asyncio.create_task(self.follower.follow(self.bus))
        return self.task

    async def check(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            await self.follower.check(self.bus)

    async def serves(self, environment_id: str, **flags: bool) -> None:
        await until(lambda: self.flags.environments.get(environment_id) == flags)

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])
