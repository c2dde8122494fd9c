"""From single CONFIG messages to whole versions.

Entries are staged until the manifest of their version arrives and its digest fits the entries held with the
staged ones laid over them. Then they become the held state at once, so a change of twenty flags is seen whole
or not at all. A digest that does not fit means that something is missing: the environment is read anew.

A version may be told before the stream has it (`accept_told`). What the stream delivers of it then is known already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from google.protobuf.message import DecodeError

from messages.config_tree import config_message
from messages.digest import combined, digest_bytes, entry_digest
from messages.generated.config_pb2 import ConfigMessage
from messages.subjects import ConfigSubject, manifest_subject, parse_config_subject, told_subject
from messages.told_versions import Told

_STAGED_MAX = 200_000


@dataclass(frozen=True, slots=True)
class Update:
    """A new held state. `changed` maps subjects to their new message, None where it is gone.

    `complete` says that this is all there is: an entity that is not in `changed` no longer exists. Of the environment
    itself only None says so.
    `undecodable` names the subjects whose bytes belong to the state but can't be read, with the reason.
    """

    environment_id: str
    version: int
    epoch: int
    published_at: int
    complete: bool
    changed: Mapping[str, ConfigMessage | None]
    undecodable: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that changes nothing: `reason` is `undecodable`, `old_epoch`, `old_version`, `overflow`,
    `no_environment` or `told_unfitting`."""

    subject: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What is held is not what the manifest of `version` stands for."""

    environment_id: str
    version: int


@dataclass
class _Environment:
    entries: dict[str, bytes] = field(default_factory=dict)
    digests: dict[str, int] = field(default_factory=dict)
    total: int = 0
    version: int = -1
    epoch: int = -1
    manifest: bytes = b""
    staged: dict[str, _Staged] = field(default_factory=dict)
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class _Staged:
    """`payload` None is a tombstone, whose `digest` is 0; `message` None can't be read."""

    version: int
    payload: bytes | None
    message: ConfigMessage | None
    digest: int
    error: str = ""


class ConfigStaging:
    """Holds what the present entries of every environment that it is fed are told by. Not safe for several threads."""

    def __init__(self, *, keeps_entries: bool = False) -> None:
        """`keeps_entries`: the messages themselves as well, for who writes them anew."""
        self._environments: dict[str, _Environment] = {}
        self._keeps_entries = keeps_entries

    @property
    def environment_ids(self) -> tuple[str, ...]:
        return tuple(self._environments)

    def entries(self, environment_id: str) -> Mapping[str, bytes]:
        """Held live entries by subject, as they came, where they are kept."""
        return MappingProxyType(self._environments[environment_id].entries)

    def manifest(self, environment_id: str) -> bytes:
        """The manifest message that the held entries fit; empty when none has arrived."""
        return self._environments[environment_id].manifest

    def version(self, environment_id: str) -> int:
        """The held version, -1 when nothing is held."""
        environment = self._environments.get(environment_id)
        return environment.version if environment else -1

    def is_ahead_of(self, environment_id: str, manifest: bytes | None) -> bool:
        """Whether what is held is newer than this manifest of the stream; None: the stream has none."""
        environment = self._environments[environment_id]
        if not environment.manifest:
            return False
        if manifest is None:
            return True
        try:
            message = ConfigMessage.FromString(manifest)
        except DecodeError:
            return False
        return message.version < environment.version or message.epoch < environment.epoch

    def reset(self, environment_id: str) -> None:
        """Begins to read the environment anew: the next manifest is compared with only what is fed from now on.

        What was held stays readable until then.
        """
        environment = self._environments.setdefault(environment_id, _Environment())
        environment.staged.clear()
        environment.fresh = True

    def accept(self, subject: str, payload: bytes) -> Update | Rejected | Mismatch | None:
        """Takes one message. None: staged, or already known. Never raises for what is in it."""
        try:
            parsed = parse_config_subject(subject)
        except ValueError as error:
            return Rejected(subject, "undecodable", str(error))
        environment = self._environments.setdefault(parsed.environment_id, _Environment())
        message, problem = _read(parsed, payload)
        if parsed.is_manifest:
            if message is None:
                return Rejected(subject, "undecodable", problem)
            return self._swap(parsed.environment_id, environment, environment.staged, message, payload)
        return _stage(environment, environment.staged, subject, payload, message, problem)

    def accept_told(self, told: Told) -> Update | Rejected | None:
        """Takes a version beside the stream, whole or not at all: nothing of one that doesn't fit stays behind. None
        where it is known already, or nothing is held that it could follow."""
        environment = self._environments.get(told.environment_id)
        if environment is None or environment.fresh or environment.version > told.manifest.version:
            return None
        if environment.manifest == told.payload:
            return None
        staged = dict(environment.staged)
        for each in told.entries:
            message, problem = _read(each.parsed, each.payload)
            rejected = _stage(environment, staged, each.subject, each.payload, message, problem)
            if rejected is not None and rejected.reason != "undecodable":
                return rejected
        outcome = self._swap(told.environment_id, environment, staged, told.manifest, told.payload)
        if isinstance(outcome, Mismatch):
            subject = told_subject(told.environment_id)
            return Rejected(subject, "told_unfitting", f"version {outcome.version} follows another state")
        return outcome

    def _swap(
        self,
        environment_id: str,
        environment: _Environment,
        staged: Mapping[str, _Staged],
        message: ConfigMessage,
        payload: bytes,
    ) -> Update | Rejected | Mismatch | None:
        subject = manifest_subject(environment_id)
        if message.epoch < environment.epoch:
            return Rejected(subject, "old_epoch", f"{message.epoch} < {environment.epoch}")
        if message.version < environment.version:
            return Rejected(subject, "old_version", f"{message.version} < {environment.version}")
        ready = {key: each for key, each in staged.items() if each.version <= message.version}
        base = {} if environment.fresh else environment.digests
        total = 0 if environment.fresh else environment.total
        for key, each in ready.items():
            total = combined(total, added=each.digest, removed=base.get(key, 0))
        if digest_bytes(total) != message.manifest.digest:
            return Mismatch(environment_id, message.version)
        if environment.fresh and _loses_its_environment(environment, ready):
            return Rejected(
                subject, "no_environment", "the state lacks the environment itself, and no tombstone says so"
            )
        nothing_new = not ready and not environment.fresh and message.version == environment.version
        update = self._apply(environment_id, environment, ready, message)
        self._hold(environment, ready, total)
        environment.version, environment.epoch, environment.manifest = message.version, message.epoch, payload
        return None if nothing_new else update

    def _hold(self, environment: _Environment, ready: Mapping[str, _Staged], total: int) -> None:
        if environment.fresh:
            environment.entries, environment.digests, environment.fresh = {}, {}, False
        for key, each in ready.items():
            environment.staged.pop(key, None)
            if each.payload is None:
                environment.entries.pop(key, None)
                environment.digests.pop(key, None)
                continue
            environment.digests[key] = each.digest
            if self._keeps_entries:
                environment.entries[key] = each.payload
        environment.total = total

    def _apply(
        self,
        environment_id: str,
        environment: _Environment,
        ready: Mapping[str, _Staged],
        message: ConfigMessage,
    ) -> Update:
        return Update(
            environment_id,
            message.version,
            message.epoch,
            message.manifest.published_at,
            environment.fresh,
            {key: each.message for key, each in ready.items() if not each.error},
            {key: each.error for key, each in ready.items() if each.error},
        )


