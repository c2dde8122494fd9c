"""What the bus's servers say of themselves and of their streams, for whoever looks after them. Nothing is changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import nats.errors

from streams.client import BusClient
from streams.connection import BusConnection
from streams.port import BusUnavailable, StreamMissing
from streams.stream_configuration import (
    account_details,
    consumer_details,
    epoch_milliseconds,
    server_time,
    stream_details,
)


@dataclass(frozen=True, slots=True)
class Replica:
    """One server's copy of a stream. `behind` in messages; `current`: it has all, and was heard lately."""

    server: str
    current: bool
    offline: bool
    behind: int


@dataclass(frozen=True, slots=True)
class StreamInspection:
    """A stream that is there. `bytes_max` is 0 for one without a limit; `leader` is empty while there is none, and
    where the server is no cluster; `replicas` are those beside the leader's."""

    name: str
    messages: int
    last_sequence: int
    bytes: int
    bytes_max: int
    copies: int
    leader: str
    clustered: bool
    replicas: tuple[Replica, ...]


@dataclass(frozen=True, slots=True)
class ConsumerInspection:
    """A durable position. `waiting`: messages that were not acknowledged, delivered or not. All up to
    `acknowledged_sequence` were. `acknowledged_at`: when one was last, epoch milliseconds, 0: never."""

    waiting: int
    acknowledged_sequence: int
    acknowledged_at: int


@dataclass(frozen=True, slots=True)
class BusInspection:
    """The bus at one moment. `time` is the server's clock and `asked_at` ours when half of the answer's time was over,
    both in epoch milliseconds; `time` is None where no stream is there. `storage_max` 0: the account has no limit."""

    server_version: str
    cluster: str
    servers: int
    storage: int
    storage_max: int
    time: int | None
    asked_at: int
    streams: tuple[StreamInspection, ...]
    missing: tuple[str, ...]


async def inspect(
    connection: BusConnection, names: Collection[str], seconds: float, now: Callable[[], int]
) -> BusInspection:
    """The servers and these streams, asked once, for at most so many seconds. `now`: our own clock, epoch milliseconds.
    Raises BusUnavailable, with the reason."""
    async with _client(connection, seconds) as client:
        return await _inspected(client, names, now)


async def inspect_consumer(
    connection: BusConnection, stream: str, durable: str, seconds: float
) -> ConsumerInspection | None:
    """One durable consumer, None where there is none. Raises BusUnavailable, with the reason."""
    async with _client(connection, seconds) as client:
        details = await consumer_details(client.jetstream(), stream, durable)
    if details is None:
        return None
    floor = details.get("ack_floor") or {}
    acknowledged = floor.get("stream_seq", 0)
    last = floor.get("last_active", "") if acknowledged else ""
    return ConsumerInspection(
        waiting=details.get("num_pending", 0) + details.get("num_ack_pending", 0),
        acknowledged_sequence=acknowledged,
        acknowledged_at=epoch_milliseconds(last) if last else 0,
    )


@asynccontextmanager
async def _client(connection: BusConnection, seconds: float) -> AsyncIterator[BusClient]:
    """A connection of its own."""
    client = BusClient(connection, "inspection")
    try:
        async with asyncio.timeout(seconds):
            await client.connect_once(error_cb=_nothing)
            yield client
    except TimeoutError:
        raise BusUnavailable(f"no answer within {seconds:g} s") from None
    except (nats.errors.Error, OSError, ValueError) as error:
        raise BusUnavailable(f"{type(error).__name__}: {error}") from error
    finally:
        await client.end()


async def _nothing(_: Exception) -> None:
    """The client itself would write it to the log; who asks is told."""


async def _inspected(client: BusClient, names: Collection[str], now: Callable[[], int]) -> BusInspection:
    context = client.jetstream()
    account = await account_details(context)
    streams: list[StreamInspection] = []
    missing: list[str] = []
    told: int | None = None
    asked_at = now()
    for name in names:
        before = now()
        try:
            details = await stream_details(context, name)
        except StreamMissing:
            missing.append(name)
            continue
        told, asked_at = server_time(details), (before + now()) // 2
        streams.append(_stream(details))
    limit = account.get("limits", {}).get("max_storage", -1)
    return BusInspection(
        server_version=str(client._server_info.get("version", "?")),
        cluster=str(client._server_info.get("cluster", "")),
        servers=len(client.servers),
        storage=account.get("storage", 0),
        storage_max=max(limit, 0),
        time=told,
        asked_at=asked_at,
        streams=tuple(streams),
        missing=tuple(missing),
    )


def _stream(details: dict[str, Any]) -> StreamInspection:
    config, state, cluster = details["config"], details["state"], details.get("cluster") or {}
    return StreamInspection(
        name=config["name"],
        messages=state["messages"],
        last_sequence=state["last_seq"],
        bytes=state["bytes"],
        bytes_max=max(config["max_bytes"], 0),
        copies=config["num_replicas"],
        leader=cluster.get("leader", ""),
        clustered=bool(cluster.get("name")),
        replicas=tuple(
            Replica(each["name"], bool(each.get("current")), bool(each.get("offline")), each.get("lag", 0))
            for each in cluster.get("replicas") or ()
        ),
    )
