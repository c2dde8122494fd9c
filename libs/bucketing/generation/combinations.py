"""The decisions that a remote config can reach, each built when it is first reached."""

from __future__ import annotations

from dataclasses import replace

from bucketing.decision import Decision, Reason
from bucketing.flagset import Experiment, RemoteConfig
from bucketing.generation.outcomes import particulars_of
from bucketing.merge_patch import patched
from bucketing.remote_configs import BASE, combination

KEPT_MAX = 256
"""Ten overrides have 1,024 combinations, of which few are reached."""


class Combinations(dict[int, Decision]):
    """Decisions by the overrides that matched: 1 for the first, 2 for the second, 4 for the third, added up."""

    def __init__(self, config: RemoteConfig) -> None:
        super().__init__()
        self._config = config
        self._invalid = frozenset(config.invalid)
        self.off = Decision(config.key, config.value, BASE, Reason.DISABLED, config.version)
        self.passed_by = replace(self.off, reason=Reason.DEFAULT)
        """Of one without overrides, while an experiment on it runs."""

    def __missing__(self, matched: int) -> Decision:
        kept = len(self) < KEPT_MAX
        decision = self._decision(matched, kept)
        return self.setdefault(matched, decision) if kept else decision

    def _decision(self, matched: int, kept: bool) -> Decision:
        config = self._config
        positions = tuple(position for position in range(len(config.overrides)) if matched >> position & 1)
        ids = tuple(config.overrides[position].id for position in positions)
        invalid = positions in self._invalid
        if positions and not invalid:
            value, variation, reason = combination(config, positions), "+".join(ids), Reason.TARGETING_MATCH
        else:
            value, variation = config.value, BASE
            reason = Reason.DEFAULT if config.overrides else Reason.STATIC
        return Decision(
            config.key,
            value,
            variation,
            reason,
            config.version,
            applied=ids,
            invalid_combination=invalid,
            interned=kept,
        )


class Patched(Combinations):
    """The same with the patch of a variation that an experiment assigns."""

    def __init__(self, config: RemoteConfig, experiment: Experiment, variation: str) -> None:
        super().__init__(config)
        self._patch = experiment.patches.get(variation, {})
        self._variation = variation
        self._particulars = particulars_of(experiment)

    def _decision(self, matched: int, kept: bool) -> Decision:
        otherwise = super()._decision(matched, kept)
        return replace(
            otherwise,
            value=patched(otherwise.value, self._patch),
            variation=self._variation,
            reason=Reason.SPLIT,
            experiments=self._particulars.experiments,
            bucket_by=self._particulars.bucket_by,
            paused=self._particulars.paused,
        )
