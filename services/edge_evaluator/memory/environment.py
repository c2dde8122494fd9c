"""One environment as it is served: its settings, its compiled flags, and the keys that may ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bucketing.compiled import CompiledFlagSet
from bucketing.flagset import FlagSet
from bucketing.long_lists import ListChunk
from messages.generated import config_pb2 as pb
from messages.sdk_keys import SdkKey

from edge_evaluator.memory.answer_versions import AnswerVersions, Entity


@dataclass(frozen=True, slots=True)
class EnvironmentConfig:
    """One environment at one version. Times in epoch milliseconds; `digest` in hexadecimal.

    `controls`: the control variation of each experiment. `kept` names (kind, key) of what serves an older state than
    the stream holds. `unreadable`: keys of which nothing good is held, with the reason; `unreadable_configs` are those
    of remote configs among them. `waiting`: by subject the newest of what goes on in an older state because it can't
    be evaluated yet; the next update is tried with it. `list_chunks`: those of long lists by segment and number, as
    the stream holds them.
    """

    environment_id: str
    settings: pb.Environment
    version: int
    epoch: int
    digest: str
    published_at: int
    compiled: CompiledFlagSet
    sdk_keys: tuple[SdkKey, ...]
    stream_tokens: Mapping[str, SdkKey]
    controls: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    unreadable_configs: frozenset[str] = frozenset()
    kept: frozenset[Entity] = frozenset()
    waiting: Mapping[str, pb.ConfigMessage] = field(default_factory=dict)
    answer_versions: AnswerVersions = field(default_factory=AnswerVersions)
    list_chunks: Mapping[str, Mapping[int, ListChunk]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.settings.key

    @property
    def project_key(self) -> str:
        return self.settings.project_key

    @property
    def flagset(self) -> FlagSet:
        return self.compiled.flagset
