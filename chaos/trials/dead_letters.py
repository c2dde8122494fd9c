"""Poison that is already on the stream: one dead letter each, its neighbours land, and the loader goes on."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

from messages.generated.event_pb2 import DEAD_LETTER_REASON_UNSPECIFIED, DeadLetter, EventBatch
from messages.subjects import CONFIG, DEAD_LETTERS, EVENTS, config_filter, events_subject, parse_config_subject
from streams import BusError

from chaos.events import Event
from chaos.harness import Harness
from chaos.promises import Promise

_GOOD = {"event_id": "poisoned", "timestamp": 0, "user_key": "nobody", "metric": "purchase", "value": 1}


def _line(**changes: object) -> bytes:
    return json.dumps(_GOOD | changes, separators=(",", ":")).encode()


LINES = (
    _line().replace(b"nobody", b"\xff\xfe"),
    _line().replace(b":1}", b":NaN}"),
    _line(timestamp=253_370_764_800_000),
    _line(value="twelve"),
    _line(properties={"blob": "x" * 512 * 1024}),
    b'{"event_id":"torn',
)
MESSAGE = b"\xff\xff this is no batch of events"


async def poison_the_stream(harness: Harness) -> None:
    """Publishes each poison once: bad lines between good ones, and a message that is none, while the loader is dead."""
    environment = await _environment(harness)
    batch = await harness.population.batch()
    await harness.sdk.deliver(batch)
    origin = await _last_batch(harness, environment)
    good = [event for _ in LINES for event in (await harness.population.batch()).events]
    share = len(good) // len(LINES)
    async with harness.supervisor.down("loader"):
        for number, poison in enumerate(LINES):
            end = len(good) if number == len(LINES) - 1 else (number + 1) * share
            neighbours = good[number * share : end]
            await harness.bus.publish(events_subject(environment), _message(origin, poison, neighbours, number))
            harness.ledger.acknowledge(event.entry for event in neighbours)
        await harness.bus.publish(events_subject(environment), MESSAGE)


async def letters_of_poison(harness: Harness) -> Promise:
    """Reads the letters; call it when everything was loaded."""
    pending = (await harness.bus.state(DEAD_LETTERS)).messages
    consumer = await harness.bus.pull(
        DEAD_LETTERS, "chaos-reader", filter_subject="dead_letters.>", ack_wait_seconds=60, max_ack_pending=10_000
    )
    letters: list[DeadLetter] = []
    async with asyncio.timeout(30):
        while len(letters) < pending:
            letters += [DeadLetter.FromString(each.payload) for each in await consumer.fetch(100, 1)]
    found = Counter(letter.raw for letter in letters)
    expected = Counter((*LINES, MESSAGE))
    explained = all(each.detail and each.reason != DEAD_LETTER_REASON_UNSPECIFIED for each in letters)
    return Promise(
        "poison on the stream becomes one dead letter",
        f"{len(expected)} poisons published past the ingestor, then loader and bus killed at random",
        f"{(found & expected).total()} letters with their bytes, {(found - expected).total()} too many, "
        f"{(expected - found).total()} missing",
        found == expected and explained,
    )


def _message(origin: EventBatch, poison: bytes, neighbours: list[Event], number: int) -> bytes:
    """A message like the ingestor's, with the poison in the middle of it."""
    stored = {"exposure": [], "metric": []}  # type: dict[str, list[bytes]]
    for event in neighbours:
        document = json.loads(event.line)
        document.pop("type")
        document |= {"context": {}} if event.entry.kind == "exposure" else {"properties": {}}
        stored[event.entry.kind].append(json.dumps(document, separators=(",", ":")).encode())
    metrics = stored["metric"]
    metrics.insert(len(metrics) // 2, poison)
    message = EventBatch()
    message.CopyFrom(origin)
    message.batch_id = f"poison-{number}"
    message.exposures = b"".join(line + b"\n" for line in stored["exposure"])
    message.metrics = b"".join(line + b"\n" for line in metrics)
    message.exposure_count, message.metric_count = len(stored["exposure"]), len(metrics)
    return message.SerializeToString()


async def _environment(harness: Harness) -> str:
    found = await harness.bus.read_all(CONFIG, config_filter())
    (environment,) = {parse_config_subject(each.subject).environment_id for each in found}
    return environment


async def _last_batch(harness: Harness, environment: str) -> EventBatch:
    found = await harness.bus.last_message(EVENTS, events_subject(environment))
    if found is None:
        raise BusError("the stream holds no event")
    return EventBatch.FromString(found.payload)