def _read(parsed: ConfigSubject, payload: bytes) -> tuple[ConfigMessage | None, str]:
    """The message, or what is wrong with it."""
    try:
        message = config_message(payload)
    except DecodeError as error:
        return None, str(error) or "not a ConfigMessage"
    problem = _misplaced(message, parsed.environment_id, parsed.kind)
    return (None, problem) if problem else (message, "")


def _misplaced(message: ConfigMessage, environment_id: str, kind: str) -> str:
    """Why the message can't stand on its subject, or an empty text."""
    content = message.WhichOneof("content")
    if message.environment_id != environment_id:
        return f"names environment {message.environment_id!r}"
    if content != kind and not (content == "tombstone" and kind != "manifest"):
        return f"holds {content or 'nothing known'} on a subject for {kind}"
    return ""


def _loses_its_environment(environment: _Environment, ready: Mapping[str, _Staged]) -> bool:
    """Whether its keys and settings would be forgotten without a tombstone of theirs."""
    names = {key for key in environment.digests if parse_config_subject(key).kind == "environment"}
    return bool(names) and not names & ready.keys()


def _stage(
    environment: _Environment,
    staged: dict[str, _Staged],
    subject: str,
    payload: bytes,
    message: ConfigMessage | None,
    problem: str,
) -> Rejected | None:
    if len(staged) >= _STAGED_MAX:
        return Rejected(subject, "overflow", f"over {_STAGED_MAX} entries without a manifest")
    if message is None:
        # Its version can't be read; it belongs to whatever manifest comes next.
        staged[subject] = _Staged(0, payload, None, entry_digest(subject, payload), problem)
        return Rejected(subject, "undecodable", problem)
    if message.epoch < environment.epoch and not environment.fresh:
        return Rejected(subject, "old_epoch", f"{message.epoch} < {environment.epoch}")
    gone = message.WhichOneof("content") == "tombstone"
    if gone:
        staged[subject] = _Staged(message.version, None, None, 0)
        return None
    digest = entry_digest(subject, payload)
    if digest == environment.digests.get(subject) and not environment.fresh:
        # Held already, as after it was told.
        staged.pop(subject, None)
        return None
    staged[subject] = _Staged(message.version, payload, message, digest)
    return None
