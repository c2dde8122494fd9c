"""A segment as a generated function."""

from __future__ import annotations

from collections.abc import Callable

from bucketing.decision import ErrorCode
from bucketing.errors import EvaluationFailed
from bucketing.flagset import Segment
from bucketing.generation.conditions import ConditionWriter, attribute_counts
from bucketing.generation.reads import Reads
from bucketing.generation.source import Source
from bucketing.long_lists import ChunkMissing, LongList
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
    if segment.included or segment.excluded or segment.long_list is not None:
        reads.targeting_key()
    if segment.long_list is not None:
        source.line(f"listed = {source.constant(_standing_in(segment.long_list))}(unit)")
    excluded = _listed(source, segment, segment.excluded, "False")
    included = _listed(source, segment, segment.included, "True")
    parts = [f"not {source.probe('excluded', excluded)}"] if excluded else []
    belongs = [source.probe("included", included)] if included else []
    if segment.condition is not None:
        conditions = ConditionWriter(source, reads, attribute_counts([segment.condition]))
        conditions.fetch(segment.condition)
        belongs.append(conditions.expression(segment.condition, "if"))
    parts.append(f"({' or '.join(belongs) or False})")
    source.line(f"memo[{own}] = result = {' and '.join(parts)}")
    source.line("return result")


def _standing_in(long_list: LongList) -> Callable[[str | None], bool | None]:
    def standing(unit: str | None) -> bool | None:
        try:
            return long_list.standing(unit)
        except ChunkMissing:
            raise EvaluationFailed(ErrorCode.PARSE_ERROR, "a chunk of a segment's long list is not here") from None

    return standing


def _listed(source: Source, segment: Segment, keys: frozenset[str], standing: str) -> str:
    """The expression for "stands in one of these lists"; empty for no list."""
    asked = [f"unit in {source.constant(keys)}"] if keys else []
    if segment.long_list is not None:
        asked.append(f"listed is {standing}")
    return f"({' or '.join(asked)})" if asked else ""
