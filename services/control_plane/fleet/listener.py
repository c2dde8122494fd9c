"""The ear of a control plane: hears edges on the bus for as long as the process runs."""

from __future__ import annotations

from collections.abc import Callable

from messages.subjects import edges_subject
from service_kit.background import Background
from streams import Bus

from control_plane.fleet.heard_time import STEP_SECONDS
from control_plane.fleet.memory import Fleet


class FleetListener:
    """Hears with a bus of its own, which `connect` makes."""

    def __init__(self, fleet: Fleet, connect: Callable[[], Bus]) -> None:
        self._fleet = fleet
        self._connect = connect
        self._bus: Bus | None = None

    def begin(self, background: Background) -> None:
        background.keep("edges", self.listen)
        background.every("silent-edges", self.step, seconds=STEP_SECONDS)

    async def listen(self) -> None:
        """Until it is cancelled; waits while the bus is away."""
        bus = self._bus = self._connect()
        bus.start()
        try:
            async for payload in bus.listen(edges_subject("*")):
                self._fleet.take(payload)
        finally:
            self._bus = None
            await bus.close()

    async def step(self) -> None:
        self._fleet.step(connected=self._bus is not None and self._bus.connected)
