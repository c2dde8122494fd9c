"""Whatever answers under a key as generated statements."""

from __future__ import annotations

from bucketing.generation.conditions import ConditionWriter
from bucketing.generation.evaluables import EvaluableConfig, Item
from bucketing.generation.flags import FlagWriter
from bucketing.generation.reads import Reads
from bucketing.generation.remote_configs import RemoteConfigWriter
from bucketing.generation.source import Source


def write_decision(
    source: Source,
    reads: Reads,
    item: Item,
    result: str = "result",
    shared: ConditionWriter | None = None,
) -> None:
    """Write the statements after which `result` holds the decision or Split, see FlagWriter. Raises InvalidConfig."""
    if isinstance(item, EvaluableConfig):
        RemoteConfigWriter(source, reads, item, result, shared).write()
    else:
        FlagWriter(source, reads, item, result, shared).write()
