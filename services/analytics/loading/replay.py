"""Lists dead letters and puts them back on the EVENTS stream, as a command or for the API.

A durable consumer remembers which letters have been replayed; listing looks at the others and hands them back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sized
from dataclasses import dataclass
from uuid import uuid4

from google.protobuf.message import DecodeError
from messages.generated.event_pb2 import DEAD_LETTER_REASON_UNDECODABLE, DeadLetter, EventBatch
from messages.subjects import DEAD_LETTERS, dead_letters_subject, events_subject
from streams import BatchConsumer, Bus, Message

from analytics.loading.dead_letters import REASON_NAMES

_ACK_WAIT_SECONDS = 30.0
_FETCH_SECONDS = 0.5
_FETCH_MAX = 100
_ASKED_IN_VAIN_MAX = 80
"""For longer than the wait for an acknowledgement: what was given to a request that had ended meanwhile, or to somebody
else who has gone, is given again by then."""
LIST_MAX = 1000


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter on the stream, at `sequence`."""

    sequence: int
    letter: DeadLetter

    @property
    def reason(self) -> str:
        return REASON_NAMES.get(self.letter.reason, "unknown")


async def listed(bus: Bus, environment_id: str | None, limit: int) -> list[Letter]:
    """Up to `limit` letters (at most 1,000) that have not been replayed, of one environment or of all."""
    consumer = await _consumer(bus, environment_id)
    letters: list[Letter] = []
    messages: list[Message] = []
    async for message in _messages(consumer, min(limit, LIST_MAX), held=messages):
        messages.append(message)
        letter = _read(message)
        if letter is not None:
            letters.append(letter)
    for message in messages:
        await message.nak(0)
    return sorted(letters, key=lambda each: each.sequence)


async def replay(bus: Bus, environment_id: str | None, limit: int) -> int:
    """Publishes up to `limit` letters as events again and returns how many; the loader judges them anew."""
    consumer = await _consumer(bus, environment_id)
    count = 0
    async for message in _messages(consumer, limit):
        letter = _read(message)
        if letter is not None:
            await _publish(bus, letter)
            count += 1
        await message.ack()
    return count


async def _consumer(bus: Bus, environment_id: str | None) -> BatchConsumer:
    return await bus.pull(
        DEAD_LETTERS,
        f"dead-letters-{environment_id}" if environment_id else "dead-letters",
        filter_subject=dead_letters_subject(environment_id) if environment_id else "dead_letters.>",
        ack_wait_seconds=_ACK_WAIT_SECONDS,
        max_ack_pending=LIST_MAX,
    )


async def _messages(consumer: BatchConsumer, limit: int, *, held: Sized = ()) -> AsyncIterator[Message]:
    """Until there are no more: a bus that is slow to give them is asked again, as long as it has some besides those
    that are held."""
    asked_in_vain = 0
    while limit > 0:
        found = await consumer.fetch(min(limit, _FETCH_MAX), _FETCH_SECONDS)
        if not found:
            asked_in_vain += 1
            if asked_in_vain == _ASKED_IN_VAIN_MAX or await consumer.pending() <= len(held):
                return
            continue
        limit -= len(found)
        for message in found:
            yield message


def read_letter(payload: bytes) -> DeadLetter | None:
    """None for bytes that are no letter."""
    letter = DeadLetter()
    try:
        letter.ParseFromString(payload)
    except DecodeError:
        return None
    return letter


def _read(message: Message) -> Letter | None:
    letter = read_letter(message.payload)
    return None if letter is None else Letter(message.sequence, letter)


async def _publish(bus: Bus, letter: Letter) -> None:
    content = letter.letter
    if content.reason == DEAD_LETTER_REASON_UNDECODABLE:
        payload = content.raw
    else:
        payload = EventBatch(
            batch_id=uuid4().hex,
            organization_id=content.organization_id,
            project_id=content.project_id,
            environment_id=content.environment_id,
            received_at=content.received_at,
            exposure_count=int(content.kind == "exposure"),
            metric_count=int(content.kind == "metric"),
            usage_count=int(content.kind == "usage"),
            exposures=content.raw if content.kind == "exposure" else b"",
            metrics=content.raw if content.kind == "metric" else b"",
            usage=content.raw if content.kind == "usage" else b"",
        ).SerializeToString()
    subject = events_subject(content.environment_id or "unknown")
    await bus.publish(subject, payload, message_id=f"replay-{letter.sequence}-{content.failed_at}")
