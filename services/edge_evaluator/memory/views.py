"""Views: what one kind of key sees of an environment's configuration: its flags, its answers, its entity tags."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from bucketing.document import flagset_to_document
from bucketing.flagset import Flag, FlagSet
from messages.sdk_keys import KeyKind, SdkKey

from edge_evaluator.memory.answers import AnswerCache
from edge_evaluator.memory.callers import stream_token
from edge_evaluator.memory.environment import EnvironmentConfig

INACTIVITY_SECONDS = 120
_ORIGINS_MAX = 64
_ETAG_BYTES = 16
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Selection:
    """What views pick out of the flags: those that clients see, that are reported, and that expire for somebody.

    `instants`: every time (epoch milliseconds) at which an answer may change without a new version.
    """

    visible: Mapping[str, Flag]
    reporting: Mapping[str, Flag]
    expiring: Mapping[str, Flag]
    instants: tuple[int, ...]

    @classmethod
    def of(cls, flagset: FlagSet, before: Selection | None = None, changed: Iterable[str] | None = None) -> Selection:
        """After a change of few flags it is made from the one before; `changed` None stands for all flags."""
        keys = flagset.flags.keys() if before is None or changed is None else list(changed)
        held = None if changed is None else before
        visible = _select(flagset, lambda flag: flag.client_visible, held.visible if held else {}, keys)
        reporting = _select(flagset, lambda flag: flag.report_exposures, held.reporting if held else {}, keys)
        expiring = _select(flagset, _expires, held.expiring if held else {}, keys)
        instants = {target.expires_at for flag in expiring.values() for target in flag.targets}
        for experiment in flagset.experiments.values():
            instants |= {experiment.start_at, experiment.stop_at}
        ordered = tuple(sorted(instant for instant in instants if instant is not None))
        return cls(visible, reporting, expiring, ordered)


def _select(
    flagset: FlagSet, wanted: Callable[[Flag], bool], held: Mapping[str, Flag], keys: Iterable[str]
) -> dict[str, Flag]:
    """`held`, with each of `keys` put in or taken out as it is now."""
    selected = dict(held)
    for key in keys:
        flag = flagset.flags.get(key)
        if flag is not None and wanted(flag):
            selected[key] = flag
        else:
            selected.pop(key, None)
    return selected


def _expires(flag: Flag) -> bool:
    return any(target.expires_at is not None for target in flag.targets)


class View:
    """A config as one kind of key sees it.

    `flags` are those that the key may see; `reporting` those whose evaluations are exposures."""

    def __init__(self, config: EnvironmentConfig, selection: Selection, kind: KeyKind) -> None:
        client = kind is KeyKind.CLIENT
        self.config = config
        self.evaluate = config.compiled.evaluate
        self.evaluate_all = partial(config.compiled.evaluate_all, client_only=client)
        self.flags: Mapping[str, Flag] = selection.visible if client else config.flagset.flags
        self.unreadable: Mapping[str, str] = {} if client else config.unreadable
        self.reporting: Collection[str] = selection.reporting
        self.metadata = _metadata(config, 0)
        self.answers = AnswerCache(self.flags, self.metadata, terse=client)
        self._instants = selection.instants
        self._document: bytes | None = None
        self._seeds: dict[tuple[bytes, int], Any] = {}
        self._tails: dict[tuple[str, bytes], bytes] = {}

    def restamp(self, age_seconds: int) -> None:
        """From now on answers tell another age of the configuration."""
        self.metadata = _metadata(self.config, age_seconds)
        self.answers.restamp(self.metadata)
        self._tails = {}

    def document(self) -> bytes:
        """The whole configuration as a config document; only for server keys. May take a while when it is large."""
        if self._document is None:
            self._document = _encode(flagset_to_document(self.config.flagset))
        return self._document

    def phase(self, now: int) -> int:
        """Counts the starts, ends and expiries that have passed: the same version answers differently after one."""
        return bisect_right(self._instants, now) if self._instants else 0

    def etag(self, key: SdkKey, body: bytes, now: int) -> str:
        """A strong entity tag over version, key, time-dependent parts and the whole request body."""
        phase = self.phase(now)
        seed = self._seeds.get((key.sha256, phase))
        if seed is None:
            config = self.config
            text = f"{config.environment_id} {config.version} {config.epoch} {config.digest} {phase} "
            seed = hashlib.blake2b(text.encode() + key.sha256, digest_size=_ETAG_BYTES)
            self._seeds[key.sha256, phase] = seed
        tag = seed.copy()
        tag.update(body)
        return f'"{tag.hexdigest()}"'

    def bulk_tail(self, key: SdkKey, origin: str) -> bytes:
        """What follows the flags in a bulk answer; `origin` is the address the edge is reached at."""
        tail = self._tails.get((origin, key.sha256))
        if tail is None:
            token = stream_token(self.config.settings.salt, key)
            stream = {
                "type": "sse",
                "url": f"{origin}/ofrep/v1/events?token={token}",
                "inactivityDelaySec": INACTIVITY_SECONDS,
            }
            tail = b"]," + _encode({"metadata": self.metadata, "eventStreams": [stream]})[1:]
            if len(self._tails) < _ORIGINS_MAX:
                self._tails[origin, key.sha256] = tail
        return tail


def _metadata(config: EnvironmentConfig, age_seconds: int) -> dict[str, Any]:
    return {
        "version": config.version,
        "flagSetId": f"{config.project_key}/{config.key}",
        "ageSeconds": age_seconds,
    }
