"""A segment as a generated function."""

from __future__ import annotations

from bucketing.decision import ErrorCode
from bucketing.errors import EvaluationFailed
from bucketing.flagset import Segment
from bucketing.generation.conditions import ConditionWriter, attribute_counts
from bucketing.generation.reads import Reads
from bucketing.generation.source import Source
from bucketing.references import segment_references


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
    reads = Reads(source)
    source.line("get = context.get")
    if segment_references(segment).segments:
        source.line(f"memo[{own}] = {source.constant(UNFINISHED)}")
    if segment.included or segment.excluded:
        reads.targeting_key()
    parts = []
    if segment.excluded:
        excluded = source.probe("excluded", f"(unit in {source.constant(segment.excluded)})")
        parts.append(f"not {excluded}")
    belongs = [source.probe("included", f"(unit in {source.constant(segment.included)})")] if segment.included else []
    if segment.condition is not None:
        conditions = ConditionWriter(source, reads, attribute_counts([segment.condition]))
        conditions.fetch(segment.condition)
        belongs.append(conditions.expression(segment.condition, "if"))
    parts.append(f"({' or '.join(belongs) or False})")
    source.line(f"memo[{own}] = result = {' and '.join(parts)}")
    source.line("return result")
