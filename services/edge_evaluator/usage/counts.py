"""Counts of what one SDK asked for with one SDK key.

An answer that is ready as bytes is counted by these bytes, and a bulk answer that was kept by the row of them that it
is made of: one addition each. What they mean is read out of them later, beside the requests. Of bulk answers that are
made anew in great number every sixteenth is counted, sixteenfold.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from bucketing.decision import Decision
from bucketing.limits import VARIATION_KEY_PATTERN
from messages.events import NAME_LENGTH_MAX

from edge_evaluator.memory.kept_answers import Row
from edge_evaluator.memory.views import View

UNKNOWN_KEYS_MAX = 100
"""Of one SDK key in an hour; further ones are counted together."""
WAYS_MAX = 50_000
"""Of one SDK key and SDK in a minute."""
_NOT_FOUND = "FLAG_NOT_FOUND"
_EACH_ANSWERS_MAX = 10_000
"""Of bulk answers between two readings: so many answers of flags are counted one by one."""
SHARE = 16
_AT_ONCE = 500
_is_key = re.compile(VARIATION_KEY_PATTERN).fullmatch


class Way(NamedTuple):
    """How a flag was evaluated."""

    flag: str
    variation: str
    reason: str
    error: str
    bulk: bool


class _Answer(msgspec.Struct):
    key: str
    variant: str = ""
    reason: str = "ERROR"
    errorCode: str = ""  # noqa: N815


_read = msgspec.json.Decoder(_Answer).decode


class UnknownKeys:
    """Keys of no flag that were asked for with one SDK key: the first ones of an hour by name."""

    def __init__(self) -> None:
        self._named: set[str] = set()

    def name(self, flag: str) -> str:
        """The key, or empty where it is one too many or no key at all."""
        if flag in self._named:
            return flag
        if len(self._named) >= UNKNOWN_KEYS_MAX or _is_key(flag) is None:
            return ""
        self._named.add(flag)
        return flag

    def forget(self) -> None:
        self._named.clear()


class Counts:
    """Since they were taken last. `answers` is added to directly, by `answers[answer] += 1`. So are `rows`, of bulk
    answers that are kept, and `unmodified`: those that said that nothing has changed, by the view that they are of.
    `lost`: what found no room."""

    __slots__ = ("_bulk", "_each", "_passed", "_shares", "_unknown", "_ways", "answers", "lost", "rows", "unmodified")

    def __init__(self, unknown: UnknownKeys) -> None:
        self._unknown = unknown
        self.answers: defaultdict[bytes, int] = defaultdict(int)
        self.unmodified: defaultdict[View, int] = defaultdict(int)
        self.rows: defaultdict[Row, int] = defaultdict(int)
        self._bulk: Counter[bytes] = Counter()
        self._each = 0
        self._passed = 0
        self._shares: Counter[bytes] = Counter()
        self._ways: Counter[Way] = Counter()
        self.lost = 0

    @property
    def is_empty(self) -> bool:
        alone = self.answers or self._ways or self.lost
        return not (alone or self.rows or self.unmodified or self._bulk or self._shares or self._passed)

    def bulk(self, answers: Sequence[bytes]) -> None:
        """A bulk answer that is made of these."""
        if self._each < _EACH_ANSWERS_MAX:
            self._each += len(answers) + 1
            self._bulk.update(answers)
            return
        self._passed += 1
        if self._passed == SHARE:
            self._passed = 0
            self._shares.update(answers)

    def decided(self, decision: Decision, *, bulk: bool = False) -> None:
        """One evaluation, whatever came of it."""
        error = "" if decision.error_code is None else decision.error_code.value
        self._add(Way(decision.flag, decision.variation or "", decision.reason.value, error, bulk), 1)

    def reading(self) -> Iterator[None]:
        """Reads out of the bytes what they mean, some at each step, for `take`."""
        bulk, self._bulk, self._each = self._bulk, Counter(), 0
        rows, self.rows = self.rows, defaultdict(int)
        for row, count in rows.items():
            for answer in row.answers:
                bulk[answer] += count
            yield
        shares, self._shares = self._shares, Counter()
        for answer, count in shares.items():
            bulk[answer] += count * SHARE
        alone, self.answers = self.answers, defaultdict(int)
        yield from self._read(alone, bulk=False)
        yield from self._read(bulk, bulk=True)
        unmodified, self.unmodified = self.unmodified, defaultdict(int)
        for view, count in unmodified.items():
            for number, flag in enumerate(view.flags):
                self._add(Way(flag, "", "CACHED", "", bulk=True), count)
                if number % _AT_ONCE == _AT_ONCE - 1:
                    yield

    def take(self) -> Mapping[Way, int]:
        """What has been read, once."""
        ways, self._ways = self._ways, Counter()
        return ways

    def _read(self, answers: Mapping[bytes, int], *, bulk: bool) -> Iterator[None]:
        for number, (answer, count) in enumerate(answers.items()):
            told = _read(answer)
            self._add(Way(told.key, told.variant, told.reason, told.errorCode, bulk), count)
            if number % _AT_ONCE == _AT_ONCE - 1:
                yield

    def _add(self, way: Way, count: int) -> None:
        if way.error == _NOT_FOUND:
            way = way._replace(flag=self._unknown.name(way.flag))
        if len(way.variation) > NAME_LENGTH_MAX:
            # Many overrides of a remote config together.
            way = way._replace(variation="")
        if len(self._ways) < WAYS_MAX or way in self._ways:
            self._ways[way] += count
        else:
            self.lost += count
