"""The bus of a process that serves before it is connected."""

from __future__ import annotations

from service_kit.problems import Unavailable
from streams import Bus


class Connection:
    """Empty until the running loop, which a bus belongs to, has begun."""

    def __init__(self, bus: Bus | None = None) -> None:
        self._bus = bus

    def found(self, bus: Bus) -> None:
        self._bus = bus

    @property
    def bus(self) -> Bus:
        """Raises Unavailable before there is one."""
        if self._bus is None:
            raise Unavailable("not connected to the bus yet", code="bus_unavailable")
        return self._bus
