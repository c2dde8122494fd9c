"""Conditions with what was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bucketing.attributes import read
from bucketing.document.conditions import condition_to_document
from bucketing.errors import EvaluationFailed, InvalidConfig
from bucketing.flagset import AllOf, AnyOf, Comparison, Condition, InSegment, Json, Not, Segment
from bucketing.generation.segments import UNFINISHED
from bucketing.hashing import unit_key
from bucketing.programs import Context, Programs, segment_program


class Recorder:
    """A probe that remembers; not what is still being worked out, of which nothing can be said."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}

    def __call__(self, path: str, value: Any) -> Any:
        if value is not UNFINISHED:
            self.seen[path] = value
        return value


class ConditionTracer:
    """Tells conditions of one evaluation; collects the segments they name."""

    def __init__(self, segments: Mapping[str, Segment], context: Context, now: int, programs: Programs) -> None:
        self._segments = segments
        self._context = context
        self._now = now
        self._programs = programs
        self._pending: list[str] = []

    def trace(self, condition: Condition, path: str, recorder: Recorder) -> dict[str, Json]:
        """The condition in its authoring form, each part with `matched` (None: it was not needed)."""
        matched = recorder.seen.get(path)
        if isinstance(condition, Comparison):
            actual = read(self._context, condition.attribute)
            return {
                **condition_to_document(condition),
                "actual": actual,
                "present": actual is not None,
                "matched": matched,
            }
        if isinstance(condition, Not):
            return {"not": self.trace(condition.condition, f"{path}.not", recorder), "matched": matched}
        if isinstance(condition, InSegment):
            if matched is not None:
                self._pending += condition.segments
            return {**condition_to_document(condition), "matched": matched}
        kind = "and" if isinstance(condition, AllOf) else "or"
        return {kind: self._parts(condition, f"{path}.{kind}", recorder), "matched": matched}

    def _parts(self, condition: AllOf | AnyOf, path: str, recorder: Recorder) -> list[Json]:
        return [self.trace(part, f"{path}[{index}]", recorder) for index, part in enumerate(condition.conditions)]

    def memberships(self, told: Iterable[str] = ()) -> Iterator[tuple[str, dict[str, Json]]]:
        """Every segment that was asked for, by a rule or by another segment, with how it answered; not those that were
        told before."""
        known = set(told)
        while self._pending:
            key = self._pending.pop(0)
            if key not in known:
                known.add(key)
                yield key, self.membership(key)

    def membership(self, key: str) -> dict[str, Json]:
        """How one segment answers, and why; what it names is among the next `memberships`."""
        segment = self._segments[key]
        recorder = Recorder()
        try:
            member = segment_program(segment, recorder)(self._context, self._now, self._programs, {})
        except (EvaluationFailed, InvalidConfig) as error:
            return {"member": None, "reason": "error", "because": str(error)}
        told: dict[str, Json] = {"member": member, "unit": unit_key(self._context.get("targetingKey"))}
        if recorder.seen.get("excluded"):
            return {**told, "reason": "excluded", "because": "the key is excluded"}
        if recorder.seen.get("included"):
            return {**told, "reason": "included", "because": "the key is included"}
        if segment.condition is None:
            because = "the key is not included, and there is no condition"
            return {**told, "reason": "not_included", "because": because}
        because = "the condition matches" if member else "the condition does not match"
        trace = self.trace(segment.condition, "if", recorder)
        return {**told, "reason": "condition", "because": because, "if": trace}
