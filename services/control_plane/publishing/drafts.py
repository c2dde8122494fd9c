"""What the CONFIG stream holds of one environment, and a version of it that is to be written there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from messages.digest import combined, digest_bytes, entry_digest
from messages.generated.config_pb2 import ConfigMessage, Manifest

from control_plane.publishing.compiler import CompiledEnvironment
from control_plane.publishing.entries import payload_of, published_answers_version, tombstone_of
from control_plane.publishing.stream_contents import StreamedEnvironment


@dataclass(frozen=True, slots=True)
class Entry:
    """A message of one subject. `content` None: a tombstone. Both None: nobody knows which."""

    content: bytes | None
    payload: bytes | None


@dataclass
class Draft:
    """A version as it is written: what differs from what the stream holds, then the manifest. `refused` names entries
    that are too large for the bus; what was published of them before stays."""

    compiled: CompiledEnvironment
    epoch: int
    published_at: int
    entries: dict[str, Entry]
    changed: int
    removed: int
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def payloads(self) -> dict[str, bytes]:
        """The messages by subject."""
        return {subject: each.payload for subject, each in self.entries.items() if each.payload is not None}

    def refuse(self, subject: str, reason: str) -> None:
        del self.entries[subject]
        self.refused[subject] = reason

    def says_the_same(self, other: Draft) -> bool:
        """Whether the manifest may be the other one's, too."""
        return self.compiled.version == other.compiled.version and self.entries == other.entries


@dataclass
class Held:
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

    @classmethod
    def of(cls, streamed: StreamedEnvironment) -> Held:
        held = cls(streamed.sequence, streamed.version, streamed.newest, streamed.epoch)
        for subject, entry in streamed.live.items():
            held._put(subject, entry.content or b"", entry.payload)
        return held

    def draft(self, compiled: CompiledEnvironment, said: Mapping[str, Entry], epoch: int, published_at: int) -> Draft:
        """What has to be written for the stream to hold `compiled`. `said`: what followers may hold in place of it,
        because it was told, or sent without an answer; each of those is written again, whatever it says."""
        changed, removed = self._difference(compiled)
        entries: dict[str, Entry] = {}
        for subject in dict.fromkeys((*changed, *removed, *said)):
            content = compiled.entries.get(subject)
            if content is None and subject in compiled.invalid:
                content = self.contents.get(subject)
            entries[subject] = self._entry(subject, content, said.get(subject), compiled, epoch)
        return Draft(compiled, epoch, published_at, entries, len(changed), len(removed))

    def _entry(
        self, subject: str, content: bytes | None, said: Entry | None, compiled: CompiledEnvironment, epoch: int
    ) -> Entry:
        if said is not None and said.payload is not None and said.content == content:
            return said
        if content is None:
            return Entry(None, tombstone_of(compiled.environment_id, compiled.version, epoch))
        before: tuple[bytes, int] | None = None
        if said is None:
            before = self._before(subject)
        elif said.content is not None and said.payload is not None:
            before = said.content, published_answers_version(said.payload)
        return Entry(content, payload_of(content, compiled.version, epoch, before))

    def _before(self, subject: str) -> tuple[bytes, int] | None:
        """What stands on the subject, and the version in which it last changed answers."""
        content = self.contents.get(subject)
        return None if content is None else (content, self.answers_versions[subject])

    def _difference(self, compiled: CompiledEnvironment) -> tuple[list[str], list[str]]:
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

    def manifest(self, draft: Draft) -> bytes:
        """The manifest message of what the stream holds once the draft's entries are written."""
        count, total = len(self.contents), self.total
        for subject, each in draft.entries.items():
            count += (each.content is not None) - (subject in self.contents)
            added = 0 if each.content is None else entry_digest(subject, each.payload or b"")
            total = combined(total, added=added, removed=self.digests.get(subject, 0))
        manifest = Manifest(entity_count=count, digest=digest_bytes(total), published_at=draft.published_at)
        message = ConfigMessage(
            environment_id=draft.compiled.environment_id,
            version=draft.compiled.version,
            epoch=draft.epoch,
            manifest=manifest,
        )
        return message.SerializeToString(deterministic=True)

    def take(self, draft: Draft, sequence: int) -> None:
        """The draft is written, its manifest as this sequence."""
        for subject, each in draft.entries.items():
            if each.content is None:
                self._drop(subject)
            else:
                self._put(subject, each.content, each.payload or b"")
        self.sequence = sequence
        self.version = self.newest = draft.compiled.version
        self.epoch = draft.epoch

    def _put(self, subject: str, content: bytes, payload: bytes) -> None:
        digest = entry_digest(subject, payload)
        self.total = combined(self.total, added=digest, removed=self.digests.get(subject, 0))
        self.contents[subject] = content
        self.answers_versions[subject] = published_answers_version(payload)
        self.digests[subject] = digest

    def _drop(self, subject: str) -> None:
        self.total = combined(self.total, removed=self.digests.pop(subject, 0))
        self.contents.pop(subject, None)
        self.answers_versions.pop(subject, None)
