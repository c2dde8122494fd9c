"""What a run does, decided before it starts: the same seed plans the same faults, users, events and poison."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

KILL_DOWN_SECONDS = (0.0, 1.5)
PAUSE_SECONDS = (0.5, 4.0)
PROXY_SECONDS = (0.5, 4.0)
AFTER_SECONDS = (0.0, 2.0)
LONGER_SECONDS = (0.0, 1.0)
# How often each part is hit: the way of an event most, what it doesn't need least.
WEIGHTS = {
    "event_ingestor": 6,
    "loader": 6,
    "nats": 6,
    "clickhouse": 5,
    "postgres": 2,
    "redis": 2,
    "edge_evaluator": 2,
    "control_plane": 2,
    "analytics": 1,
}


class FaultKind(StrEnum):
    """KILL and PAUSE meet a process; the others meet the proxy between two."""

    KILL = "kill"
    PAUSE = "pause"
    DELAY = "delay"
    CUT = "cut"
    SWALLOW = "swallow"
    FORGET = "forget"


PROXY_KINDS = (FaultKind.DELAY, FaultKind.CUT, FaultKind.SWALLOW, FaultKind.FORGET)


@dataclass(frozen=True, slots=True)
class Fault:
    """`at` and `seconds` (how long it lasts) are seconds, `at` from the first one; `target` names part or proxy."""

    at: float
    kind: FaultKind
    target: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Takeover:
    """The one that leads is killed or paused, `after` so many seconds, until another one leads and `seconds` longer.

    `holding`: what it waited for when it was paused becomes its own while it is."""

    after: float
    kind: FaultKind
    seconds: float
    holding: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """`seconds`: how long faults are sown; `kills` and `events` are the least there must be of each.

    `edits` of a flag while the bus is killed, `users` whose variants are compared with everything down;
    this share of the acknowledged batches is `repeated`, half of them after the stream's duplicate window;
    after a fault has ended, the last version must be on each edge within `fresh_seconds`; what is lost or restored
    must be told, or healed, within `told_seconds`. `takeovers`: how often the scheduler that leads is taken away while
    rollouts run, and the monitor as often.
    """

    seconds: float = 60.0
    kills: int = 20
    events: int = 15_000
    seed: int = 7
    edits: int = 100
    users: int = 1000
    duplicate_window_seconds: float = 5.0
    repeated: float = 0.05
    fresh_seconds: float = 5.0
    told_seconds: float = 10.0
    takeovers: int = 8

    @property
    def events_per_second(self) -> float:
        """A little more than needed, because nothing is accepted while the ingestor or the bus is away."""
        return self.events * 1.1 / self.seconds

    def chance(self, purpose: str) -> random.Random:
        """A source of chance for one purpose, so that parts of a run don't disturb each other's."""
        return random.Random(f"{self.seed}/{purpose}")

    def faults(self, proxies: Sequence[str]) -> list[Fault]:
        """All kills, with a pause and a fault of a proxy for every third of them, in the order of their time."""
        chance = self.chance("faults")
        kinds = [FaultKind.KILL] * self.kills
        kinds += [FaultKind.PAUSE] * (self.kills // 3)
        kinds += [chance.choice(PROXY_KINDS) for _ in range(self.kills // 3)]
        chance.shuffle(kinds)
        step = self.seconds / len(kinds)
        return [
            self._fault(chance, (number + chance.random()) * step, kind, proxies) for number, kind in enumerate(kinds)
        ]

    def takeovers_of(self, part: str) -> list[Takeover]:
        """As many kills as pauses, in any order."""
        chance = self.chance(f"takeovers of {part}")
        kinds = [FaultKind.KILL, FaultKind.PAUSE] * (self.takeovers // 2)
        chance.shuffle(kinds)
        return [
            Takeover(chance.uniform(*AFTER_SECONDS), kind, chance.uniform(*LONGER_SECONDS), chance.random() < 0.5)
            for kind in kinds
        ]

    def _fault(self, chance: random.Random, at: float, kind: FaultKind, proxies: Sequence[str]) -> Fault:
        if kind in PROXY_KINDS:
            return Fault(at, kind, chance.choice(proxies), chance.uniform(*PROXY_SECONDS))
        (target,) = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
        return Fault(at, kind, target, chance.uniform(*(KILL_DOWN_SECONDS if kind == "kill" else PAUSE_SECONDS)))
