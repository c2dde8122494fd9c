"""The port of a message bus: what the services ask of it.

BusError
├── BusUnavailable
│   ├── NoResponder
│   ├── StreamMissing
│   └── StreamRefused
├── RequestFailed
├── ResponderBusy
├── StreamFull
├── MessageTooLarge
└── WrongLastSequence
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol


class BusError(Exception):
    """A bus could not do what was asked."""


class BusUnavailable(BusError):
    """Nobody answered in time; nothing is known to be stored."""


class NoResponder(BusUnavailable):
    """The bus answers, and nobody responds on the subject; known at once."""


class RequestFailed(BusError):
    """The responder took the request and failed; its log says why."""


class ResponderBusy(BusError):
    """The responder has as many requests as it takes; nothing was done."""


class StreamMissing(BusUnavailable):
    """The bus answers, and has no such stream."""


class StreamRefused(BusUnavailable):
    """The bus answers, and does not make the stream; the message says why."""


class StreamFull(BusError):
    """The stream's size limit is reached; nothing was stored."""


class MessageTooLarge(BusError):
    """The message, or the answer to it, is over the stream's or the server's limit; nothing was stored."""


class WrongLastSequence(BusError):
    """Another message than the expected one is the newest on the subject; nothing was stored."""


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A stream on disk that refuses new messages when it is full and never drops what it has acknowledged.

    `messages_per_subject`: only so many of each subject are kept, the newest; None: all. `max_age_seconds` None keeps
    for ever.
    `given` names the fields that a stream which exists is changed to; None: all that may be changed.
    """

    name: str
    subjects: tuple[str, ...]
    max_bytes: int
    max_age_seconds: float | None = None
    messages_per_subject: int | None = None
    replicas: int = 1
    duplicate_window_seconds: float = 120
    max_message_bytes: int = 8 * 1024 * 1024
    given: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ExpectedLast:
    """Store only if the newest message on `subject` has this `sequence` (0: there is none)."""

    sequence: int
    subject: str


@dataclass(frozen=True, slots=True)
class PublishAck:
    """The bus's word that a message is stored.

    `duplicate`: the message id was seen within the window, and `sequence` is that of the first one."""

    sequence: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message that was read from a stream.

    `published_at` is the server's time in milliseconds since the Unix epoch. `trace`: what it was published with."""

    subject: str
    payload: bytes
    sequence: int
    published_at: int
    trace: str = ""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """All that the stream held when the follower (re)started has been delivered."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The stream is not the one that was followed: everything it holds is delivered anew."""


FollowEvent = Delivered | CaughtUp | Restarted


@dataclass(frozen=True, slots=True)
class StreamState:
    """What a stream holds now; sequences are 0 while it is empty.

    `identity` is another one for each stream that was made, also under a name that was there before.
    `first_at`: when the first message was stored, milliseconds since the Unix epoch; 0 while it is empty.
    `max_bytes`: what the stream may hold, which is not what was asked for where an existing one was left as it is."""

    messages: int
    bytes: int
    first_sequence: int
    last_sequence: int
    identity: str
    first_at: int
    max_bytes: int


class Message(Protocol):
    """A message to be acknowledged; without acknowledgement it comes again after the consumer's wait."""

    @property
    def subject(self) -> str: ...

    @property
    def payload(self) -> bytes: ...

    @property
    def sequence(self) -> int: ...

    @property
    def deliveries(self) -> int:
        """1 for the first delivery."""

    @property
    def published_at(self) -> int:
        """Milliseconds since the Unix epoch."""

    @property
    def trace(self) -> str:
        """What it was published with."""

    async def ack(self) -> None: ...

    async def nak(self, delay_seconds: float) -> None:
        """Asks for redelivery after the delay."""


class BatchConsumer(Protocol):
    """A named, durable position in a stream, shared by all that pull under its name."""

    async def fetch(self, max_messages: int, timeout_seconds: float) -> list[Message]:
        """Up to `max_messages`, or none when the time is over. Raises BusUnavailable."""

    async def pending(self) -> int:
        """Messages that nobody has acknowledged yet. Raises BusUnavailable."""

    async def oldest_pending_at(self) -> int | None:
        """When the first message that nobody has acknowledged yet was stored, milliseconds since the Unix epoch by the
        bus's clock; None when there is none. Raises BusUnavailable."""


