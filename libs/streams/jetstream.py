"""NATS JetStream behind the port."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import nats.errors
import nats.js.errors
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from streams import publication, requests, stream_configuration
from streams.client import BusClient
from streams.client_errors import UNREACHABLE, asked
from streams.connection import BusConnection
from streams.expectations import Expectations
from streams.message_headers import TRACE_HEADER, trace_in
from streams.ordered_follower import OrderedFollower
from streams.other_servers import OtherServers
from streams.port import (
    BatchConsumer,
    BusUnavailable,
    Delivered,
    ExpectedLast,
    FollowEvent,
    PublishAck,
    StreamMissing,
    StreamSpec,
    StreamState,
)
from streams.pull_consumer import PullConsumer
from streams.responder import Responder
from streams.server_choice import ServerChoice
from streams.stream_configuration import epoch_milliseconds, server_time, stream_details

_log = logging.getLogger("bus")
_LISTEN_AGAIN_SECONDS = 0.1
_REQUEST_TIMEOUT_SECONDS = 3.0
_CONNECT_AGAIN_SECONDS = 0.25
_CONNECTING_ENDS_SECONDS = 1.0
_FOLLOW_AGAIN_SECONDS, _FOLLOW_AGAIN_SECONDS_MAX = 0.1, 1.5
_SINCE_ACK_SECONDS, _SINCE_IDLE_SECONDS, _SINCE_PENDING_MAX = 60.0, 600.0, 20_000


class JetStreamBus:
    """One connection to NATS that reconnects for ever. It connects once it is started."""

    def __init__(self, connection: BusConnection | str, *, name: str) -> None:
        """`connection`: also an address alone, see `BusConnection.to`. Needs no running loop."""
        self._connection = BusConnection.to(connection) if isinstance(connection, str) else connection
        self._client = BusClient(self._connection, name)
        self._context = self._client.jetstream(timeout=_REQUEST_TIMEOUT_SECONDS)
        self._choice = ServerChoice(self._client, self._connection, name)
        self._expectations = Expectations()
        self._others = OtherServers(self._client, self._connection, name)
        self._connecting: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._told: set[str] = set()
        self._trouble = ""
        self._begun = False

    @classmethod
    async def connect(cls, connection: BusConnection | str, *, name: str) -> JetStreamBus:
        """A bus that is connected, however long it takes."""
        bus = cls(connection, name=name)
        await bus._keep_connecting()
        return bus

    def start(self) -> None:
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._keep_connecting(), name="bus-connect")

    async def first_connection(self, seconds: float) -> bool:
        """Whether a bus that was started is connected within so many seconds; it goes on trying."""
        if self._connecting is not None:
            await asyncio.wait({self._connecting}, timeout=seconds)
        return self.connected

    async def _keep_connecting(self) -> None:
        self._begun = True
        while True:
            try:
                await self._client.connect_once(
                    error_cb=self._tell_failure,
                    disconnected_cb=self._tell_loss,
                    reconnected_cb=self._tell_return,
                )
                await self._tell_return()
                if len(self._connection.servers) > 1:
                    self._watching = asyncio.create_task(self._choice.keep(), name="bus-choice")
                return
            except (nats.errors.Error, OSError, ValueError) as error:
                await self._tell_failure(error)
            await asyncio.sleep(_CONNECT_AGAIN_SECONDS * (1 + random.random()))

    async def _tell_failure(self, error: Exception) -> None:
        """Errors of single operations reach who asked for them; while there is no connection, each kind is said
        once."""
        if self._client.is_connected:
            if "permissions violation" in str(error).lower() and str(error) not in self._told:
                self._told.add(str(error))
                _log.error("the bus doesn't permit it: %s", error)
            return
        reason = self._trouble = f"{type(error).__name__}: {error}"
        if reason not in self._told:
            self._told.add(reason)
            _log.warning("the bus can't be reached, trying on (%s)", reason)

    async def _tell_loss(self) -> None:
        self._client.give_up_waiting()
        if not self._client.is_closed:
            _log.warning("the connection to the bus is lost, trying to get it back")

    async def _tell_return(self) -> None:
        self._told.clear()
        self._trouble = ""
        _log.info("connected to the bus")

    @property
    def connected(self) -> bool:
        return bool(self._client.is_connected)

    @property
    def trouble(self) -> str | None:
        if self._client.is_connected:
            return None
        return f"not connected ({self._trouble})" if self._trouble else "not connected"

    async def reaches(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                # A server that hangs leaves the others half of the time.
                own = await self._client.answers(seconds / 2 if self._others.known else seconds)
                return own or await self._others.reached()
        except TimeoutError:
            return False

    async def _details(self, stream: str) -> dict[str, Any]:
        self._choice.stream = stream
        return await stream_details(self._context, stream)

    def _require_connection(self) -> None:
        if not self._client.is_connected:
            raise BusUnavailable("not connected to the bus")

    async def ensure_stream(self, spec: StreamSpec) -> str | None:
        self._require_connection()
        self._choice.stream = spec.name
        return await stream_configuration.ensure(self._context, spec)

    async def time(self, stream: str) -> int:
        self._require_connection()
        return server_time(await self._details(stream))

    async def publish(
        self,
        subject: str,
        payload: bytes,
        *,
        message_id: str | None = None,
        expected: ExpectedLast | None = None,
        trace: str = "",
    ) -> PublishAck:
        self._require_connection()
        headers: dict[str, str] = {}
        if message_id is not None:
            headers["Nats-Msg-Id"] = message_id
        if expected is not None:
            headers["Nats-Expected-Last-Subject-Sequence"] = str(expected.sequence)
            headers["Nats-Expected-Last-Subject-Sequence-Subject"] = expected.subject
        if trace:
            headers[TRACE_HEADER] = trace
        named = message_id is not None
        ack = await self._expectations.publish(
            expected,
            lambda: publication.publish(self._client, self._context, subject, payload, headers, named=named),
        )
        return PublishAck(ack.seq, bool(ack.duplicate))

    async def tell(self, subject: str, payload: bytes, *, everywhere: bool = False) -> None:
        if everywhere:
            self._others.tell(subject, payload)
        self._require_connection()
        await asked(self._client.publish(subject, payload))

    async def listen(self, subject: str) -> AsyncIterator[bytes]:
        while True:
            if self._client.is_connected:
                subscription = await self._client.subscribe(subject)
                try:
                    # The client subscribes again by itself after a reconnection.
                    async for message in subscription.messages:
                        yield message.data
                finally:
                    with contextlib.suppress(*UNREACHABLE, nats.errors.Error):
                        await subscription.unsubscribe()
            await asyncio.sleep(_LISTEN_AGAIN_SECONDS)

    async def request(self, subject: str, payload: bytes, seconds: float) -> bytes:
        self._require_connection()
        return await requests.request(self._client, subject, payload, seconds)

    async def respond(
        self, subject: str, answer: Callable[[bytes], Awaitable[bytes]], *, group: str, at_once: int, waiting_max: int
    ) -> None:
        responder = Responder(answer, at_once=at_once, waiting_max=waiting_max)
        await requests.respond(self._client, subject, group, responder)

    async def follow(self, stream: str, filter_subject: str) -> AsyncIterator[FollowEvent]:
        self._choice.stream = stream
        follower = OrderedFollower(self._client, self._context, stream, filter_subject)
        pause = _FOLLOW_AGAIN_SECONDS
        while True:
            async for event in follower.session():
                pause = _FOLLOW_AGAIN_SECONDS
                yield event
            await asyncio.sleep(pause * (0.5 + random.random()))
            pause = min(pause * 2, _FOLLOW_AGAIN_SECONDS_MAX)

    async def last_message(self, stream: str, subject: str) -> Delivered | None:
        self._require_connection()
        try:
            # Of the leader: another server may answer a direct question from before the newest message.
            found = await asked(self._context.get_last_msg(stream, subject))
        except StreamMissing:
            raise
        except BusUnavailable as error:
            if isinstance(error.__cause__, nats.js.errors.NotFoundError):
                return None
            raise
        stamp = found.time
        return Delivered(
            found.subject or subject,
            found.data or b"",
            found.seq or 0,
            round(stamp.timestamp() * 1000) if stamp is not None else 0,
            trace_in(found.headers),
        )

    async def message_at(self, stream: str, sequence: int) -> Delivered | None:
        self._require_connection()
        try:
            found = await asked(self._context.get_msg(stream, sequence, direct=True))
        except BusUnavailable as error:
            if isinstance(error.__cause__, nats.js.errors.NotFoundError):
                return None
            raise
        stamp = found.time
        return Delivered(
            found.subject or "",
            found.data or b"",
            sequence,
            round(stamp.timestamp() * 1000) if stamp is not None else 0,
            trace_in(found.headers),
        )

    async def delete_message(self, stream: str, sequence: int) -> None:
        self._require_connection()
        try:
            await asked(self._context.delete_msg(stream, sequence))
        except BusUnavailable as error:
            if not isinstance(error.__cause__, nats.js.errors.APIError):
                raise

    async def read_all(self, stream: str, filter_subject: str) -> list[Delivered]:
        self._require_connection()
        follower = OrderedFollower(self._client, self._context, stream, filter_subject)
        delivered: list[Delivered] = []
        async with contextlib.aclosing(follower.session()) as events:
            async for event in events:
                if not isinstance(event, Delivered):
                    return delivered
                delivered.append(event)
        raise BusUnavailable("the bus went away while it was read")

    async def pull(
        self, stream: str, durable: str, *, filter_subject: str, ack_wait_seconds: float, max_ack_pending: int
    ) -> BatchConsumer:
        self._require_connection()
        config = ConsumerConfig(
            durable_name=durable,
            filter_subject=filter_subject,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ack_wait_seconds,
            max_deliver=-1,
            max_ack_pending=max_ack_pending,
        )
        consumer = PullConsumer(self._client, self._context, stream, config)
        await consumer.open()
        return consumer

    async def pull_since(self, stream: str, name: str, *, filter_subject: str, since: int) -> BatchConsumer:
        self._require_connection()
        config = ConsumerConfig(
            durable_name=name,
            filter_subject=filter_subject,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=await self._first_since(stream, since),
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=_SINCE_ACK_SECONDS,
            max_deliver=-1,
            max_ack_pending=_SINCE_PENDING_MAX,
            inactive_threshold=_SINCE_IDLE_SECONDS,
        )
        consumer = PullConsumer(self._client, self._context, stream, config)
        await consumer.open()
        return consumer

    async def _first_since(self, stream: str, since: int) -> int:
        """The sequence of the first message of `since` or later. The server's own search by time was seen to pass over
        the last messages of a stream."""
        state = await self.state(stream)
        start, end = max(state.first_sequence, 1), state.last_sequence + 1
        while start < end:
            middle = (start + end) // 2
            at, found = middle, await self.message_at(stream, middle)
            while found is None and at + 1 < end:
                at += 1
                found = await self.message_at(stream, at)
            if found is None or found.published_at >= since:
                end = middle
            else:
                start = at + 1
        return start

    async def state(self, stream: str) -> StreamState:
        self._require_connection()
        details = await self._details(stream)
        state = details["state"]
        first_at = epoch_milliseconds(state["first_ts"]) if state["messages"] else 0
        return StreamState(
            messages=state["messages"],
            bytes=state["bytes"],
            first_sequence=state["first_seq"],
            last_sequence=state["last_seq"],
            identity=details["created"],
            first_at=first_at,
            max_bytes=details["config"]["max_bytes"],
        )

    async def close(self) -> None:
        await self._others.close()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        if self._connecting is not None and not self._connecting.done():
            self._connecting.cancel()
            # The client may lose that, and would begin its tasks after it was closed.
            await asyncio.wait([self._connecting], timeout=_CONNECTING_ENDS_SECONDS)
        if not self._begun:
            return
        # The last flush may be what notices a server that has just died; nobody was promised what it would have sent.
        with contextlib.suppress(*UNREACHABLE):
            await self._client.end()
