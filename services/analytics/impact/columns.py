"""Flags side by side before a change and after it: the decisions of both for a context, in one order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bucketing import CompiledFlagSet, Decision, compile_flagset
from bucketing.explanation import abridged_explanation
from bucketing.flagset import Fixed, Flag, FlagSet, FlagType, InSegment, Rule

IN_SEGMENT = "segment/"
"""Before a segment's key: the column that says who is in it. No flag has a slash in its key."""
Pair = tuple[Decision | None, Decision | None]


def with_memberships(flagset: FlagSet, segments: Iterable[str]) -> FlagSet:
    """The set with a flag for each segment, which serves `in` to those in it."""
    asked = {
        IN_SEGMENT + key: Flag(
            key=IN_SEGMENT + key,
            type=FlagType.BOOLEAN,
            variations={"in": True, "out": False},
            off_variation="out",
            default=Fixed("out"),
            rules=(Rule("in", InSegment((key,)), Fixed("in")),),
        )
        for key in segments
        if key in flagset.segments
    }
    return replace(flagset, flags={**flagset.flags, **asked})


class Columns:
    """Two compiled sets; a column is what stands under one key in either."""

    def __init__(self, before: FlagSet, after: FlagSet, keys: Iterable[str]) -> None:
        self.keys = tuple(sorted(keys))
        self.before, self.after = compile_flagset(before), compile_flagset(after)
        self._order: tuple[tuple[int | None, int | None], ...] | None = None
        for compiled in (self.before, self.after):
            for _ in compiled.prepare(alone=False):
                pass

    def row(self, context: Mapping[str, Any], now: int) -> list[Pair]:
        """The decisions of each column."""
        was, becomes = self.before.evaluate_all(dict(context), now), self.after.evaluate_all(dict(context), now)
        if self._order is None:
            first, second = _positions(was), _positions(becomes)
            self._order = tuple((first.get(key), second.get(key)) for key in self.keys)
        return [
            (None if one is None else was[one], None if other is None else becomes[other]) for one, other in self._order
        ]


def _positions(decisions: Iterable[Decision]) -> dict[str, int]:
    return {each.flag: index for index, each in enumerate(decisions)}


def explained(compiled: CompiledFlagSet, key: str, context: Mapping[str, Any], now: int) -> dict[str, Any]:
    return abridged_explanation(compiled.explain(key, dict(context), now).to_dict())
