"""NATS JetStream behind the port."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import nats
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DiscardPolicy,
    StorageType,
    StreamConfig,
    StreamInfo,
)

from streams.client_errors import UNREACHABLE, asked
from streams.ordered_follower import OrderedFollower
from streams.port import (
    BatchConsumer,
    BusUnavailable,
    Delivered,
    ExpectedLast,
    FollowEvent,
    PublishAck,
    StreamSpec,
    StreamState,
)
from streams.pull_consumer import PullConsumer

_log = logging.getLogger("bus")
_PUBLISH_TIMEOUT_SECONDS = 5.0
_REQUEST_TIMEOUT_SECONDS = 3.0


class JetStreamBus:
    """One connection to NATS that reconnects for ever. It connects once it is started."""

    def __init__(self, url: str, *, name: str) -> None:
        """`url`: `nats://host:port`, several with commas. Needs no running loop."""
        self._servers = url.split(",")
        self._name = name
        self._client = Client()
        self._context = self._client.jetstream(timeout=_REQUEST_TIMEOUT_SECONDS)
        self._connecting: asyncio.Task[None] | None = None
        self._told: set[str] = set()

    @classmethod
    async def connect(cls, url: str, *, name: str) -> JetStreamBus:
        """A bus that is connected, however long it takes."""
        bus = cls(url, name=name)
        await bus._keep_connecting()
        return bus

    def start(self) -> None:
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._keep_connecting(), name="bus-connect")

    async def _keep_connecting(self) -> None:
        while True:
            # A refused first attempt ends the client's own loop, so it is begun again.
            try:
                await self._client.connect(
                    servers=self._servers,
                    name=self._name,
                    allow_reconnect=True,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.25,  # type: ignore[arg-type] # the client sleeps any number of seconds
                    connect_timeout=2,
                    ping_interval=2,
                    max_outstanding_pings=2,
                    error_cb=self._tell_failure,
                    disconnected_cb=self._tell_loss,
                    reconnected_cb=self._tell_return,
                )
                await self._tell_return()
                return
            except (nats.errors.Error, OSError) as error:
                await self._tell_failure(error)
            await asyncio.sleep(0.25)

    async def _tell_failure(self, error: Exception) -> None:
        """Errors of single operations reach who asked for them; while there is no connection, each kind is said
        once."""
        reason = f"{type(error).__name__}: {error}"
        if not self._client.is_connected and reason not in self._told:
            self._told.add(reason)
            _log.warning("the bus can't be reached, trying on (%s)", reason)

    async def _tell_loss(self) -> None:
        if not self._client.is_closed:
            _log.warning("the connection to the bus is lost, trying to get it back")

    async def _tell_return(self) -> None:
        self._told.clear()
        _log.info("connected to the bus")

    @property
    def connected(self) -> bool:
        return bool(self._client.is_connected)

    def _require_connection(self) -> None:
        if not self._client.is_connected:
            raise BusUnavailable("not connected to the bus")

    async def ensure_stream(self, spec: StreamSpec) -> None:
        self._require_connection()
        config = StreamConfig(
            name=spec.name,
            subjects=list(spec.subjects),
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_bytes=spec.max_bytes,
            max_age=spec.max_age_seconds or 0,
            max_msgs_per_subject=1 if spec.last_per_subject else -1,
            max_msg_size=spec.max_message_bytes,
            num_replicas=spec.replicas,
            duplicate_window=min(spec.duplicate_window_seconds, spec.max_age_seconds or spec.duplicate_window_seconds),
            allow_direct=True,
        )
        try:
            await asked(self._context.update_stream(config))
        except BusUnavailable as error:
            if not isinstance(error.__cause__, nats.js.errors.NotFoundError):
                raise
            await asked(self._context.add_stream(config))

    async def publish(
        self, subject: str, payload: bytes, *, message_id: str | None = None, expected: ExpectedLast | None = None
    ) -> PublishAck:
        self._require_connection()
        headers: dict[str, str] = {}
        if message_id is not None:
            headers["Nats-Msg-Id"] = message_id
        if expected is not None:
            headers["Nats-Expected-Last-Subject-Sequence"] = str(expected.sequence)
            headers["Nats-Expected-Last-Subject-Sequence-Subject"] = expected.subject
        ack = await asked(
            self._context.publish(subject, payload, timeout=_PUBLISH_TIMEOUT_SECONDS, headers=headers or None)
        )
        return PublishAck(ack.seq, bool(ack.duplicate))

    async def follow(self, stream: str, filter_subject: str) -> AsyncIterator[FollowEvent]:
        follower = OrderedFollower(self._client, self._context, stream, filter_subject)
        while True:
            async for event in follower.session():
                yield event
            await asyncio.sleep(0.1)

    async def last_message(self, stream: str, subject: str) -> Delivered | None:
        self._require_connection()
        try:
            found = await asked(self._context.get_last_msg(stream, subject, direct=True))
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

    async def state(self, stream: str) -> StreamState:
        self._require_connection()
        info: StreamInfo = await asked(self._context.stream_info(stream))
        state = info.state
        return StreamState(state.messages, state.bytes, state.first_seq, state.last_seq)

    async def close(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
        # The last flush may be what notices a server that has just died; nobody was promised what it would have sent.
        with contextlib.suppress(*UNREACHABLE):
            await self._client.close()
