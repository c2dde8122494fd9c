"""③ Puts the difference between a compiled environment and the CONFIG stream onto the stream, ended by a manifest.

Every write expects the manifest that this leader saw last. A leader begins by writing each environment's manifest
again with its own epoch: from then on every write of an earlier leader is refused by the stream itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from messages.digest import combined, digest_bytes, entry_digest
from messages.generated.config_pb2 import ConfigMessage, Manifest
from messages.subjects import CONFIG, manifest_subject
from service_kit.clock import Clock
from service_kit.traces import current_traceparent
from streams import Bus, BusUnavailable, ExpectedLast, MessageTooLarge, StreamState, WrongLastSequence

from control_plane.publishing.blocks import Reason
from control_plane.publishing.compiler import CompiledEnvironment
from control_plane.publishing.entries import payload_of, published_answers_version, tombstone_of
from control_plane.publishing.stream_contents import StreamedEnvironment, manifest_of, read_contents

_FENCE_ATTEMPTS = 3
_IN_FLIGHT_MAX = 64


class Fenced(Exception):
    """Another leader has written since: this one must stop."""


class BehindTheBus(Exception):
    """The stream, or a follower, holds a newer version than the database knows of, as after restoring a backup."""

    def __init__(self, version: int, epoch: int, reason: Reason = "version_behind") -> None:
        super().__init__(f"version {version} is newer")
        self.version = version
        self.epoch = epoch
        self.reason = reason


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
    """What the stream holds of one environment, as this leader knows it.

    `version` is the manifest's, -1 without one; `newest` and `epoch` are the highest of all messages. `total` is the
    sum of `digests`. `number`: of the compilation that all of it was written from, 0 for none."""

    sequence: int
    version: int
    newest: int
    epoch: int
    contents: dict[str, bytes] = field(default_factory=dict)
    digests: dict[str, int] = field(default_factory=dict)
    answers_versions: dict[str, int] = field(default_factory=dict)
    total: int = 0
    number: int = 0

    def before(self, subject: str) -> tuple[bytes, int] | None:
        """What stands on the subject, and the version in which it last changed answers."""
        content = self.contents.get(subject)
        return None if content is None else (content, self.answers_versions[subject])

    @classmethod
    def of(cls, streamed: StreamedEnvironment) -> _Held:
        held = cls(streamed.sequence, streamed.version, streamed.newest, streamed.epoch)
        for subject, entry in streamed.live.items():
            held.put(subject, entry.content or b"", entry.payload)
        return held

    def put(self, subject: str, content: bytes, payload: bytes) -> None:
        digest = entry_digest(subject, payload)
        self.total = combined(self.total, added=digest, removed=self.digests.get(subject, 0))
        self.contents[subject] = content
        self.answers_versions[subject] = published_answers_version(payload)
        self.digests[subject] = digest

    def drop(self, subject: str) -> None:
        self.total = combined(self.total, removed=self.digests[subject])
        del self.contents[subject], self.digests[subject], self.answers_versions[subject]

    def difference(self, compiled: CompiledEnvironment) -> tuple[list[str], list[str]]:
        """The subjects that have to be written, and those that have to go. What was written from the compilation before
        can differ in what has been touched since, and nowhere else."""
        entries, invalid = compiled.entries, compiled.invalid
        if compiled.after and compiled.after == self.number:
            asked: Iterable[str] = sorted(compiled.touched)
            changed = [each for each in asked if each in entries and self.contents.get(each) != entries[each]]
            present = [each for each in asked if each in self.contents]
        else:
            changed = [each for each, content in entries.items() if self.contents.get(each) != content]
            present = list(self.contents)
        return changed, [each for each in present if each not in entries and each not in invalid]


class Publisher:
    """The writer of one term of leadership."""

    def __init__(self, *, bus: Bus, clock: Clock, epoch: int) -> None:
        self._bus = bus
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self._fenced: set[str] = set()
        self._subjects: set[str] = set()
        self._counting = False
        self._last_sequence = 0
        self._identity = ""
        self.epoch = epoch

    async def take_over(self, environment_ids: Iterable[str]) -> None:
        """Fences earlier leaders off these environments, then reads what the stream holds.

        Raises `Fenced`, `BusError`.
        """
        for environment_id in environment_ids:
            await self._fence(environment_id)
        # In this order: what somebody writes meanwhile shows as a difference.
        state = await self._bus.state(CONFIG)
        contents = await read_contents(self._bus)
        self._identity = state.identity
        self._last_sequence = max(state.last_sequence, contents.last_sequence)
        self._subjects = contents.subjects
        # Not where the stream was made by somebody else, to keep more than the last message of each subject.
        self._counting = state.messages == len(contents.subjects)
        self._held = {each: _Held.of(found) for each, found in contents.environments.items()}

    def difference(self, state: StreamState) -> str | None:
        """How the stream is another one than this leader read and wrote, None when it is the same."""
        if state.identity != self._identity:
            return "it was made anew"
        if self._counting and state.messages != len(self._subjects):
            return f"it holds {state.messages} messages in place of {len(self._subjects)}"
        if state.last_sequence != self._last_sequence:
            return f"somebody else wrote to it, its last sequence is {state.last_sequence}"
        return None

    def versions(self, environment_id: str) -> tuple[int, int]:
        """The version of the environment's manifest, -1 without one, and the highest of any of its messages."""
        held = self._held.get(environment_id)
        return (held.version, held.newest) if held else (-1, -1)

    def beside(self, environment_ids: Collection[str]) -> list[str]:
        """Environments that the stream serves and that are none of these."""
        return sorted(each for each, held in self._held.items() if held.contents and each not in environment_ids)

    async def reread(self, environment_id: str) -> None:
        """Forgets what was known of one environment and reads it from the stream. Raises `Fenced`, `BusError`."""
        self._held.pop(environment_id, None)
        await self._fence(environment_id)
        contents = await read_contents(self._bus, environment_id)
        self._subjects |= contents.subjects
        self._held[environment_id] = _Held.of(contents.environment(environment_id))

    async def check(self, environment_id: str, known_version: int) -> None:
        """Raises `BehindTheBus` when the stream holds a higher version than is known; `Fenced`, `BusError`."""
        _refuse_newer(self._held.get(environment_id), known_version)
        if environment_id not in self._held or environment_id not in self._fenced:
            await self.reread(environment_id)
            _refuse_newer(self._held[environment_id], known_version)

    async def publish(self, compiled: CompiledEnvironment) -> Publication:
        """Writes what differs and the manifest; nothing when nothing differs and the version is known.

        Raises `Fenced`, `BehindTheBus`, `BusError`; after each of them the next call reads the stream anew.
        """
        environment_id = compiled.environment_id
        await self.check(environment_id, compiled.version)
        held = self._held.pop(environment_id)
        changed, removed = held.difference(compiled)
        publication = Publication(version=compiled.version, changed=len(changed), removed=len(removed))
        try:
            if changed or removed or compiled.version > held.version:
                await self._write(held, compiled, changed, publication.refused)
                await self._remove(held, compiled, removed)
                await self._end(held, compiled)
        except WrongLastSequence as error:
            raise Fenced(f"environment {environment_id}") from error
        # What the bus has refused is tried again when everything is compared.
        held.number = compiled.number
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
                    await self._put(subject, payload, expected)
                except MessageTooLarge as error:
                    refused[subject] = str(error)
                    return
            held.put(subject, content, payload)

        await _all(write(subject) for subject in subjects)

    async def _remove(self, held: _Held, compiled: CompiledEnvironment, subjects: Iterable[str]) -> None:
        expected = ExpectedLast(held.sequence, manifest_subject(compiled.environment_id))
        payload = tombstone_of(compiled.environment_id, compiled.version, self.epoch)
        for subject in subjects:
            await self._put(subject, payload, expected)
            held.drop(subject)

    async def _end(self, held: _Held, compiled: CompiledEnvironment) -> None:
        manifest = Manifest(
            entity_count=len(held.contents), digest=digest_bytes(held.total), published_at=self._clock.now()
        )
        message = ConfigMessage(
            environment_id=compiled.environment_id, version=compiled.version, epoch=self.epoch, manifest=manifest
        )
        subject = manifest_subject(compiled.environment_id)
        payload = message.SerializeToString(deterministic=True)
        expected = ExpectedLast(held.sequence, subject)
        held.sequence = await self._put(subject, payload, expected, current_traceparent())
        held.version = held.newest = compiled.version
        held.epoch = self.epoch

    async def _fence(self, environment_id: str) -> None:
        """Writes the environment's manifest again under this epoch; nothing else about it changes. Without a manifest
        there is nothing to write: nobody else can expect that there is none once the first one stands."""
        subject = manifest_subject(environment_id)
        for _ in range(_FENCE_ATTEMPTS):
            last = await self._bus.last_message(CONFIG, subject)
            if last is None:
                break
            message = manifest_of(environment_id, last)
            if message.epoch > self.epoch:
                raise Fenced(f"epoch {message.epoch} writes environment {environment_id}")
            message.epoch = self.epoch
            payload = message.SerializeToString(deterministic=True)
            try:
                await self._put(subject, payload, ExpectedLast(last.sequence, subject))
            except WrongLastSequence:
                # Somebody wrote in between, or this was our own write whose answer was lost: look again.
                continue
            break
        else:
            raise BusUnavailable(f"the manifest of environment {environment_id} keeps changing")
        self._fenced.add(environment_id)

    async def _put(self, subject: str, payload: bytes, expected: ExpectedLast, trace: str = "") -> int:
        ack = await self._bus.publish(subject, payload, expected=expected, trace=trace)
        self._subjects.add(subject)
        self._last_sequence = max(self._last_sequence, ack.sequence)
        return ack.sequence


async def remove_environment(bus: Bus, clock: Clock, streamed: StreamedEnvironment) -> int:
    """Ends an environment that only the stream has: a tombstone for each entry, then a manifest of nothing. Answers how
    many entries went. Raises `BusError`."""
    publisher = Publisher(bus=bus, clock=clock, epoch=streamed.epoch)
    publication = await publisher.publish(CompiledEnvironment(streamed.environment_id, streamed.newest + 1))
    return publication.removed


def _refuse_newer(held: _Held | None, known_version: int) -> None:
    if held is not None and held.newest > known_version:
        raise BehindTheBus(held.newest, held.epoch)


async def _all(writes: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Awaits all; the first error is raised after every write has ended."""
    results = await asyncio.gather(*writes, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
