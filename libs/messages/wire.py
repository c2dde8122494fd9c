"""Between the generated messages and the rule engine's plain data.

`*_to_wire` takes what the engine holds, `*_from_wire` gives it back or raises `WireError`. JSON values travel as
JSON text so that integers, floats and their sizes stay what they are.
"""

from __future__ import annotations

import json
from typing import Any

from bucketing.flagset import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Experiment,
    ExperimentMode,
    Fixed,
    Flag,
    FlagType,
    Holdout,
    InSegment,
    LayerSlot,
    Not,
    Prerequisite,
    Rollout,
    Rule,
    Segment,
    Serve,
    Share,
    Target,
)

from messages.generated import config_pb2 as pb

_DEPTH_MAX = 64
_FLAG_TYPES = {
    FlagType.BOOLEAN: pb.FLAG_TYPE_BOOLEAN,
    FlagType.STRING: pb.FLAG_TYPE_STRING,
    FlagType.INTEGER: pb.FLAG_TYPE_INTEGER,
    FlagType.NUMBER: pb.FLAG_TYPE_NUMBER,
    FlagType.OBJECT: pb.FLAG_TYPE_OBJECT,
}
_FLAG_TYPES_BACK = {wire: kind for kind, wire in _FLAG_TYPES.items()}


class WireError(ValueError):
    """A message that decodes but makes no sense: an unknown enum value, a missing part, broken JSON."""


