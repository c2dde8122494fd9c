"""③ Puts the difference between a compiled environment and the CONFIG stream onto the stream, ended by a manifest.

Every write expects the manifest that this leader saw last. A leader begins by writing each environment's manifest
again with its own epoch: from then on every write of an earlier leader is refused by the stream itself.

What the stream can't take at the moment can be told to followers. From then on they may hold it, or not: until a
version is published, each subject that was told of is written again, so that whoever follows the stream sees it change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from messages.subjects import CONFIG, manifest_subject, told_subject
from messages.told_versions import told_payload
from service_kit.clock import Clock
from service_kit.traces import current_traceparent
from streams import Bus, BusError, BusUnavailable, ExpectedLast, MessageTooLarge, StreamState, WrongLastSequence

from control_plane.publishing.blocks import Reason
from control_plane.publishing.compiler import CompiledEnvironment
from control_plane.publishing.drafts import Draft, Entry, Held
from control_plane.publishing.stream_contents import StreamedEnvironment, manifest_of, read_contents

_FENCE_ATTEMPTS = 3
_IN_FLIGHT_MAX = 64
TOLD_ENTRIES_MAX = 200
TOLD_BYTES_MAX = 512 * 1024
"""More than that waits for the stream: what is told may be missed, and comes again and again."""


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


class Publisher:
    """The writer of one term of leadership."""

    def __init__(self, *, bus: Bus, clock: Clock, epoch: int) -> None:
        self._bus = bus
        self._clock = clock
        self._held: dict[str, Held] = {}
        # What followers may hold in place of what the stream does, by subject.
        self._said: dict[str, dict[str, Entry]] = {}
        self._drafts: dict[str, Draft] = {}
        # Manifests that were sent, and may have been stored.
        self._unanswered: dict[str, set[bytes]] = {}
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
        self._held = {each: Held.of(found) for each, found in contents.environments.items()}

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
        """Reads one environment from the stream, in place of what was known of it. Raises `Fenced`, `BusError`."""
        await self._fence(environment_id)
        contents = await read_contents(self._bus, environment_id)
        self._subjects |= contents.subjects
        self._held[environment_id] = Held.of(contents.environment(environment_id))

    async def check(self, environment_id: str, known_version: int) -> None:
        """Raises `BehindTheBus` when the stream holds a higher version than is known; `Fenced`, `BusError`."""
        _refuse_newer(self._held.get(environment_id), known_version)
        if environment_id not in self._held or environment_id not in self._fenced:
            await self.reread(environment_id)
            _refuse_newer(self._held[environment_id], known_version)

    async def publish(self, compiled: CompiledEnvironment) -> Publication:
        """Writes what differs and the manifest; nothing when nothing differs and the version is known.

        Raises `Fenced`, `BehindTheBus`, `BusError`. After the last the next call writes all of it again, and may be of
        a newer version; after the others it reads the stream anew.
        """
        environment_id = compiled.environment_id
        await self.check(environment_id, compiled.version)
        held = self._held[environment_id]
        draft = self._draft(held, compiled)
        try:
            if draft.entries or compiled.version > held.version:
                await self._store(held, draft)
        except WrongLastSequence as error:
            del self._held[environment_id]
            raise Fenced(f"environment {environment_id}") from error
        except BusError:
            raise
        except BaseException:
            del self._held[environment_id]
            raise
        self._drafts.pop(environment_id, None)
        # What the bus has refused is tried again when everything is compared.
        held.number = compiled.number
        return Publication(compiled.version, draft.changed, draft.removed, draft.refused)

    def to_tell(self, compiled: CompiledEnvironment) -> Draft | None:
        """What followers can be told of a version that the stream has not taken; the same one for the same. None where
        it has, or where it is too much: that waits for the stream."""
        held = self._held.get(compiled.environment_id)
        if held is None or held.newest >= compiled.version:
            return None
        draft = self._draft(held, compiled)
        if len(draft.entries) > TOLD_ENTRIES_MAX:
            return None
        size = sum(len(subject) + len(payload) for subject, payload in draft.payloads.items())
        return draft if size <= TOLD_BYTES_MAX else None

    async def tell(self, draft: Draft) -> None:
        """Tells followers of a draft, which the database must know of before: until it, or what comes after it, is
        published, all of its subjects are written again. Raises `BusError`."""
        environment_id = draft.compiled.environment_id
        held = self._held.get(environment_id)
        if held is None or held.newest >= draft.compiled.version:
            # Stored meanwhile.
            return
        self._said.setdefault(environment_id, {}).update(draft.entries)
        payload = told_payload(draft.payloads, held.manifest(draft), current_traceparent())
        await self._bus.tell(told_subject(environment_id), payload, everywhere=True)

    def said(self, environment_id: str) -> list[str]:
        """The subjects of which followers may hold something else than the stream."""
        return sorted(self._said.get(environment_id, ()))

    def can_tell(self, environment_id: str) -> bool:
        """False where it is known already that it would be too much."""
        return environment_id in self._held and len(self._said.get(environment_id, ())) <= TOLD_ENTRIES_MAX

    def remember_said(self, environment_id: str, subjects: Iterable[str]) -> None:
        """An earlier leader told of these."""
        said = self._said.setdefault(environment_id, {})
        for subject in subjects:
            said.setdefault(subject, Entry(None, None))

    def _draft(self, held: Held, compiled: CompiledEnvironment) -> Draft:
        environment_id = compiled.environment_id
        draft = held.draft(compiled, self._said.get(environment_id, {}), self.epoch, self._clock.now())
        last = self._drafts.get(environment_id)
        if last is not None and last.says_the_same(draft):
            return last
        self._drafts[environment_id] = draft
        return draft

    async def _store(self, held: Held, draft: Draft) -> None:
        """Raises as `publish`, `WrongLastSequence` for `Fenced`."""
        environment_id = draft.compiled.environment_id
        said = self._said.setdefault(environment_id, {})
        said.update(draft.entries)
        while True:
            try:
                sequence = await self._write(held, draft)
                break
            except WrongLastSequence:
                if not await self._was_own(held, environment_id):
                    raise
        held.take(draft, sequence)
        self._unanswered.pop(environment_id, None)
        for subject, entry in draft.entries.items():
            if said.get(subject) == entry:
                del said[subject]

    async def _write(self, held: Held, draft: Draft) -> int:
        environment_id = draft.compiled.environment_id
        expected = ExpectedLast(held.sequence, manifest_subject(environment_id))
        turns = asyncio.Semaphore(_IN_FLIGHT_MAX)
        failures: list[BusError] = []

        async def write(subject: str, payload: bytes) -> None:
            async with turns:
                if failures:
                    raise failures[0]
                try:
                    await self._put(subject, payload, expected)
                except MessageTooLarge as error:
                    draft.refuse(subject, str(error))
                    self._said[environment_id].pop(subject, None)
                except BusError as error:
                    failures.append(error)
                    raise

        await _all(write(subject, payload) for subject, payload in draft.payloads.items())
        manifest = held.manifest(draft)
        unanswered = self._unanswered.setdefault(environment_id, set())
        unanswered.add(manifest)
        return await self._put(manifest_subject(environment_id), manifest, expected, current_traceparent())

    async def _was_own(self, held: Held, environment_id: str) -> bool:
        """Whether the manifest that stands on the stream is one of this leader's, whose answer was lost; the next one
        is written after it."""
        last = await self._bus.last_message(CONFIG, manifest_subject(environment_id))
        unanswered = self._unanswered.get(environment_id, set())
        if last is None or last.payload not in unanswered:
            return False
        unanswered.discard(last.payload)
        held.sequence = last.sequence
        return True

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
        known = self._last_sequence
        ack = await self._bus.publish(subject, payload, expected=expected, trace=trace)
        if ack.sequence <= known:
            raise Fenced(f"the stream has lost its end: {ack.sequence} comes after {known}")
        self._subjects.add(subject)
        self._last_sequence = max(self._last_sequence, ack.sequence)
        return ack.sequence


async def remove_environment(bus: Bus, clock: Clock, streamed: StreamedEnvironment) -> int:
    """Ends an environment that only the stream has: a tombstone for each entry, then a manifest of nothing. Answers how
    many entries went. Raises `BusError`."""
    publisher = Publisher(bus=bus, clock=clock, epoch=streamed.epoch)
    publication = await publisher.publish(CompiledEnvironment(streamed.environment_id, streamed.newest + 1))
    return publication.removed


def _refuse_newer(held: Held | None, known_version: int) -> None:
    if held is not None and held.newest > known_version:
        raise BehindTheBus(held.newest, held.epoch)


async def _all(writes: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Awaits all; the first error is raised after every write has ended."""
    results = await asyncio.gather(*writes, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
