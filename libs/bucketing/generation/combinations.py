"""The decisions that a remote config can reach, each built when it is first reached."""

from __future__ import annotations

from bucketing.decision import Decision, Reason
from bucketing.flagset import RemoteConfig
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
