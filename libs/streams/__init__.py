"""Durable streams: publish, follow, pull, acknowledge. The port stands in `port`, its adapters beside it."""

from streams.port import (
    BatchConsumer,
    Bus,
    BusError,
    BusUnavailable,
    CaughtUp,
    Delivered,
    ExpectedLast,
    FollowEvent,
    Message,
    MessageTooLarge,
    PublishAck,
    Restarted,
    StreamFull,
    StreamSpec,
    StreamState,
    WrongLastSequence,
)

__all__ = [
    "BatchConsumer",
    "Bus",
    "BusError",
    "BusUnavailable",
    "CaughtUp",
    "Delivered",
    "ExpectedLast",
    "FollowEvent",
    "Message",
    "MessageTooLarge",
    "PublishAck",
    "Restarted",
    "StreamFull",
    "StreamSpec",
    "StreamState",
    "WrongLastSequence",
]
