"""How full the CONFIG stream is, noted for those who write: growth is refused before the stream has to."""

from __future__ import annotations

from messages.subjects import CONFIG
from service_kit.logs import get_logger
from streams import Bus

from control_plane.database import Database
from control_plane.publishing.telemetry import RelayTelemetry

NEAR_SHARE = 0.8
_NOTE = """
INSERT INTO config_streams (name, bytes, bytes_max, observed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE
SET bytes = excluded.bytes, bytes_max = excluded.bytes_max, observed_at = excluded.observed_at
WHERE (config_streams.bytes, config_streams.bytes_max) <> (excluded.bytes, excluded.bytes_max)
"""
_log = get_logger("relay")


class StreamRoom:
    """The leading relay's look at the stream."""

    def __init__(self, database: Database, bus: Bus, telemetry: RelayTelemetry) -> None:
        self._database = database
        self._bus = bus
        self._telemetry = telemetry
        self._near = False

    async def observe(self) -> None:
        """Notes what is there, in the place of what was counted since the last look.

        Raises `BusError`, `Unavailable`.
        """
        state = await self._bus.state(CONFIG)
        stored, most = state.bytes, state.max_bytes
        self._telemetry.stream_bytes.set(stored)
        self._telemetry.stream_bytes_max.set(most)
        async with self._database.connection() as connection:
            await connection.execute(_NOTE, CONFIG, stored, most, connection.now)
        near = stored >= NEAR_SHARE * most
        if near and not self._near:
            _log.warning("the CONFIG stream is nearly full: growth will be refused", bytes=stored, bytes_max=most)
        self._near = near
