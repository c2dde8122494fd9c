"""Units and their buckets as generated statements."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from bucketing.decision import Decision
from bucketing.errors import InvalidConfig
from bucketing.flagset import BUCKET_COUNT, Fixed, Serve, Share
from bucketing.generation.evaluables import Item
from bucketing.generation.reads import UNIT, Reads
from bucketing.generation.source import Source
from bucketing.hashing import start
from bucketing.splits import Split


def only_variation(serve: Serve) -> str | None:
    """The variation that everybody gets, None for a real split."""
    if isinstance(serve, Fixed):
        return serve.variation
    owned = [share.variation for share in serve.shares if share.weight > 0]
    return owned[0] if len(owned) == 1 else None


class UnitWriter:
    """Writes how a unit is found and in which bucket it falls.

    `deferred`: a split of the targeting key is the result itself, and whoever calls the function finds the bucket.
    """

    def __init__(self, source: Source, reads: Reads, item: Item, result: str, *, deferred: bool) -> None:
        self._source = source
        self._reads = reads
        self._outcomes = item.outcomes
        self._salt = item.salt
        self._result = result
        self._deferred = deferred

    def decide(self, decision: Decision) -> None:
        self.decide_by(self._source.constant(decision))

    def decide_by(self, expression: str) -> None:
        """Write the end of the evaluation: the result, and out of the enclosing `while`."""
        self._source.line(f"{self._result} = {expression}")
        self._source.line("break")

    def open_unit(self, bucket_by: str | None, path: str) -> str:
        """Open a block that runs with a usable unit, whose variable is returned.

        A unit that can't be used ends the evaluation in an error; an absent attribute skips the block.
        """
        if bucket_by is None:
            unit = self._reads.branch().targeting_key()
            self._source.open(f"if not {self._source.probe(f'{path}.unit', unit)}:")
            self.decide(self._outcomes.targeting_key_missing)
            self._source.close()
            self._source.open("if 1:")
            return unit
        value, unit = self._source.local(), self._source.local()
        self._source.open(f"if ({value} := {self._reads.attribute(bucket_by)}) is not None:")
        self._source.line(f"{unit} = {self._source.probe(f'{path}.unit', f'unit_key({value})')}")
        self._source.open(f"if {unit} is None:")
        self.decide(self._outcomes.invalid_unit(bucket_by))
        self._source.close()
        return unit

    def optional_unit(self, bucket_by: str | None) -> str:
        """Write the reading of a unit that may be missing or unusable; its variable is None then."""
        unit = self._source.local()
        if bucket_by is None:
            self._source.line(f"{unit} = {self._reads.branch().targeting_key()} or None")
        else:
            self._source.line(f"{unit} = unit_key({self._reads.attribute(bucket_by)})")
        return unit

    def bucket(self, key: str, unit: str, path: str) -> str:
        """The expression of the unit's bucket under `key`."""
        begin = self._source.constant(start(self._salt, key))
        return self._source.probe(path, f"bucket_of({begin}, {unit})")

    def split(self, shares: tuple[Share, ...], key: str, unit: str, path: str, outcome: Callable[[str], Any]) -> str:
        """The expression that picks the outcome whose share owns the unit's bucket under `key`."""
        if any(share.weight < 0 for share in shares) or sum(share.weight for share in shares) != BUCKET_COUNT:
            raise InvalidConfig("rollout.variations", "the weights must add up to exactly 100", "weights")
        owners = [share for share in shares if share.weight > 0]
        ends = tuple(accumulate(share.weight for share in owners))[:-1]
        decisions = tuple(outcome(share.variation) for share in owners)
        if self._deferred and unit == UNIT:
            return self._source.constant(Split(start(self._salt, key), ends, decisions))
        bucket = self.bucket(key, unit, path)
        if len(owners) == 2:
            first, second = map(self._source.constant, decisions)
            return f"{first} if {bucket} < {self._source.constant(ends[0])} else {second}"
        table, bounds = self._source.constant(decisions), self._source.constant(ends)
        return f"{table}[{self._source.constant(bisect_right)}({bounds}, {bucket})]"