class Bus(Protocol):
    """A message bus: streams that are published to, followed in order, or pulled from in batches."""

    @property
    def connected(self) -> bool: ...

    @property
    def trouble(self) -> str | None:
        """Why there is no connection; None while there is one."""

    async def reaches(self, seconds: float) -> bool:
        """Whether any server of the cluster answers within so many seconds. No stream is asked; never raises."""

    def start(self) -> None:
        """Begins to connect, in the running loop, and returns at once: a service starts while the bus is away."""

    async def ensure_stream(self, spec: StreamSpec) -> str | None:
        """Creates the stream; one that exists is changed to what is given of `spec`, and goes on as it is where it
        can't be. Answers what it could not be given, and why. Raises BusUnavailable, `StreamRefused` among it."""

    async def time(self, stream: str) -> int:
        """The server's clock when it answers, milliseconds since the Unix epoch. Raises BusUnavailable."""

    async def publish(
        self,
        subject: str,
        payload: bytes,
        *,
        message_id: str | None = None,
        expected: ExpectedLast | None = None,
        trace: str = "",
    ) -> PublishAck:
        """Returns when the stream has stored the message. `trace`: W3C's traceparent, which goes beside it. Raises any
        BusError."""

    async def tell(self, subject: str, payload: bytes, *, everywhere: bool = False) -> None:
        """Says something to whoever listens at this moment; no stream keeps it. `everywhere`: to each server of the
        cluster, for they may not hear each other; it can arrive several times. Raises BusUnavailable where its own
        server isn't reached; the others are told all the same."""

    def listen(self, subject: str) -> AsyncIterator[bytes]:
        """What is told on the subject from now on. Waits while the bus is away; never raises."""

    async def request(self, subject: str, payload: bytes, seconds: float) -> bytes:
        """The answer of one that responds on the subject. Raises NoResponder at once where there is none,
        BusUnavailable after so many seconds, MessageTooLarge for the request or its answer, ResponderBusy,
        RequestFailed."""

    async def respond(
        self, subject: str, answer: Callable[[bytes], Awaitable[bytes]], *, group: str, at_once: int, waiting_max: int
    ) -> None:
        """Answers requests until it is cancelled; of those that respond in one `group`, one gets each. Up to `at_once`
        are answered at a time, `waiting_max` more wait, the others are refused as busy. What `answer` raises is told to
        who asked as a failure. Waits while the bus is away; never raises."""

    def follow(self, stream: str, filter_subject: str) -> AsyncIterator[FollowEvent]:
        """The newest message of each subject, `CaughtUp`, then every change, in order and without gaps.

        Waits while the bus is away; never raises. It may deliver a message twice after a reconnection.
        """

    async def last_message(self, stream: str, subject: str) -> Delivered | None:
        """The newest message on `subject`. Raises BusUnavailable."""

    async def message_at(self, stream: str, sequence: int) -> Delivered | None:
        """The message with this sequence, None if there is none (any more). Raises BusUnavailable."""

    async def delete_message(self, stream: str, sequence: int) -> None:
        """Removes one message for good, overwriting its bytes; harmless when it is gone. Raises BusUnavailable."""

    async def read_all(self, stream: str, filter_subject: str) -> list[Delivered]:
        """The newest message of each subject, in stream order. Raises BusUnavailable."""

    async def pull(
        self, stream: str, durable: str, *, filter_subject: str, ack_wait_seconds: float, max_ack_pending: int
    ) -> BatchConsumer:
        """Opens (or creates) the durable consumer. Raises BusUnavailable."""

    async def pull_since(self, stream: str, name: str, *, filter_subject: str, since: int) -> BatchConsumer:
        """A new consumer of what was published at `since` (epoch milliseconds) or later. It is forgotten by itself when
        nobody has pulled from it for ten minutes. Raises BusUnavailable."""

    async def state(self, stream: str) -> StreamState:
        """Raises BusUnavailable."""

    async def close(self) -> None: ...
