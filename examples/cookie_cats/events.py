"""What was served and what the players did, sent to the ingestor in batches, as an SDK sends it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from .errors import RequestFailedError
from .evaluation import FLAG, RECORDED_ARM, Served
from .lanes import Endpoint, post_all
from .stages import Advance

DAY_1 = "day-1-return"
DAY_7 = "day-7-return"
ROUNDS = "rounds-played"

_BATCH_EVENTS = 500
_LANES = 4

Event = dict[str, object]


def exposures(served: Sequence[Served]) -> Iterator[Event]:
    """One exposure per player, at the present time."""
    for one in served:
        yield {
            "type": "exposure",
            "event_id": str(uuid.uuid4()),
            "timestamp": _now(),
            "user_key": one.player.user_key,
            "flag": FLAG,
            "variation": one.variant,
            "experiment": one.experiment,
            "config_version": one.config_version,
            "context": {RECORDED_ARM: one.player.arm},
        }


def outcome_events(served: Sequence[Served]) -> Iterator[Event]:
    """The returns and the rounds of each player; nothing is sent for a player who did nothing."""
    for one in served:
        player = one.player
        if player.rounds > 0:
            yield _metric(player.user_key, ROUNDS, player.rounds)
        if player.back_on_day_1:
            yield _metric(player.user_key, DAY_1, 1)
        if player.back_on_day_7:
            yield _metric(player.user_key, DAY_7, 1)


async def send_events(ingestor: str, key: str, events: Sequence[Event], advance: Advance) -> None:
    """Send all events; raises `RequestFailedError` when the ingestor does not take every one."""
    target = Endpoint(ingestor, "/v1/events", {"Authorization": f"Bearer {key}"})

    def take(sent: int, body: bytes) -> None:
        answer = json.loads(body)
        if answer["accepted"] != sent or answer["rejected"]:
            raise RequestFailedError(f"{sent} events sent, answer: {body[:500]!r}")
        advance(sent)

    batches = (events[start : start + _BATCH_EVENTS] for start in range(0, len(events), _BATCH_EVENTS))
    await post_all(ingestor, (target.request(len(batch), batch) for batch in batches), take, _LANES)


def _metric(user_key: str, metric: str, value: int) -> Event:
    return {
        "type": "metric",
        "event_id": str(uuid.uuid4()),
        "timestamp": _now(),
        "user_key": user_key,
        "metric": metric,
        "value": value,
        "properties": {},
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
