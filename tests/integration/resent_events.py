"""Events of which other copies come later, and what counts of them by a plain computation."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from messages.generated.event_pb2 import EventBatch

HOUR = 3_600_000
START = 1_767_607_200_000
STOP = START + 72 * HOUR
NOW = START + 2000 * HOUR
VARIATIONS = ("off", "on")
MONTH = 31 * 24 * HOUR


@dataclass
class Received:
    """Requests in the order in which they were received: when, and the events of each."""

    requests: list[tuple[int, list[tuple[str, dict[str, Any]]]]] = field(default_factory=list)

    def payloads(self) -> list[bytes]:
        return [payload(at, events) for at, events in self.requests]

    def first_copies(self, kind: str, as_of: int = NOW) -> list[dict[str, Any]]:
        """Each event as it was received first."""
        name = {"exposure": "flag", "metric": "metric"}[kind]
        found: dict[tuple[str, str, str], dict[str, Any]] = {}
        for received_at, events in self.requests:
            for each, event in events:
                if each == kind and received_at <= as_of:
                    found.setdefault((event[name], event["user_key"], event["event_id"]), event)
        return list(found.values())


def payload(received_at: int, events: Iterable[tuple[str, dict[str, Any]]]) -> bytes:
    """A request as the ingestor publishes it."""
    told = list(events)
    lines = {
        kind: b"\n".join(msgspec.json.encode(event) for each, event in told if each == kind)
        for kind in ("exposure", "metric")
    }
    return EventBatch(
        batch_id=f"b{received_at}",
        organization_id="org-1",
        project_id="project-1",
        environment_id="env-1",
        received_at=received_at,
        exposures=lines["exposure"],
        metrics=lines["metric"],
    ).SerializeToString()


def exposure(user: str, event_id: str, variation: str, at: int, **more: Any) -> tuple[str, dict[str, Any]]:
    event = {"event_id": event_id, "timestamp": at, "user_key": user, "flag": "checkout", "variation": variation}
    return "exposure", event | {"config_version": 3, "context": {"country": f"C{len(user) % 3}"}} | more


def purchase(user: str, event_id: str, at: int, value: float = 1.0) -> tuple[str, dict[str, Any]]:
    return "metric", {"event_id": event_id, "timestamp": at, "user_key": user, "metric": "purchase", "value": value}


def random_events(seed: int, users: int = 150) -> Received:
    """A third of the events has a second copy, and some a third: with another time, variation, value or segment, in
    the same request, a later one, or one of the next month."""
    draw = random.Random(seed)
    first: list[tuple[str, dict[str, Any]]] = []
    for number in range(users):
        user, variation = f"{'u' * draw.randint(1, 3)}{number}", draw.choice(VARIATIONS)
        for _ in range(draw.choice([1, 1, 2, 4])):
            at = START + draw.randrange(-30, 80) * HOUR
            served = draw.choice(VARIATIONS) if draw.random() < 0.1 else variation
            first.append(exposure(user, f"e{draw.getrandbits(40):x}", served, at))
        for _ in range(draw.choice([0, 1, 2])):
            at = START + draw.randrange(-30 * 60, 100 * 60) * 60_000
            first.append(purchase(user, f"m{draw.getrandbits(40):x}", at, draw.randrange(1, 99)))
    draw.shuffle(first)
    received = Received()
    later: list[tuple[str, dict[str, Any]]] = []
    for number, start in enumerate(range(0, len(first), 25)):
        request = first[start : start + 25]
        for event in list(request):
            if draw.random() < 0.35:
                (request if draw.random() < 0.2 else later).append(another_copy(event, draw))
        due = [later.pop(draw.randrange(len(later))) for _ in range(len(later) // 3)]
        received.requests.append((NOW - MONTH + number // 2, request + due))
    received.requests.append((NOW - 1, later + [another_copy(each, draw) for each in later[::2]]))
    return received


def another_copy(event: tuple[str, dict[str, Any]], draw: random.Random) -> tuple[str, dict[str, Any]]:
    kind, fields = event
    changed: dict[str, Any] = {"timestamp": START + draw.randrange(-40, 100) * HOUR}
    if kind == "exposure":
        changed |= {"variation": draw.choice(VARIATIONS), "context": {"country": "elsewhere"}}
    else:
        changed["value"] = 1000.0
    return kind, fields | (changed if draw.random() < 0.9 else {})


@dataclass
class Expected:
    """`sums`: by variation one value a unit. `several`: units that saw both. `segments`: units by country."""

    sums: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in VARIATIONS})
    several: int = 0
    segments: dict[str, int] = field(default_factory=dict)


def expected(received: Received, as_of: int = NOW) -> Expected:
    first: dict[str, dict[str, Any]] = {}
    seen: dict[str, set[str]] = {}
    exposures = sorted(received.first_copies("exposure", as_of), key=lambda each: (each["timestamp"], each["event_id"]))
    for event in exposures:
        if START <= event["timestamp"] < STOP:
            first.setdefault(event["user_key"], event)
            seen.setdefault(event["user_key"], set()).add(event["variation"])
    purchases = received.first_copies("metric", as_of)
    found = Expected()
    for user, event in first.items():
        if len(seen[user]) > 1:
            found.several += 1
            continue
        mine = (
            each["value"]
            for each in purchases
            if each["user_key"] == user and event["timestamp"] <= each["timestamp"] < STOP
        )
        found.sums[event["variation"]].append(math.fsum(mine))
        country = event["context"]["country"]
        found.segments[country] = found.segments.get(country, 0) + 1
    return found
