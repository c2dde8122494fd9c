"""The EVENTS stream as the ingestor needs it: made when it is not there, and again should it vanish."""

from __future__ import annotations

import asyncio

from service_kit.logs import get_logger
from streams import Bus, BusError, StreamSpec

_RETRY_SECONDS = 1.0
_CHECK_SECONDS = 15.0
_log = get_logger("event_stream")


class EventStream:
    """The EVENTS stream, made when it is missing."""

    def __init__(self, bus: Bus, spec: StreamSpec) -> None:
        self._bus = bus
        self._spec = spec
        self._problem: str | None = "not looked for yet"

    async def check(self) -> str | None:
        """For readiness: None, or why there is no stream."""
        return self._problem

    async def keep(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                await self._bus.ensure_stream(self._spec)
                self._problem = None
            except BusError as error:
                if self._problem is not None and self._bus.connected:
                    self._problem = f"can't be made: {error}"
                    _log.warning("stream can't be made", reason=str(error))
            await asyncio.sleep(_CHECK_SECONDS if self._problem is None else _RETRY_SECONDS)
