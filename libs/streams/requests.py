"""Request and reply over NATS itself, which keeps none of it."""

from __future__ import annotations

import asyncio
import contextlib

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from streams.client_errors import UNREACHABLE, asked, heeding
from streams.port import BusUnavailable, MessageTooLarge, NoResponder
from streams.responder import Reply, Responder, refusal

_SECONDS_HEADER, _REFUSED_HEADER = "Verdict-Seconds", "Verdict-Refused"
# The server's limit is for headers and payload, and it ends the connection of who goes beyond.
_HEADER_BYTES = 256
_SECONDS_UNTOLD = 5.0
_RESPOND_AGAIN_SECONDS = 0.1


def _within_limit(client: Client, payload: bytes) -> None:
    if len(payload) + _HEADER_BYTES > client.max_payload:
        raise MessageTooLarge(f"{len(payload)} bytes are over the server's limit of {client.max_payload}")


async def request(client: Client, subject: str, payload: bytes, seconds: float) -> bytes:
    """The answer to a request. Raises as the port says."""
    _within_limit(client, payload)
    headers = {_SECONDS_HEADER: f"{seconds:g}"}
    try:
        answer = await heeding(client.request(subject, payload, timeout=seconds, headers=headers))
    except nats.errors.NoRespondersError as error:
        raise NoResponder(f"nobody responds on {subject}") from error
    except (*UNREACHABLE, nats.errors.Error) as error:
        raise BusUnavailable(f"no answer on {subject} ({type(error).__name__})") from error
    if refused := (answer.headers or {}).get(_REFUSED_HEADER):
        raise refusal(refused)
    return answer.data


async def respond(client: Client, subject: str, group: str, responder: Responder) -> None:
    """Hands the responder what comes on the subject, until it is cancelled. Waits while the bus is away."""
    try:
        while True:
            if client.is_connected:
                with contextlib.suppress(BusUnavailable):
                    await _serve(client, subject, group, responder)
            await asyncio.sleep(_RESPOND_AGAIN_SECONDS)
    finally:
        await responder.end()


async def _serve(client: Client, subject: str, group: str, responder: Responder) -> None:
    subscription = await asked(client.subscribe(subject, queue=group))
    try:
        # The client subscribes again by itself after a reconnection.
        async for message in subscription.messages:
            if message.reply:
                await responder.offer(message.data, _patience(message), _reply_to(client, message))
    finally:
        with contextlib.suppress(*UNREACHABLE, nats.errors.Error):
            await subscription.unsubscribe()


def _patience(message: Msg) -> float:
    try:
        return float((message.headers or {}).get(_SECONDS_HEADER, _SECONDS_UNTOLD))
    except ValueError:
        return _SECONDS_UNTOLD


def _reply_to(client: Client, message: Msg) -> Reply:
    async def reply(answer: bytes, refused: str) -> None:
        _within_limit(client, answer)
        # Who asked may be gone, and the connection too; nobody waits for the answer then.
        with contextlib.suppress(BusUnavailable):
            await asked(client.publish(message.reply, answer, headers={_REFUSED_HEADER: refused} if refused else None))

    return reply