def _json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _json_value(text: str) -> Any:
    try:
        return _decode(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {error}") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode


def condition_to_wire(condition: Condition) -> pb.Condition:
    match condition:
        case Comparison(attribute, operator, value):
            text = "" if value is None else _json_text(value)
            return pb.Condition(comparison=pb.Comparison(attribute=attribute, operator=operator, value_json=text))
        case AllOf(conditions):
            return pb.Condition(all_of=pb.Conditions(conditions=[condition_to_wire(each) for each in conditions]))
        case AnyOf(conditions):
            return pb.Condition(any_of=pb.Conditions(conditions=[condition_to_wire(each) for each in conditions]))
        case Not(negated):
            return pb.Condition(negated=condition_to_wire(negated))
        case InSegment(segments):
            return pb.Condition(in_segment=pb.SegmentReference(keys=segments))


def condition_from_wire(wire: pb.Condition, depth: int = 0) -> Condition:
    """Raises WireError when it has no kind or is nested deeper than 64."""
    if depth > _DEPTH_MAX:
        raise WireError(f"a condition nested deeper than {_DEPTH_MAX}")
    match wire.WhichOneof("kind"):
        case "comparison":
            found = wire.comparison
            value = _json_value(found.value_json) if found.value_json else None
            return Comparison(found.attribute, found.operator, value)
        case "all_of":
            return AllOf(tuple(condition_from_wire(each, depth + 1) for each in wire.all_of.conditions))
        case "any_of":
            return AnyOf(tuple(condition_from_wire(each, depth + 1) for each in wire.any_of.conditions))
        case "negated":
            return Not(condition_from_wire(wire.negated, depth + 1))
        case "in_segment":
            return InSegment(tuple(wire.in_segment.keys))
    raise WireError("a condition of an unknown kind")


def serve_to_wire(serve: Serve) -> pb.Serve:
    if isinstance(serve, Fixed):
        return pb.Serve(variation=serve.variation)
    return pb.Serve(rollout=pb.Rollout(shares=shares_to_wire(serve.shares), bucket_by=serve.bucket_by or ""))


def serve_from_wire(wire: pb.Serve) -> Serve:
    match wire.WhichOneof("kind"):
        case "variation":
            return Fixed(wire.variation)
        case "rollout":
            return Rollout(shares_from_wire(wire.rollout.shares), wire.rollout.bucket_by or None)
    raise WireError("neither a variation nor a rollout")


def shares_to_wire(shares: tuple[Share, ...]) -> list[pb.Share]:
    return [pb.Share(variation=each.variation, weight=each.weight) for each in shares]


def shares_from_wire(wire: Any) -> tuple[Share, ...]:
    """`wire` is a repeated `Share`."""
    return tuple(Share(each.variation, each.weight) for each in wire)


def flag_to_wire(flag: Flag) -> pb.Flag:
    return pb.Flag(
        key=flag.key,
        type=_FLAG_TYPES[flag.type],
        enabled=flag.enabled,
        archived=flag.archived,
        client_visible=flag.client_visible,
        report_exposures=flag.report_exposures,
        variations=[pb.Variation(key=key, value_json=_json_text(value)) for key, value in flag.variations.items()],
        off_variation=flag.off_variation,
        default_serve=serve_to_wire(flag.default),
        prerequisites=[pb.Prerequisite(flag=each.flag, variation=each.variation) for each in flag.prerequisites],
        targets=[
            pb.Target(key=each.key, variation=each.variation, expires_at=each.expires_at or 0) for each in flag.targets
        ],
        rules=[
            pb.Rule(
                id=each.id,
                description=each.description,
                condition=condition_to_wire(each.condition),
                serve=serve_to_wire(each.serve),
            )
            for each in flag.rules
        ],
    )


def flag_from_wire(wire: pb.Flag, version: int) -> Flag:
    """`version` is that of the message the flag came in. Raises WireError."""
    if wire.type not in _FLAG_TYPES_BACK:
        raise WireError(f"flag type {wire.type}")
    return Flag(
        key=wire.key,
        type=_FLAG_TYPES_BACK[wire.type],
        variations={each.key: _json_value(each.value_json) for each in wire.variations},
        off_variation=wire.off_variation,
        default=serve_from_wire(wire.default_serve),
        enabled=wire.enabled,
        archived=wire.archived,
        client_visible=wire.client_visible,
        report_exposures=wire.report_exposures,
        prerequisites=tuple(Prerequisite(each.flag, each.variation) for each in wire.prerequisites),
        targets=tuple(Target(each.key, each.variation, each.expires_at or None) for each in wire.targets),
        rules=tuple(
            Rule(each.id, condition_from_wire(each.condition), serve_from_wire(each.serve), each.description)
            for each in wire.rules
        ),
        version=version,
    )


def segment_to_wire(segment: Segment) -> pb.Segment:
    return pb.Segment(
        key=segment.key,
        included=sorted(segment.included),
        excluded=sorted(segment.excluded),
        condition=condition_to_wire(segment.condition) if segment.condition is not None else None,
    )


def segment_from_wire(wire: pb.Segment) -> Segment:
    """Raises WireError."""
    condition = condition_from_wire(wire.condition) if wire.HasField("condition") else None
    return Segment(wire.key, frozenset(wire.included), frozenset(wire.excluded), condition)


def experiment_from_wire(wire: pb.Experiment) -> Experiment | None:
    """What the rule engine needs of an experiment; None for one that has not started or is archived.

    Raises WireError.
    """
    if wire.archived or not wire.start_at:
        return None
    modes = {
        pb.EXPERIMENT_MODE_ASSIGNS: ExperimentMode.ASSIGNS,
        pb.EXPERIMENT_MODE_OBSERVES: ExperimentMode.OBSERVES,
    }
    if wire.mode not in modes:
        raise WireError(f"experiment mode {wire.mode}")
    slot = LayerSlot(wire.slot.layer, wire.slot.start, wire.slot.end) if wire.HasField("slot") else None
    return Experiment(
        key=wire.key,
        flag=wire.flag,
        mode=modes[wire.mode],
        shares=shares_from_wire(wire.shares),
        start_at=wire.start_at,
        stop_at=wire.stop_at or None,
        traffic=wire.traffic,
        audience=condition_from_wire(wire.audience) if wire.HasField("audience") else None,
        bucket_by=wire.bucket_by or None,
        slot=slot,
        holdouts=tuple(Holdout(each.key, each.share) for each in wire.holdouts),
    )
