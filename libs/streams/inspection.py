"""What the bus's servers say of themselves and of their streams, for whoever looks after them. Nothing is changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import nats.errors

from streams.client import BusClient
from streams.connection import BusConnection
from streams.port import BusUnavailable, StreamMissing
from streams.stream_configuration import account_details, server_time, stream_details


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
    bytes: int
    bytes_max: int
    copies: int
    leader: str
    clustered: bool
    replicas: tuple[Replica, ...]


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


async def inspect(connection: BusConnection, names: Collection[str], seconds: float) -> BusInspection:
    """Asks once, with a connection of its own, for at most so many seconds. Raises BusUnavailable, with the reason."""
    client = BusClient(connection, "inspection")
    try:
        async with asyncio.timeout(seconds):
            await client.connect_once()
            return await _inspected(client, names)
    except TimeoutError:
        raise BusUnavailable(f"no answer within {seconds:g} s") from None
    except (nats.errors.Error, OSError, ValueError) as error:
        raise BusUnavailable(f"{type(error).__name__}: {error}") from error
    finally:
        await client.end()


async def _inspected(client: BusClient, names: Collection[str]) -> BusInspection:
    context = client.jetstream()
    account = await account_details(context)
    streams: list[StreamInspection] = []
    missing: list[str] = []
    told: int | None = None
    asked_at = round(time.time() * 1000)
    for name in names:
        before = time.time()
        try:
            details = await stream_details(context, name)
        except StreamMissing:
            missing.append(name)
            continue
        told, asked_at = server_time(details), round((before + time.time()) / 2 * 1000)
        streams.append(_stream(details))
    limit = account.get("limits", {}).get("max_storage", -1)
    return BusInspection(
        server_version=str(client.connected_server_version),
        cluster=str(client._server_info.get("cluster", "")),
        servers=1 + len(client.discovered_servers),
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
