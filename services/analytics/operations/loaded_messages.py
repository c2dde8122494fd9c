"""Whether what loaders have acknowledged is stored: messages of the stream are looked for by their events' ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from messages.generated.warehouse_pb2 import WarehouseComparison
from messages.subjects import EVENTS
from streams import Bus, BusError, Delivered, StreamMissing

from analytics.loading.batches import read_batch
from analytics.loading.rows import COLUMNS, Block, Kind, decode_into, origin_of
from analytics.warehouse.client import Warehouse
from analytics.warehouse.sql import query

MESSAGES_MAX = 1000
_EVENTS_PER_MESSAGE = 20
_KINDS: tuple[Kind, ...] = ("exposure", "metric")


@dataclass(frozen=True, slots=True)
class _Sample:
    published_at: int
    environment_id: str
    events: Sequence[str]


class LoadedMessages:
    """Of the stream, and what ClickHouse has of them."""

    def __init__(self, warehouse: Warehouse, bus: Bus) -> None:
        self._warehouse = warehouse
        self._bus = bus

    async def compare(self, acknowledged_sequence: int, messages: int) -> WarehouseComparison:
        """So many messages, evenly from the oldest to this one. Those without an exposure or metric event are passed
        over, and one is stored if one of its events is: single ones may be dead letters, or were erased. Raises
        WarehouseError."""
        try:
            state = await self._bus.state(EVENTS)
            read = [
                await self._bus.message_at(EVENTS, sequence)
                for sequence in _spread(
                    state.first_sequence, min(acknowledged_sequence, state.last_sequence), min(messages, MESSAGES_MAX)
                )
            ]
        except StreamMissing:
            return WarehouseComparison()
        except BusError as error:
            return WarehouseComparison(trouble=str(error))
        samples = [sample for each in read if each is not None and (sample := _sample(each)) is not None]
        stored = await self._stored(samples)
        lost = [index for index, each in enumerate(samples) if stored.isdisjoint(each.events)]
        # What lies between two samples may be lost, too: so the moment of the one before.
        since = samples[lost[0] - 1].published_at if lost and lost[0] else state.first_at if lost else 0
        return WarehouseComparison(
            compared=len(samples), stored=len(samples) - len(lost), first_lost_at=since, stream_first_at=state.first_at
        )

    async def _stored(self, samples: Sequence[_Sample]) -> set[str]:
        if not samples:
            return set()
        given = {
            "environments": sorted({each.environment_id for each in samples}),
            "events": sorted({event for each in samples for event in each.events}),
        }
        return {row["event_id"] for row in await self._warehouse.rows(query("stored_events"), given)}


def _spread(first: int, last: int, most: int) -> list[int]:
    """Whole numbers from `first` to `last`, both among them."""
    if last < max(first, 1) or not most:
        return []
    count = min(most, last - first + 1)
    return sorted({first + round(each * (last - first) / max(count - 1, 1)) for each in range(count)} | {last})


def _sample(message: Delivered) -> _Sample | None:
    """None for what holds no event that would be stored."""
    try:
        batch = read_batch(message.subject, message.payload)
    except DecodeError:
        return None
    events: list[str] = []
    for kind, lines in zip(_KINDS, (batch.exposures, batch.metrics), strict=True):
        block = Block.empty(kind)
        decode_into(block, lines, origin_of(batch, message.sequence))
        events += block.columns[list(COLUMNS[kind]).index("event_id")][:_EVENTS_PER_MESSAGE]
    return _Sample(message.published_at, batch.environment_id, events) if events else None
