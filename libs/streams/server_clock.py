"""The bus's clock, for whoever can do without it."""

from __future__ import annotations

from streams.port import Bus, BusError


async def time_of(bus: Bus, stream: str) -> int | None:
    """The server's clock, milliseconds since the Unix epoch; None while nobody answers for the stream."""
    try:
        return await bus.time(stream)
    except BusError:
        return None
