"""Counts what a change does: recent units through the config before it and after it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from bucketing import Decision
from bucketing.flagset import FlagSet
from messages.generated.impact_pb2 import (
    ExperimentImpact,
    FlagImpact,
    ImpactExample,
    ImpactReply,
    SegmentImpact,
    VariationMove,
)

from analytics.impact.columns import IN_SEGMENT, Columns, Pair, explained, with_memberships
from analytics.impact.concerned import Dependencies, concerned_flags, concerned_segments
from analytics.impact.sample import Known, Sample, Unit
from analytics.impact.served import Entity

FLAGS_MAX = 500
SEGMENTS_MAX = 100
ANSWERS_MAX = 2_500_000
"""How many answers are compared: with more flags than 125, fewer units."""
UNITS_MIN = 500
_MOVES_MAX = 100
_SHOWN_LENGTH_MAX = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is compared. `segments` are asked besides those that the change concerns."""

    before: FlagSet
    after: FlagSet
    changed: frozenset[Entity]
    segments: tuple[str, ...] = ()
    examples_max: int = 10
    now: int


@dataclass(slots=True)
class _Move:
    """What a pair of decisions is, and how many units have it."""

    column: int
    before: str
    after: str
    differs: bool
    in_before: frozenset[str]
    in_after: frozenset[str]
    units: int = 0


@dataclass(slots=True)
class _Counts:
    """What is counted while units pass."""

    moves: dict[Pair, _Move] = field(default_factory=dict)
    unknown: Counter[int] = field(default_factory=Counter)
    missing: dict[int, set[str]] = field(default_factory=dict)
    changed_in: Counter[int] = field(default_factory=Counter)
    changed: int = 0
    undecided: int = 0
    examples: dict[tuple[int, str, str], list[Unit]] = field(default_factory=dict)


