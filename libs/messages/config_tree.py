"""Reads what CONFIG and the edges' snapshots held up to version 0.1, when entities travelled as protobuf trees.

For upgrades alone. To be deleted in version 0.3, together with `proto/verdict/tree`: by then a relay has written
every stream anew, and `ConfigMessage.FromString` is all there is to reading one.
"""

from __future__ import annotations

import json
from typing import Any

from bucketing.document.serves import percent
from bucketing.operators import PRESENCE
from google.protobuf.message import DecodeError

from messages.documents import canonical
from messages.generated import config_tree_pb2 as tree
from messages.generated.config_pb2 import ConfigMessage

_DEPTH_MAX = 64
_Document = dict[str, Any]


def config_message(payload: bytes) -> ConfigMessage:
    """A message of CONFIG, its entity as a document in whichever form it came. Raises DecodeError."""
    message = ConfigMessage.FromString(payload)
    if message.WhichOneof("content") is None:
        try:
            _take(message, tree.ConfigTree.FromString(payload))
        except (ValueError, RecursionError) as error:
            raise DecodeError(str(error)) from error
        message.DiscardUnknownFields()
    return message


def _take(message: ConfigMessage, found: tree.ConfigTree) -> None:
    match found.WhichOneof("content"):
        case "flag":
            message.flag = canonical(_flag(found.flag))
        case "segment":
            message.segment = canonical(_segment(found.segment))
        case "experiment":
            message.experiment.MergeFromString(found.experiment.SerializeToString())
            message.experiment.document = canonical(_experiment(found.experiment))


def _flag(flag: tree.Flag) -> _Document:
    return {
        "key": flag.key,
        "type": _name(tree.FlagType.Name(flag.type)),
        "variations": {each.key: json.loads(each.value_json) for each in flag.variations},
        "off_variation": flag.off_variation,
        "default": _serve(flag.default_serve),
        "enabled": flag.enabled,
        "archived": flag.archived,
        "client_visible": flag.client_visible,
        "report_exposures": flag.report_exposures,
        "prerequisites": [{"flag": each.flag, "variation": each.variation} for each in flag.prerequisites],
        "targets": [
            {"key": each.key, "variation": each.variation, **_given(expires_at=each.expires_at)}
            for each in flag.targets
        ],
        "rules": [
            {
                "id": each.id,
                **_given(description=each.description),
                "if": _condition(each.condition),
                "then": _serve(each.serve),
            }
            for each in flag.rules
        ],
    }


def _segment(segment: tree.Segment) -> _Document:
    condition = {"if": _condition(segment.condition)} if segment.HasField("condition") else {}
    return {"key": segment.key, "included": [*segment.included], "excluded": [*segment.excluded], **condition}


def _experiment(experiment: tree.Experiment) -> _Document:
    slot = experiment.slot
    return {
        "key": experiment.key,
        "flag": experiment.flag,
        "mode": _name(tree.ExperimentMode.Name(experiment.mode)),
        "variations": _shares(experiment.shares),
        "start_at": experiment.start_at,
        "traffic": percent(experiment.traffic),
        **_given(stop_at=experiment.stop_at, bucket_by=experiment.bucket_by),
        **({"audience": _condition(experiment.audience)} if experiment.HasField("audience") else {}),
        **({"layer": {"key": slot.layer, "start": slot.start, "end": slot.end}} if experiment.HasField("slot") else {}),
        **_given(holdouts=[{"key": each.key, "share": percent(each.share)} for each in experiment.holdouts]),
    }


def _condition(condition: tree.Condition, depth: int = 0) -> _Document:
    if depth > _DEPTH_MAX:
        raise ValueError(f"a condition nested deeper than {_DEPTH_MAX}")
    match condition.WhichOneof("kind"):
        case "comparison":
            found = condition.comparison
            document = {"attribute": found.attribute, "operator": found.operator}
            if found.operator in PRESENCE:
                return document
            return {**document, "value": json.loads(found.value_json) if found.value_json else None}
        case "all_of":
            return {"and": [_condition(each, depth + 1) for each in condition.all_of.conditions]}
        case "any_of":
            return {"or": [_condition(each, depth + 1) for each in condition.any_of.conditions]}
        case "negated":
            return {"not": _condition(condition.negated, depth + 1)}
        case "in_segment":
            named: list[_Document] = [{"segment": key} for key in condition.in_segment.keys]
            return named[0] if len(named) == 1 else {"or": named}
    raise ValueError("a condition of an unknown kind")


def _serve(serve: tree.Serve) -> _Document:
    if serve.WhichOneof("kind") == "variation":
        return {"variation": serve.variation}
    if serve.WhichOneof("kind") != "rollout":
        raise ValueError("neither a variation nor a rollout")
    return {"rollout": {"variations": _shares(serve.rollout.shares), **_given(bucket_by=serve.rollout.bucket_by)}}


def _shares(shares: Any) -> list[_Document]:
    """`shares` is a repeated `Share`."""
    return [{"key": each.variation, "weight": percent(each.weight)} for each in shares]


def _name(constant: str) -> str:
    """`FLAG_TYPE_BOOLEAN` is `boolean`."""
    return constant.rsplit("_", 1)[1].lower()


def _given(**fields: Any) -> _Document:
    """Those that are not empty: an absent field has its type's empty value in a tree."""
    return {name: value for name, value in fields.items() if value}
