"""Views: what one kind of key sees of an environment's configuration: its flags, its answers, its entity tags."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import msgspec
from bucketing.flagset import Flag
from messages.sdk_keys import KeyKind, SdkKey

from edge_evaluator.memory.answers import AnswerCache
from edge_evaluator.memory.callers import stream_token
from edge_evaluator.memory.environment import EnvironmentConfig
from edge_evaluator.memory.selection import Selection
from edge_evaluator.memory.states import State

INACTIVITY_SECONDS = 120
_ORIGINS_MAX = 64
_ETAG_BYTES = 16
_STATE_BYTES = 8
_encode = msgspec.json.Encoder().encode


class View:
    """A config as one kind of key sees it.

    `flags` are those that the key may see, remote configs among them; `reporting` those whose evaluations are
    exposures. `digest` names all that its answers depend on; `announced_phase`: see `phase`; whoever waits for changes
    has been told of it; `is_large`: a bulk answer has been seen that no event loop should pack; `since`: from when on
    its answers are these, epoch milliseconds."""

    def __init__(self, config: EnvironmentConfig, selection: Selection, kind: KeyKind, now: int) -> None:
        client = kind is KeyKind.CLIENT
        seen = selection.client if client else selection.server
        self.config = config
        self.kind = kind
        self.evaluate = config.compiled.evaluate
        self.evaluate_all = partial(config.compiled.evaluate_all, client_only=client)
        self.flags: Mapping[str, Flag] = seen.flags
        self.unreadable: Mapping[str, str] = {} if client else config.unreadable
        self.reporting: Collection[str] = selection.reporting
        self.age_seconds = 0
        self.answers = AnswerCache(config, seen.flags, selection.reporting, terse=client)
        self.answer_all = partial(config.compiled.answer_all, answers=self.answers, client_only=client)
        self._instants = seen.instants
        self.digest = self._named(seen.digest)
        self.announced_phase = self.phase(now)
        self.since = now
        self.is_large = False
        self._seeds: dict[tuple[bytes, int, bool], Any] = {}
        self._tails: dict[tuple[str, bytes], bytes] = {}
        self._exposed_attributes: dict[str, tuple[str, ...]] = {}

    @cached_property
    def remote_configs(self) -> Sequence[str]:
        """Keys of the remote configs that the key may see, those included that can't be read."""
        flagset = self.config.flagset
        seen = (key for key in flagset.remote_configs if key in self.flags and key not in flagset.flags)
        return sorted({*seen, *(key for key in self.unreadable if key in self.config.unreadable_configs)})

    @property
    def metadata(self) -> dict[str, Any]:
        """What a bulk answer says of the whole configuration."""
        return self.answers.metadata(self.config.version)

    def _named(self, flags: int) -> str:
        """Whatever else an answer shows stands in it, too."""
        config = self.config
        text = f"{config.environment_id} {config.settings.salt} {flags} {sorted(self.unreadable.items())}"
        return hashlib.blake2b(text.encode(), digest_size=_STATE_BYTES).hexdigest()

    def restamp(self, age_seconds: int) -> None:
        """From now on answers tell another age of the configuration."""
        self.age_seconds = age_seconds
        self.answers.restamp(age_seconds)
        self._tails = {}

    def answer_version(self, flag_key: str) -> int:
        """The version of the last change of anything that the flag's answer depends on."""
        return self.config.answer_versions.of(flag_key)

    def exposed_attributes(self, flag_key: str) -> tuple[str, ...]:
        """The names of the attributes that the flag's exposures carry: the environment's and its own."""
        names = self._exposed_attributes.get(flag_key)
        if names is None:
            own = self.flags[flag_key].exposure_attributes
            names = tuple(dict.fromkeys((*self.config.settings.exposure_attributes, *own)))
            self._exposed_attributes[flag_key] = names
        return names

    def phase(self, now: int) -> int:
        """Counts the starts, ends and expiries that have passed: the same version answers differently after one."""
        return bisect_right(self._instants, now) if self._instants else 0

    def next_phase_at(self, now: int) -> int | None:
        """When the next of them passes, epoch milliseconds."""
        passed = self.phase(now)
        return self._instants[passed] if passed < len(self._instants) else None

    def state(self, phase: int) -> State:
        return State(self.config.version, self.digest, phase)

    @property
    def announced(self) -> State:
        """What waiting clients were told last."""
        return self.state(self.announced_phase)

    def etag(self, key: SdkKey, body: bytes, phase: int) -> str:
        """A weak entity tag over all that answers depend on, the key, whether the configuration is stale, and the whole
        request body. Weak: the age of a stale one and the environment's version may differ under it."""
        stale = self.age_seconds > 0
        seed = self._seeds.get((key.sha256, phase, stale))
        if seed is None:
            text = f"{self.digest} {phase} {stale} "
            seed = hashlib.blake2b(text.encode() + key.sha256, digest_size=_ETAG_BYTES)
            self._seeds[key.sha256, phase, stale] = seed
        tag = seed.copy()
        tag.update(body)
        return f'W/"{tag.hexdigest()}"'

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
