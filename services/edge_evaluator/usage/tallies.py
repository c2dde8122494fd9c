"""Tallies: the counts of each SDK key, apart by what asked with it."""

from __future__ import annotations

from edge_evaluator.memory.callers import Caller
from edge_evaluator.usage.counts import Counts, UnknownKeys

SDKS_MAX = 20
"""Of one SDK key in an hour; further ones are counted together."""
OTHER = "other"


class Tally(dict[str, Counts]):
    """The counts of one SDK key, by SDK; `tally[sdk]` is always there. `presented`: the key as it came last; `told`:
    the SDKs that have been told of in this hour."""

    __slots__ = ("_unknown", "idle", "presented", "told")

    def __init__(self, presented: bytes) -> None:
        super().__init__()
        self.presented = presented
        self.idle = False
        self.told: set[str] = set()
        self._unknown = UnknownKeys()

    def __missing__(self, sdk: str) -> Counts:
        if len(self) < SDKS_MAX or sdk == OTHER:
            counts = self[sdk] = Counts(self._unknown)
            return counts
        return self[OTHER]

    @property
    def news(self) -> list[str]:
        """SDKs that have asked for something and have not been told of in this hour."""
        return [sdk for sdk, counts in self.items() if sdk not in self.told and not counts.is_empty]

    def forget_names(self) -> None:
        """Another hour begins: other keys and SDKs may be told by name."""
        self._unknown.forget()
        self.told.clear()
        for sdk in [sdk for sdk, counts in self.items() if counts.is_empty]:
            del self[sdk]


class Tallies:
    """Those of all SDK keys that were used lately."""

    def __init__(self) -> None:
        self._tallies: dict[bytes, Tally] = {}

    def of(self, caller: Caller) -> Tally:
        """To be asked for again within seconds, because tallies that are not used are let go."""
        tally = self._tallies.get(caller.key.sha256)
        if tally is None:
            tally = self._tallies[caller.key.sha256] = Tally(caller.presented)
        tally.idle = False
        return tally

    def all(self) -> list[Tally]:
        return list(self._tallies.values())

    def let_go(self) -> None:
        """Of those that nobody has asked for since this was called last."""
        self._tallies = {key: tally for key, tally in self._tallies.items() if not tally.idle}
        for tally in self._tallies.values():
            tally.idle = True
