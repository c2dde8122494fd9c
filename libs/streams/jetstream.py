"""NATS JetStream behind the port."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable
from typing import Any, TypeVar

import nats
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DiscardPolicy,
    StorageType,
    StreamConfig,
    StreamInfo,
)
from nats.js.client import JetStreamContext

from streams.ordered_follower import OrderedFollower
from streams.port import (
    BatchConsumer,
    BusError,
    BusUnavailable,
    Delivered,
    ExpectedLast,
    FollowEvent,
    Message,
    MessageTooLarge,
    PublishAck,
    StreamFull,
    StreamSpec,
    StreamState,
    WrongLastSequence,
)

_log = logging.getLogger("bus")
_PUBLISH_TIMEOUT_SECONDS = 5.0
_REQUEST_TIMEOUT_SECONDS = 3.0
_WRONG_LAST_SEQUENCE = {10071, 10070}
_STREAM_FULL = {10077, 10023, 10047}
_TOO_LARGE = {10054, 10045}
_UNREACHABLE = (
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


async def asked(call: Awaitable[T]) -> T:
    """Awaits a call of the client and turns its errors into the port's."""
    try:
        return await call
    except _UNREACHABLE as error:
        raise BusUnavailable(f"the bus did not answer ({type(error).__name__})") from error
    except nats.errors.MaxPayloadError as error:
        raise MessageTooLarge("the message is over the server's limit") from error
    except nats.js.errors.APIError as error:
        raise _translated(error) from error


def _translated(error: nats.js.errors.APIError) -> BusError:
    text = error.description or type(error).__name__
    if error.err_code in _WRONG_LAST_SEQUENCE:
        return WrongLastSequence(text)
    if error.err_code in _STREAM_FULL:
        return StreamFull(text)
    if error.err_code in _TOO_LARGE:
        return MessageTooLarge(text)
    return BusUnavailable(text)


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
        consumer = _PullConsumer(self._client, self._context, stream, config)
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
        await self._client.close()


class _PullConsumer:
    def __init__(self, client: Client, context: JetStreamContext, stream: str, config: ConsumerConfig) -> None:
        self._client = client
        self._context = context
        self._stream = stream
        self._config = config
        self._subscription: JetStreamContext.PullSubscription | None = None

    async def open(self) -> None:
        await asked(self._context.add_consumer(self._stream, self._config))
        self._subscription = await asked(
            self._context.pull_subscribe_bind(consumer=self._config.durable_name, stream=self._stream)
        )

    async def fetch(self, max_messages: int, timeout_seconds: float) -> list[Message]:
        if not self._client.is_connected:
            raise BusUnavailable("not connected to the bus")
        if self._subscription is None:
            await self.open()
        assert self._subscription is not None  # noqa: S101 - opened above
        try:
            found = await self._subscription.fetch(max_messages, timeout=timeout_seconds)
        except (nats.errors.TimeoutError, TimeoutError):
            return []
        except (*_UNREACHABLE, nats.js.errors.Error) as error:
            self._subscription = None
            raise BusUnavailable(f"the consumer is away ({type(error).__name__})") from error
        return [_JetStreamMessage(message) for message in found]

    async def pending(self) -> int:
        if not self._client.is_connected:
            raise BusUnavailable("not connected to the bus")
        info = await asked(self._context.consumer_info(self._stream, self._config.durable_name or ""))
        return (info.num_pending or 0) + (info.num_ack_pending or 0)


class _JetStreamMessage:
    __slots__ = ("_message", "_metadata")

    def __init__(self, message: Msg) -> None:
        self._message = message
        self._metadata: Any = message.metadata

    @property
    def subject(self) -> str:
        return str(self._message.subject)

    @property
    def payload(self) -> bytes:
        return bytes(self._message.data)

    @property
    def sequence(self) -> int:
        return int(self._metadata.sequence.stream)

    @property
    def deliveries(self) -> int:
        return int(self._metadata.num_delivered or 1)

    @property
    def published_at(self) -> int:
        return int(self._metadata.timestamp.timestamp() * 1000)

    async def ack(self) -> None:
        await asked(self._message.ack())

    async def nak(self, delay_seconds: float) -> None:
        await asked(self._message.nak(delay=delay_seconds))
