"""Learns SDK keys by following the CONFIG stream, whole versions at a time.

Every few seconds the newest manifests are asked for as well, so that a revoked key can't stay valid because a
message was missed. While the bus is away, what was known stays in force.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Literal

from messages.generated import config_pb2 as pb
from messages.staging import ConfigStaging, Mismatch, Rejected, Update
from messages.subjects import CONFIG, config_filter, manifest_subject, parse_config_subject
from service_kit.logs import get_logger
from streams import Bus, BusError, CaughtUp, Delivered, Restarted

from event_ingestor.senders import EnvironmentKeys, SdkKey, Senders

CHECK_SECONDS = 5.0
_SHA256_BYTES = 32
_log = get_logger("key_feed")


class KeyFeed:
    """`changed` is called after each change of what is known."""

    def __init__(self, senders: Senders, changed: Callable[[], None]) -> None:
        self._senders = senders
        self._changed = changed
        self._staging = ConfigStaging()
        self._lock = asyncio.Lock()
        self._doubted: set[str] = set()
        self.caught_up = False

    async def follow(self, bus: Bus) -> None:
        """Until it is cancelled: takes what the stream delivers, across any outage of the bus."""
        async for event in bus.follow(CONFIG, config_filter()):
            async with self._lock:
                match event:
                    case Delivered(subject, payload):
                        self._take(subject, payload)
                    case CaughtUp():
                        self._finish_reading()
                    case Restarted():
                        self._staging = ConfigStaging()

    async def keep_checking(self, bus: Bus) -> None:
        """Until it is cancelled: a check every few seconds."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await self.check(bus)
            except BusError as error:
                _log.debug("the bus did not confirm the keys", error=str(error))

    async def check(self, bus: Bus) -> None:
        """Reads anew each environment whose newest manifest is not the one held for two checks on end."""
        for environment_id in self._staging.environment_ids:
            newest = await bus.last_message(CONFIG, manifest_subject(environment_id))
            if newest is None or newest.payload == self._staging.manifest(environment_id):
                self._doubted.discard(environment_id)
            elif environment_id not in self._doubted:
                self._doubted.add(environment_id)
            else:
                async with self._lock:
                    delivered = await bus.read_all(CONFIG, config_filter(environment_id))
                    self._staging.reset(environment_id)
                    for each in delivered:
                        self._take(each.subject, each.payload)

    def _finish_reading(self) -> None:
        """What the stream no longer speaks of (after a snapshot, or a stream made anew) has no keys any more."""
        for environment in self._senders.environments:
            if environment.environment_id not in self._staging.environment_ids:
                self._senders.remove(environment.environment_id)
        self.caught_up = True
        self._changed()

    def _take(self, subject: str, payload: bytes) -> None:
        match self._staging.accept(subject, payload):
            case Update() as update:
                self._apply(update)
            case Mismatch(environment_id=environment_id, version=version):
                self._doubted.add(environment_id)
                _log.warning("digest differs", environment=environment_id, version=version)
            case Rejected(reason=reason, detail=detail):
                _log.warning("config message rejected", subject=subject, reason=reason, detail=detail)

    def _apply(self, update: Update) -> None:
        found: EnvironmentKeys | None = None
        gone = update.complete
        for subject, message in update.changed.items():
            if parse_config_subject(subject).kind != "environment":
                continue
            gone = message is None
            if message is not None:
                found = keys_of(update.environment_id, message.environment)
        if found is not None:
            self._senders.put(found)
        elif gone:
            self._senders.remove(update.environment_id)
        else:
            return
        if self.caught_up:
            self._changed()


_KINDS: Mapping[int, Literal["server", "client"]] = {
    pb.SDK_KEY_KIND_SERVER: "server",
    pb.SDK_KEY_KIND_CLIENT: "client",
}


def keys_of(environment_id: str, wire: pb.Environment) -> EnvironmentKeys:
    """What of an environment's message the ingestor needs; keys of an unknown kind or form open nothing."""
    return EnvironmentKeys(
        environment_id,
        wire.organization_id,
        wire.project_id,
        tuple(
            SdkKey(key.id, _KINDS[key.kind], key.sha256, key.expires_at)
            for key in wire.sdk_keys
            if key.kind in _KINDS and len(key.sha256) == _SHA256_BYTES
        ),
        wire.hash_user_keys,
        tuple(wire.pii_attributes),
    )
