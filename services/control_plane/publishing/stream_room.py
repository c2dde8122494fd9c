"""How full the CONFIG stream is, noted for those who write: growth is refused before the stream has to."""

from __future__ import annotations

from messages.subjects import CONFIG
from service_kit.logs import get_logger
from streams import Bus, StreamSpec

from control_plane.database import Database
from control_plane.publishing.telemetry import RelayTelemetry

NEAR_SHARE = 0.8
_NOTE = """
INSERT INTO config_streams (name, bytes, bytes_max, observed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE
SET bytes = excluded.bytes, bytes_max = excluded.bytes_max, observed_at = excluded.observed_at
"""
_log = get_logger("relay")


class StreamRoom:
    """The leading relay's look at the stream."""

    def __init__(self, database: Database, bus: Bus, telemetry: RelayTelemetry, stream: StreamSpec) -> None:
        self._database = database
        self._bus = bus
        self._telemetry = telemetry
        self._stream = stream
        self._noted: tuple[int, int] | None = None

    async def observe(self) -> None:
        """Notes what has changed since the last look. Raises `BusError`, `Unavailable`."""
        state = await self._bus.state(CONFIG)
        seen = (state.bytes, self._stream.max_bytes)
        self._telemetry.stream_bytes.set(seen[0])
        self._telemetry.stream_bytes_max.set(seen[1])
        if seen == self._noted:
            return
        async with self._database.transaction() as tx:
            await tx.execute(_NOTE, CONFIG, *seen, tx.now)
        if _near(seen) and (self._noted is None or not _near(self._noted)):
            _log.warning("the CONFIG stream is nearly full: growth will be refused", bytes=seen[0], bytes_max=seen[1])
        self._noted = seen


def _near(seen: tuple[int, int]) -> bool:
    return seen[0] >= NEAR_SHARE * seen[1]
