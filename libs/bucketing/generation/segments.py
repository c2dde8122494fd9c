"""A segment as a generated function."""

from __future__ import annotations

from bucketing.attributes import TARGETING_KEY
from bucketing.decision import ErrorCode
from bucketing.errors import EvaluationFailed
from bucketing.flagset import Segment
from bucketing.generation.conditions import ConditionWriter, attribute_counts
from bucketing.generation.source import Source


class Unfinished:
    """Stands for a membership or decision that is being worked out; asking for it means a cycle."""

    def __bool__(self) -> bool:
        raise EvaluationFailed(ErrorCode.GENERAL, "segments name each other in a cycle")


UNFINISHED = Unfinished()


def write_segment(source: Source, segment: Segment) -> None:
    """Write a function that says whether the context is in the segment, and remembers it in the memo.

    Raises InvalidConfig for a condition that can't be evaluated.
    """
    own = source.constant(segment.key)
    source.line(f"memo[{own}] = {source.constant(UNFINISHED)}")
    source.line("get = context.get")
    source.line(f"unit = get({source.constant(TARGETING_KEY)})")
    source.line("if unit.__class__ is not str: unit = unit_key(unit)")
    excluded = source.probe("excluded", f"(unit in {source.constant(segment.excluded)})")
    included = source.probe("included", f"(unit in {source.constant(segment.included)})")
    held = "False"
    if segment.condition is not None:
        conditions = ConditionWriter(source, attribute_counts([segment.condition]))
        conditions.fetch([segment.condition])
        held = conditions.expression(segment.condition, "if")
    parts = f"({included} or {held})" if segment.included or source.traced else held
    result = f"not {excluded} and {parts}" if segment.excluded or source.traced else parts
    source.line(f"memo[{own}] = result = {result}")
    source.line("return result")
