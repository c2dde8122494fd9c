"""When a connection is given up for another server of the cluster: this one is there and doesn't reach the streams.

Such a server goes on taking connections, answers nothing that another one decides, and may not know it for twenty
seconds. While a stream has no leader all servers are as silent: so another one is asked before this one is left.
"""

from __future__ import annotations

import asyncio
import random
import time

import nats.errors

from streams.client import BusClient
from streams.connection import BusConnection
from streams.first_answer import first_answer
from streams.majority import SILENCE_SECONDS, require_majority
from streams.port import BusError, BusUnavailable, StreamMissing
from streams.stream_configuration import stream_details

_LOOK_SECONDS, _LOOK_SECONDS_MAX = 0.75, 15.0
_ANSWER_SECONDS = 1.2
# In trouble it is looked more often for as long as an election may take, and then less and less.
_TROUBLE_LOOK_SECONDS, _TROUBLE_ANSWER_SECONDS, _TROUBLE_SECONDS = 0.5, 1.0, 20.0
_BEAT_SECONDS = 1.2


class ServerChoice:
    """Looks once a second whether `stream`, one that is in use, has a leader that is heard here and hears others."""

    def __init__(self, client: BusClient, connection: BusConnection, name: str) -> None:
        self._client = client
        self._connection = connection
        self._name = name
        self.stream: str | None = None

    async def keep(self) -> None:
        """Until it is cancelled."""
        while True:
            await _sleep(_LOOK_SECONDS)
            if self.stream is not None and self._client.is_connected:
                began = time.monotonic()
                if not await _reaches(self._client, self.stream, _ANSWER_SECONDS):
                    await self._recover(self.stream, began)

    async def _recover(self, stream: str, began: float) -> None:
        """Returns when the stream is reached, here or at another server, or the connection is lost."""
        pause = _TROUBLE_LOOK_SECONDS
        while self._client.is_connected:
            if (better := await self._better(stream, began)) is not None:
                await self._client.move(better)
                return
            if await _reaches(self._client, stream, _TROUBLE_ANSWER_SECONDS):
                return
            if time.monotonic() - began > _TROUBLE_SECONDS:
                pause = min(pause * 2, _LOOK_SECONDS_MAX)
            await _sleep(pause)

    async def _better(self, stream: str, began: float) -> str | None:
        """A server that reaches the stream."""
        others = (each for each in self._connection.servers if each != self._client.server)
        return await first_answer(self._reached(each, stream, began) for each in others)

    async def _reached(self, server: str, stream: str, began: float) -> str | None:
        """The server, if it reaches the stream."""
        try:
            client = await BusClient.reaching(self._connection, server, f"{self._name}-probe")
        except (nats.errors.Error, OSError, TimeoutError, ValueError):
            return None
        try:
            # A leader that was cut off when the trouble began has heard nobody since, and must not be taken for one.
            within = min(max(time.monotonic() - began - 0.3, _BEAT_SECONDS), SILENCE_SECONDS)
            return server if await _reaches(client, stream, _TROUBLE_ANSWER_SECONDS, within) else None
        except (nats.errors.Error, OSError, TimeoutError, ValueError):
            return None
        finally:
            await client.leave()


async def _reaches(client: BusClient, stream: str, seconds: float, within: float = SILENCE_SECONDS) -> bool:
    """A stream that is not there is no fault of the server."""
    try:
        details = await stream_details(client.jetstream(), stream, seconds=seconds)
        require_majority(details, within_seconds=within)
    except StreamMissing:
        return True
    except BusUnavailable:
        return False
    except BusError:
        return True
    return True


async def _sleep(seconds: float) -> None:
    """Not all at one moment."""
    await asyncio.sleep(seconds * (0.5 + random.random()))
