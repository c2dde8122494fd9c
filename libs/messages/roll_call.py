"""The roll call: whoever hears it tells that it is there, its version, its clock, and whether it is ready."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version

from service_kit.clock import Clock
from service_kit.health import Check, failing
from streams import Bus, BusError

from messages.generated.presence_pb2 import Presence
from messages.subjects import PRESENT, ROLL_CALL

_CHECK_SECONDS = 1.0


class RollCall:
    """Answers for one process. `checks`: those of its readiness."""

    def __init__(self, *, bus: Bus, service: str, clock: Clock, checks: Mapping[str, Check]) -> None:
        self._bus = bus
        self._service = service
        self._clock = clock
        self._checks = checks

    async def run(self) -> None:
        """One call after the other, until it is cancelled."""
        async for _ in self._bus.listen(ROLL_CALL):
            presence = Presence(
                service=self._service,
                host=socket.gethostname(),
                process=os.getpid(),
                software_version=version("verdict-platform"),
                unready=await failing(self._checks, _CHECK_SECONDS),
            )
            presence.time = self._clock.now()
            with suppress(BusError):
                await self._bus.tell(PRESENT, presence.SerializeToString())
