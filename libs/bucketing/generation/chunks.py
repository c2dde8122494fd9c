"""Several flags as one generated function."""

from __future__ import annotations

from collections.abc import Sequence

from bucketing.generation.decisions import write_decision
from bucketing.generation.evaluables import Item
from bucketing.generation.reads import Reads
from bucketing.generation.shared_conditions import SharedConditionWriter
from bucketing.generation.source import Source


def write_chunk(source: Source, items: Sequence[Item]) -> None:
    """Write a function that gives a decision or a Split for each of `items`, and the unit that the splits need.

    What several flags ask of the context is found once. Raises InvalidConfig.
    """
    source.line("get = context.get")
    reads = Reads(source)
    conditions = SharedConditionWriter(source, reads, [each for item in items for each in item.conditions()])
    conditions.write()
    reads.targeting_key()
    results = [f"r{index}" for index in range(len(items))]
    for item, result in zip(items, results, strict=True):
        write_decision(source, reads.branch(), item, result, conditions)
    source.line(f"return ({', '.join(results)},), {reads.targeting_key()}")
