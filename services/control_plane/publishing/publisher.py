"""③ Puts the difference between a compiled environment and the CONFIG stream onto the stream, ended by a manifest.

Every write expects the manifest that this leader saw last. A leader begins by writing each environment's manifest
again with its own epoch: from then on every write of an earlier leader is refused by the stream itself.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import DecodeError
from messages.digest import combined, digest_bytes, entry_digest
from messages.generated.config_pb2 import ConfigMessage, Manifest
from messages.subjects import CONFIG, config_filter, manifest_subject, parse_config_subject
from service_kit.clock import Clock
from streams import Bus, BusUnavailable, Delivered, ExpectedLast, MessageTooLarge, WrongLastSequence

from control_plane.publishing.compiler import CompiledEnvironment
from control_plane.publishing.entries import payload_of, published_answers_version, published_content, tombstone_of

_FENCE_ATTEMPTS = 3
_IN_FLIGHT_MAX = 64


class Fenced(Exception):
    """Another leader has written since: this one must stop."""


class BehindTheBus(Exception):
    """The stream holds a newer version than the database, as after restoring a backup."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the stream is at version {version}")
        self.version = version


@dataclass(frozen=True, slots=True)
class Publication:
    """What one publication wrote."""

    version: int
    changed: int = 0
    removed: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    """Entries too large for the bus; what was published of them before stays."""


@dataclass
class _Held:
    """What the stream holds of one environment, as this leader knows it."""

    sequence: int
    version: int
    contents: dict[str, bytes] = field(default_factory=dict)
    digests: dict[str, int] = field(default_factory=dict)
    answers_versions: dict[str, int] = field(default_factory=dict)

    def before(self, subject: str) -> tuple[bytes, int] | None:
        """What stands on the subject, and the version in which it last changed answers."""
        content = self.contents.get(subject)
        return None if content is None else (content, self.answers_versions[subject])

    def put(self, subject: str, content: bytes, payload: bytes) -> None:
        self.contents[subject] = content
        self.answers_versions[subject] = published_answers_version(payload)
        self.digests[subject] = entry_digest(subject, payload)

    def drop(self, subject: str) -> None:
        del self.contents[subject], self.digests[subject], self.answers_versions[subject]

    @property
    def digest(self) -> bytes:
        total = 0
        for each in self.digests.values():
            total = combined(total, added=each)
        return digest_bytes(total)


