"""How ClickHouse stands, asked of analytics: nobody else speaks to it."""

from __future__ import annotations

from google.protobuf.message import DecodeError
from messages.generated.warehouse_pb2 import WarehouseReply, WarehouseRequest
from messages.subjects import WAREHOUSE
from streams import Bus, BusUnavailable

SECONDS = 15.0


async def ask(bus: Bus, *, messages: int = 0, acknowledged: int = 0) -> WarehouseReply:
    """`messages` of the stream are looked for there, of those up to the sequence `acknowledged`. Raises `NoResponder`
    where analytics does not run, `BusError`."""
    request = WarehouseRequest(messages_compared=messages, acknowledged_sequence=acknowledged)
    try:
        return WarehouseReply.FromString(await bus.request(WAREHOUSE, request.SerializeToString(), SECONDS))
    except DecodeError:
        raise BusUnavailable("analytics of another version answered") from None