class Comparison:
    """One change, held against one sample."""

    def __init__(self, change: Change, sample: Sample, known: Known) -> None:
        sets = (change.before, change.after)
        dependencies = [Dependencies(each) for each in sets]
        concerned = sorted(concerned_flags(sets, change.changed))
        flags = concerned[:FLAGS_MAX]
        named = {*concerned_segments(sets, change.changed), *change.segments}
        segments = sorted(key for key in named if any(key in each.segments for each in sets))[:SEGMENTS_MAX]
        keys = [*flags, *(IN_SEGMENT + key for key in segments)]
        before, after = (with_memberships(each.behind(flags, segments), segments) for each in dependencies)
        self._change, self._known = change, known
        self._columns = Columns(before, after, keys)
        self._left_out = len(concerned) - len(flags)
        self._asked = [frozenset().union(*(_asked(each, key) for each in dependencies)) for key in self._columns.keys]
        most = max(UNITS_MIN, ANSWERS_MAX // max(1, len(keys)))
        self._units: Sequence[Unit] = sample.units[:most]
        self._sample = sample
        self._unknown_columns: dict[frozenset[str], frozenset[int]] = {}

    def counted(self) -> ImpactReply:
        counts, attributes = _Counts(), frozenset().union(*self._asked)
        of_segments = frozenset(i for i, key in enumerate(self._columns.keys) if key.startswith(IN_SEGMENT))
        if self._columns.keys:
            for unit in self._units:
                lacking = self._known.lacking(unit, attributes)
                self._count(counts, unit, self._columns_without(lacking), lacking, of_segments)
        return self._reply(counts, of_segments)

    def _columns_without(self, lacking: frozenset[str]) -> frozenset[int]:
        """The columns that nobody can judge of a unit that lacks these."""
        if lacking not in self._unknown_columns:
            found = frozenset(i for i, asked in enumerate(self._asked) if not asked.isdisjoint(lacking))
            self._unknown_columns[lacking] = found
        return self._unknown_columns[lacking]

    def _count(
        self, counts: _Counts, unit: Unit, unknown: frozenset[int], lacking: frozenset[str], of_segments: frozenset[int]
    ) -> None:
        changed, inside = False, list[int]()
        for column, pair in enumerate(self._columns.row(unit.context, self._change.now)):
            if column in unknown:
                counts.unknown[column] += 1
                counts.missing.setdefault(column, set()).update(lacking & self._asked[column])
                continue
            move = counts.moves.get(pair)
            if move is None:
                move = counts.moves[pair] = _move(column, pair)
            move.units += 1
            if column in of_segments:
                if "in" in (move.before, move.after):
                    inside.append(column)
            elif move.differs:
                changed = True
                shown = counts.examples.setdefault((column, move.before, move.after), [])
                if len(shown) < self._change.examples_max:
                    shown.append(unit)
        if changed:
            counts.changed += 1
            counts.changed_in.update(inside)
        elif unknown - of_segments:
            counts.undecided += 1

    def _reply(self, counts: _Counts, of_segments: frozenset[int]) -> ImpactReply:
        of_flags = [i for i in range(len(self._columns.keys)) if i not in of_segments]
        by_column: dict[int, list[_Move]] = {}
        for move in counts.moves.values():
            by_column.setdefault(move.column, []).append(move)
        return ImpactReply(
            since=self._sample.since,
            units=len(self._units),
            units_estimated=self._sample.estimated,
            changed=counts.changed,
            unknown=counts.undecided,
            flags=[self._flag(i, by_column.get(i, []), counts) for i in of_flags],
            segments=[self._segment(i, by_column.get(i, []), counts) for i in sorted(of_segments)],
            experiments=self._experiments([(i, by_column.get(i, [])) for i in of_flags], counts),
            flags_left_out=self._left_out,
            examples=self._examples(counts),
        )

    def _flag(self, column: int, moves: Sequence[_Move], counts: _Counts) -> FlagImpact:
        pairs: Counter[tuple[str, str]] = Counter()
        for move in moves:
            if move.differs:
                pairs[move.before, move.after] += move.units
        return FlagImpact(
            key=self._columns.keys[column],
            changed=sum(pairs.values()),
            unknown=counts.unknown[column],
            moves=[
                VariationMove(before=before, after=after, units=units)
                for (before, after), units in pairs.most_common(_MOVES_MAX)
            ],
            missing_attributes=sorted(counts.missing.get(column, ())),
        )

    def _segment(self, column: int, moves: Sequence[_Move], counts: _Counts) -> SegmentImpact:
        def units(*, before: bool | None = None, after: bool | None = None) -> int:
            return sum(
                each.units
                for each in moves
                if before in (None, each.before == "in") and after in (None, each.after == "in")
            )

        return SegmentImpact(
            key=self._columns.keys[column].removeprefix(IN_SEGMENT),
            before=units(before=True),
            after=units(after=True),
            entered=units(before=False, after=True),
            left=units(before=True, after=False),
            changed=counts.changed_in[column],
            unknown=counts.unknown[column],
        )

    def _experiments(self, columns: Sequence[tuple[int, Sequence[_Move]]], counts: _Counts) -> list[ExperimentImpact]:
        found: dict[str, ExperimentImpact] = {}
        for column, moves in columns:
            names = frozenset().union(*(each.in_before | each.in_after for each in moves))
            for name in names:
                of_it = found.setdefault(name, ExperimentImpact(key=name))
                of_it.unknown += counts.unknown[column]
                for each in moves:
                    was, becomes = name in each.in_before, name in each.in_after
                    of_it.before += each.units if was else 0
                    of_it.after += each.units if becomes else 0
                    of_it.won += each.units if becomes and not was else 0
                    of_it.lost += each.units if was and not becomes else 0
                    of_it.moved += each.units if was and becomes and each.differs else 0
        return [found[key] for key in sorted(found)]

    def _examples(self, counts: _Counts) -> list[ImpactExample]:
        """Of every pair one, before of any pair two."""
        pairs = sorted(counts.examples)
        rounds = [
            (pair, counts.examples[pair][turn])
            for turn in range(self._change.examples_max)
            for pair in pairs
            if turn < len(counts.examples[pair])
        ]
        return [self._example(*each) for each in rounds[: self._change.examples_max]]

    def _example(self, pair: tuple[int, str, str], unit: Unit) -> ImpactExample:
        column, before, after = pair
        key, now = self._columns.keys[column], self._change.now
        told = [explained(each, key, unit.context, now) for each in (self._columns.before, self._columns.after)]
        return ImpactExample(
            flag=key,
            unit=unit.key,
            before=before,
            after=after,
            explanation_before=msgspec.json.encode(told[0]),
            explanation_after=msgspec.json.encode(told[1]),
        )


def _asked(dependencies: Dependencies, key: str) -> frozenset[str]:
    if key.startswith(IN_SEGMENT):
        return dependencies.of_segment(key.removeprefix(IN_SEGMENT))
    return dependencies.of_flag(key)


def _move(column: int, pair: Pair) -> _Move:
    was, becomes = pair
    return _Move(
        column=column,
        before=_shown(was),
        after=_shown(becomes),
        differs=_shown(was) != _shown(becomes) or not _same_value(was, becomes),
        in_before=_experiments_of(was),
        in_after=_experiments_of(becomes),
    )


def _shown(decision: Decision | None) -> str:
    """A variation's key; of an error its code."""
    if decision is None:
        return ""
    if decision.error_code is not None:
        return f"error:{decision.error_code.value}"
    return (decision.variation or "")[:_SHOWN_LENGTH_MAX]


def _same_value(one: Decision | None, other: Decision | None) -> bool:
    if one is None or other is None:
        return one is other
    order = msgspec.json.Encoder(order="sorted").encode
    return order(one.value) == order(other.value)


def _experiments_of(decision: Decision | None) -> frozenset[str]:
    return frozenset() if decision is None else frozenset(each.key for each in decision.experiments)