class Publisher:
    """The writer of one term of leadership."""

    def __init__(self, *, bus: Bus, clock: Clock, epoch: int) -> None:
        self._bus = bus
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self.epoch = epoch

    async def take_over(self, environment_ids: Sequence[str]) -> list[str]:
        """Fences earlier leaders off these environments, then reads what the stream holds of them.

        Answers the environments that stand on the stream and are not among them. Raises `Fenced`, `BusError`.
        """
        for environment_id in environment_ids:
            self._held[environment_id] = await self._fence(environment_id)
        return self._load(await self._bus.read_all(CONFIG, config_filter()))

    async def reread(self, environment_id: str) -> None:
        """Forgets what was known of one environment and reads it from the stream. Raises `Fenced`, `BusError`."""
        self._held[environment_id] = await self._fence(environment_id)
        self._load(await self._bus.read_all(CONFIG, config_filter(environment_id)))

    async def publish(self, compiled: CompiledEnvironment) -> Publication:
        """Writes what differs and the manifest; nothing when nothing differs and the version is known.

        Raises `Fenced`, `BehindTheBus`, `BusError`; after each of them the next call reads the stream anew.
        """
        environment_id = compiled.environment_id
        if environment_id not in self._held:
            await self.reread(environment_id)
        held = self._held.pop(environment_id)
        if compiled.version < held.version:
            raise BehindTheBus(held.version)
        changed = [each for each, content in compiled.entries.items() if held.contents.get(each) != content]
        removed = [each for each in held.contents if each not in compiled.entries and each not in compiled.invalid]
        publication = Publication(version=compiled.version, changed=len(changed), removed=len(removed))
        try:
            if changed or removed or compiled.version > held.version:
                await self._write(held, compiled, changed, publication.refused)
                await self._remove(held, compiled, removed)
                await self._end(held, compiled)
        except WrongLastSequence as error:
            raise Fenced(f"environment {environment_id}") from error
        self._held[environment_id] = held
        return publication

    async def _write(
        self, held: _Held, compiled: CompiledEnvironment, subjects: Iterable[str], refused: dict[str, str]
    ) -> None:
        expected = ExpectedLast(held.sequence, manifest_subject(compiled.environment_id))
        turns = asyncio.Semaphore(_IN_FLIGHT_MAX)

        async def write(subject: str) -> None:
            content = compiled.entries[subject]
            payload = payload_of(content, compiled.version, self.epoch, held.before(subject))
            async with turns:
                try:
                    await self._bus.publish(subject, payload, expected=expected)
                except MessageTooLarge as error:
                    refused[subject] = str(error)
                    return
            held.put(subject, content, payload)

        await _all(write(subject) for subject in subjects)

    async def _remove(self, held: _Held, compiled: CompiledEnvironment, subjects: Iterable[str]) -> None:
        expected = ExpectedLast(held.sequence, manifest_subject(compiled.environment_id))
        payload = tombstone_of(compiled.environment_id, compiled.version, self.epoch)
        for subject in subjects:
            await self._bus.publish(subject, payload, expected=expected)
            held.drop(subject)

    async def _end(self, held: _Held, compiled: CompiledEnvironment) -> None:
        manifest = Manifest(entity_count=len(held.contents), digest=held.digest, published_at=self._clock.now())
        message = ConfigMessage(
            environment_id=compiled.environment_id, version=compiled.version, epoch=self.epoch, manifest=manifest
        )
        subject = manifest_subject(compiled.environment_id)
        payload = message.SerializeToString(deterministic=True)
        ack = await self._bus.publish(subject, payload, expected=ExpectedLast(held.sequence, subject))
        held.sequence, held.version = ack.sequence, compiled.version

    async def _fence(self, environment_id: str) -> _Held:
        """Writes the environment's manifest again under this epoch; nothing else about it changes."""
        subject = manifest_subject(environment_id)
        for _ in range(_FENCE_ATTEMPTS):
            last = await self._bus.last_message(CONFIG, subject)
            message = _manifest_of(environment_id, last)
            if message.epoch > self.epoch:
                raise Fenced(f"epoch {message.epoch} writes environment {environment_id}")
            message.epoch = self.epoch
            expected = ExpectedLast(last.sequence if last else 0, subject)
            try:
                ack = await self._bus.publish(subject, message.SerializeToString(deterministic=True), expected=expected)
            except WrongLastSequence:
                # Somebody wrote in between, or this was our own write whose answer was lost: look again.
                continue
            return _Held(ack.sequence, message.version)
        raise BusUnavailable(f"the manifest of environment {environment_id} keeps changing")

    def _load(self, delivered: Iterable[Delivered]) -> list[str]:
        """Takes note of what the stream holds; answers environments that weren't fenced before."""
        foreign: set[str] = set()
        entries: defaultdict[str, list[Delivered]] = defaultdict(list)
        for each in delivered:
            try:
                parsed = parse_config_subject(each.subject)
            except ValueError:
                continue
            if parsed.environment_id not in self._held:
                foreign.add(parsed.environment_id)
            elif not parsed.is_manifest:
                entries[parsed.environment_id].append(each)
        for environment_id, found in entries.items():
            held = self._held[environment_id]
            for each in found:
                content = published_content(each.payload)
                if content is not None:
                    held.put(each.subject, content, each.payload)
        return sorted(foreign)


def _manifest_of(environment_id: str, last: Delivered | None) -> ConfigMessage:
    """The manifest as it stands; an empty one of version 0 for a new environment or an unreadable message."""
    empty = ConfigMessage(environment_id=environment_id, manifest=Manifest(digest=digest_bytes(0)))
    if last is None:
        return empty
    try:
        message = ConfigMessage.FromString(last.payload)
    except DecodeError:
        return empty
    return message if message.WhichOneof("content") == "manifest" else empty


async def _all(writes: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Awaits all; the first error is raised after every write has ended."""
    results = await asyncio.gather(*writes, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
