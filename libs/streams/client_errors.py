"""Errors of the NATS client, as errors of the port."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import nats.errors
import nats.js.errors

from streams.port import BusError, BusUnavailable, MessageTooLarge, StreamFull, StreamMissing, WrongLastSequence

_WRONG_LAST_SEQUENCE = {10071, 10070}
_STREAM_FULL = {10023, 10047}
# With the reason as text: a limit of the stream ("maximum bytes exceeded"), or a disk that is full.
_STORE_FAILED = 10077
_TOO_LARGE = {10054, 10045}
_STREAM_MISSING = 10059
UNREACHABLE = (
    nats.errors.ConnectionClosedError,
    nats.errors.ConnectionReconnectingError,
    nats.errors.OutboundBufferLimitError,
    nats.errors.NoRespondersError,
    nats.errors.NoServersError,
    nats.errors.StaleConnectionError,
    nats.errors.TimeoutError,
    nats.js.errors.NoStreamResponseError,
    TimeoutError,
    OSError,
)
T = TypeVar("T")


async def heeding(call: Awaitable[T]) -> T:
    """Awaits a call of the client. A cancellation that came meanwhile is raised also where the client lost it: its
    `asyncio.wait_for` does when it meets the end of a wait (until Python 3.12)."""
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    try:
        return await call
    finally:
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError


async def asked(call: Awaitable[T]) -> T:
    """Awaits a call of the client and turns its errors into the port's."""
    try:
        return await heeding(call)
    except UNREACHABLE as error:
        raise BusUnavailable(f"the bus did not answer ({type(error).__name__})") from error
    except nats.errors.MaxPayloadError as error:
        raise MessageTooLarge("the message is over the server's limit") from error
    except nats.js.errors.APIError as error:
        raise _translated(error) from error


def _translated(error: nats.js.errors.APIError) -> BusError:
    text = error.description or type(error).__name__
    if error.err_code in _WRONG_LAST_SEQUENCE:
        return WrongLastSequence(text)
    if error.err_code in _STREAM_FULL or (error.err_code == _STORE_FAILED and "maximum" in text):
        return StreamFull(text)
    if error.err_code in _TOO_LARGE:
        return MessageTooLarge(text)
    if error.err_code == _STREAM_MISSING:
        return StreamMissing(text)
    return BusUnavailable(text)
