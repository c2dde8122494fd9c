"""Publishing to a stream until it is acknowledged, through the change of the stream's leader."""

from __future__ import annotations

import asyncio
import random
import time

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js.api import PubAck
from nats.js.client import JetStreamContext

from streams.client_errors import asked
from streams.port import BusUnavailable

_PATIENCE_SECONDS = 5.0
_ATTEMPT_SECONDS = 2.5
_LEADERLESS_SECONDS = 1.0
_AGAIN_SECONDS = 0.1
_IN_PROCESS = 10158


async def publish(
    client: Client, context: JetStreamContext, subject: str, payload: bytes, headers: dict[str, str], *, named: bool
) -> PubAck:
    """`named`: with an id, by which the stream knows a repetition. Raises as the port says."""
    began = time.monotonic()
    while True:
        if not client.is_connected:
            raise BusUnavailable("not connected to the bus")
        left = _PATIENCE_SECONDS - (time.monotonic() - began)
        call = context.publish(
            subject, payload, timeout=min(left, _ATTEMPT_SECONDS) if named else left, headers=headers or None
        )
        try:
            return await asked(call)
        except BusUnavailable as error:
            spent = time.monotonic() - began
            if not _may_be_said_again(error, spent, named=named):
                raise
        await asyncio.sleep(_AGAIN_SECONDS * (0.5 + random.random()))


def _may_be_said_again(error: BusUnavailable, spent: float, *, named: bool) -> bool:
    cause = error.__cause__
    if isinstance(cause, nats.js.errors.NoStreamResponseError):
        # Nobody took it: a stream whose leader stops in order has another one soon, and some have none.
        return spent < _LEADERLESS_SECONDS
    if not named or spent > _PATIENCE_SECONDS - _AGAIN_SECONDS * 2:
        return False
    # The leader that took it may be gone, or may not have stored it yet.
    return isinstance(cause, (nats.errors.TimeoutError, TimeoutError)) or getattr(cause, "err_code", 0) == _IN_PROCESS
