"""Answers what is asked on `verdict.warehouse`: how ClickHouse stands, and what it has of what was loaded."""

from __future__ import annotations

from importlib.metadata import version

from messages.generated.warehouse_pb2 import WAREHOUSE_TROUBLE_NO_STORE, WarehouseReply, WarehouseRequest
from service_kit.logs import get_logger
from streams import Bus

from analytics.operations.loaded_messages import LoadedMessages
from analytics.warehouse import losses
from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.errors import WarehouseError
from analytics.warehouse.migrations import applied_migrations, known_migrations, missing_tables
from analytics.warehouse.sql import query

AT_ONCE, WAITING_MAX = 1, 4
_log = get_logger("warehouse_state")


class WarehouseState:
    """From what is stored, and from the stream."""

    def __init__(self, warehouse: Warehouse, bus: Bus) -> None:
        self._warehouse = warehouse
        self._loaded = LoadedMessages(warehouse, bus)

    async def answer(self, payload: bytes) -> bytes:
        """Raises DecodeError for what is no request."""
        return (await self._reply(WarehouseRequest.FromString(payload))).SerializeToString()

    async def _reply(self, request: WarehouseRequest) -> WarehouseReply:
        try:
            reply = await self._state()
            if request.messages_compared and not reply.missing_tables:
                reply.comparison.CopyFrom(
                    await self._loaded.compare(request.acknowledged_sequence, request.messages_compared)
                )
        except WarehouseError as error:
            _log.warning("how ClickHouse stands can't be told", error=str(error))
            return WarehouseReply(trouble=WAREHOUSE_TROUBLE_NO_STORE, detail=str(error))
        return reply

    async def _state(self) -> WarehouseReply:
        warehouse = self._warehouse
        server = await self._row("warehouse_server")
        missing = await missing_tables(warehouse)
        known = {each.number: each.name for each in known_migrations()}
        applied = {} if "losses" in missing else await applied_migrations(warehouse)
        reply = WarehouseReply(
            version=server["version"],
            software_version=version("verdict-platform"),
            time=server["time"],
            missing_tables=sorted(missing),
            missing_migrations=[f"{number:04}_{name}" for number, name in known.items() if number not in applied],
            later_migrations=[f"{number:04}_{name}" for number, name in applied.items() if number not in known],
            bytes_stored=server["bytes_stored"],
            disk_free=server["disk_free"],
            disk_size=server["disk_size"],
        )
        if not missing:
            stored = await self._row("warehouse_contents")
            reply.exposures, reply.metric_events = stored["exposures"], stored["metric_events"]
            reply.newest_received_at = stored["newest_received_at"]
            reply.environment_ids.extend(stored["environment_ids"])
            reply.detail = await losses.standing(warehouse) or ""
        return reply

    async def _row(self, name: str) -> Row:
        return (await self._warehouse.rows(query(name), {"database": self._warehouse.settings.database}))[0]
