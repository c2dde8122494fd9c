"""From counts to what is answered."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from messages.generated.impact_pb2 import ImpactExample, ImpactReply

from control_plane.previews.entries import EntryChange
from control_plane.previews.schemas import (
    ExampleView,
    ExperimentImpactView,
    FlagImpactView,
    ImpactView,
    MessageSizeView,
    MoveView,
    ProblemView,
    SegmentImpactView,
    ShareView,
)

_Z = 1.959964
_ENTITIES = {"remote_config": "config"}


def impact_view(reply: ImpactReply, *, with_examples: bool) -> ImpactView:
    return ImpactView(
        config_version=reply.served_version,
        since=datetime.fromtimestamp(reply.since / 1000, UTC),
        units=reply.units,
        units_estimated=reply.units_estimated,
        pseudonymised=reply.pseudonymised,
        changed=reply.changed,
        changed_share=share_of(reply.changed, reply.units - reply.unknown),
        unknown=reply.unknown,
        flags=[
            FlagImpactView(
                key=each.key,
                changed=each.changed,
                unknown=each.unknown,
                moves=[
                    MoveView(before=move.before or None, after=move.after or None, units=move.units)
                    for move in each.moves
                ],
                missing_attributes=list(each.missing_attributes),
            )
            for each in reply.flags
        ],
        flags_left_out=reply.flags_left_out,
        segments=[SegmentImpactView.model_validate(_fields(each, SegmentImpactView)) for each in reply.segments],
        experiments=[
            ExperimentImpactView.model_validate(_fields(each, ExperimentImpactView)) for each in reply.experiments
        ],
        examples=[_example(each) for each in reply.examples] if with_examples else None,
    )


def share_of(part: int, whole: int) -> ShareView | None:
    """None where there is nobody of whom it can be told."""
    if whole <= 0:
        return None
    share, square = part / whole, _Z * _Z
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    half = _Z * math.sqrt(share * (1 - share) / whole + square / (4 * whole * whole)) / (1 + square / whole)
    return ShareView(
        percent=round(100 * share, 3),
        lower=round(max(0.0, 100 * (middle - half)), 3) if part else 0.0,
        upper=round(min(100.0, 100 * (middle + half)), 3) if part < whole else 100.0,
    )


def size_view(changes: Sequence[EntryChange], environment: int | None) -> MessageSizeView:
    return MessageSizeView(
        before=sum(len(each.before or b"") for each in changes),
        after=sum(len(each.after or b"") for each in changes),
        environment=environment,
    )


def problem_views(changes: Sequence[EntryChange]) -> list[ProblemView]:
    return [
        ProblemView(entity=_ENTITIES.get(each.kind, each.kind), key=each.key, reason=each.problem)
        for each in changes
        if each.problem
    ]


def _fields(message: Any, view: type[SegmentImpactView | ExperimentImpactView]) -> dict[str, Any]:
    return {name: getattr(message, name) for name in view.model_fields}


def _example(example: ImpactExample) -> ExampleView:
    return ExampleView(
        flag=example.flag,
        unit=example.unit,
        before=example.before or None,
        after=example.after or None,
        explanation_before=json.loads(example.explanation_before),
        explanation_after=json.loads(example.explanation_after),
    )
