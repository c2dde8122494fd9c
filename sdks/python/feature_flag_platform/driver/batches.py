"""Batches: many evaluations by the engine alone, at moments that are given."""

from __future__ import annotations

from typing import Any

from bucketing.compiled import CompiledFlagSet
from bucketing.decision import Decision

from feature_flag_platform.configuration.assembly import assemble, entities_of
from feature_flag_platform.configuration.long_lists import ChunkSource, complete_long_lists
from feature_flag_platform.evaluation.outcomes import typed_value


def compiled_of(document: Any) -> CompiledFlagSet:
    """The flag set of a config document, as a client makes it."""
    head, entities = entities_of(document, None)
    complete_long_lists(entities, None, {}, ChunkSource())
    return assemble(None, head, entities).compiled


def evaluated(compiled: CompiledFlagSet, item: dict[str, Any]) -> dict[str, Any]:
    """The answer to one item: `{"id", "flag", "context", "now"}`."""
    decision = compiled.evaluate(item["flag"], item["context"], item.get("now", 0))
    return {"id": item.get("id"), **_told(compiled, decision)}


def _told(compiled: CompiledFlagSet, decision: Decision) -> dict[str, Any]:
    flag = compiled.served.get(decision.flag)
    return {
        "value": decision.value if flag is None or decision.error_code else typed_value(flag, decision.value),
        "variation": decision.variation,
        "reason": decision.reason.value,
        "errorCode": None if decision.error_code is None else decision.error_code.value,
        "experiments": [{"key": each.key, "phase": each.phase} for each in decision.experiments],
        "bucket_by": decision.bucket_by,
        "override": decision.override,
        "paused": decision.paused,
        "prerequisite": decision.prerequisite,
        "overrides": list(decision.applied),
        "invalid_combination": decision.invalid_combination,
        "split": decision.split,
    }
