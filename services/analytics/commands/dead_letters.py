"""`analytics dead-letters`: events that could not be stored."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from messages.acts import ActLog
from service_kit.clock import SystemClock
from streams import Bus

from analytics.acts import Acts
from analytics.commands.buses import stream_of_acts, with_bus
from analytics.loading.dead_letters_command import list_letters, replay_letters
from analytics.settings import StoreSettings


def run(settings: StoreSettings, action: str, environment: str | None, limit: int) -> None:
    """`action`: `list` or `replay`."""
    command = list_letters if action == "list" else replay_letters

    async def work(bus: Bus) -> None:
        acts = Acts(ActLog(bus, stream_of_acts(settings), SystemClock()))
        await command(bus, acts, environment_id=environment, limit=limit)

    with suppress(KeyboardInterrupt):
        asyncio.run(with_bus(settings, work))
