"""Experiments as JSON."""

from __future__ import annotations

from bucketing.document.conditions import condition_from_document, condition_to_document
from bucketing.document.fields import at, expect, optional, required
from bucketing.document.serves import (
    bucket_by_from_document,
    hundredths,
    percent,
    shares_from_document,
    shares_to_document,
)
from bucketing.errors import InvalidConfig
from bucketing.flagset import Experiment, ExperimentMode, Holdout, Json, LayerSlot


def experiment_from_document(document: Json, path: str = "") -> Experiment:
    """Read an experiment.

    `{"key", "flag", "mode", "variations": [{"key", "weight", "value"}], "start_at", "stop_at", "traffic", "audience",
    "bucket_by", "layer": {"key", "start", "end"}, "holdouts": [{"key", "share"}], "phase", "seed", "paused"}`:
    times in epoch milliseconds, weights, traffic and shares in percent, a layer's range in buckets.
    """
    fields = expect(document, dict, path)
    mode = required(fields, "mode", str, path)
    if mode not in list(ExperimentMode):
        raise InvalidConfig(at(path, "mode"), f"must be one of {', '.join(ExperimentMode)}", "mode")
    audience, traffic = fields.get("audience"), fields.get("traffic")
    return Experiment(
        key=required(fields, "key", str, path),
        flag=required(fields, "flag", str, path),
        mode=ExperimentMode(mode),
        shares=shares_from_document(_without_values(fields, path), at(path, "variations")),
        patches=_patches(fields, path),
        start_at=required(fields, "start_at", int, path),
        stop_at=optional(fields, "stop_at", int, path),
        traffic=hundredths(100 if traffic is None else traffic, at(path, "traffic")),
        audience=None if audience is None else condition_from_document(audience, at(path, "audience")),
        bucket_by=bucket_by_from_document(fields, path),
        slot=_slot(optional(fields, "layer", dict, path), at(path, "layer")),
        holdouts=tuple(
            _holdout(entry, f"{at(path, 'holdouts')}[{index}]")
            for index, entry in enumerate(optional(fields, "holdouts", list, path, []))
        ),
        phase=optional(fields, "phase", int, path, 1),
        seed=optional(fields, "seed", str, path),
        paused=optional(fields, "paused", bool, path, False),
    )


def _without_values(fields: dict[str, Json], path: str) -> list[Json]:
    entries = required(fields, "variations", list, path)
    return [
        {name: value for name, value in each.items() if name != "value"} if isinstance(each, dict) else each
        for each in entries
    ]


def _patches(fields: dict[str, Json], path: str) -> dict[str, dict[str, Json]]:
    """By variation; of a list that has been read without them."""
    patches = {}
    for index, entry in enumerate(fields["variations"]):
        value = optional(entry, "value", dict, f"{at(path, 'variations')}[{index}]")
        if value is not None:
            patches[entry["key"]] = value
    return patches


def _slot(fields: dict[str, Json] | None, path: str) -> LayerSlot | None:
    if fields is None:
        return None
    return LayerSlot(
        required(fields, "key", str, path),
        required(fields, "start", int, path),
        required(fields, "end", int, path),
    )


def _holdout(document: Json, path: str) -> Holdout:
    fields = expect(document, dict, path)
    return Holdout(required(fields, "key", str, path), hundredths(fields.get("share"), at(path, "share")))


def experiment_to_document(experiment: Experiment) -> dict[str, Json]:
    """Write an experiment; what it doesn't have is left out."""
    document: dict[str, Json] = {
        "key": experiment.key,
        "flag": experiment.flag,
        "mode": experiment.mode.value,
        "variations": [
            each if (patch := experiment.patches.get(each["key"])) is None else {**each, "value": dict(patch)}
            for each in shares_to_document(experiment.shares)
        ],
        "start_at": experiment.start_at,
        "traffic": percent(experiment.traffic),
    }
    if experiment.stop_at is not None:
        document["stop_at"] = experiment.stop_at
    if experiment.audience is not None:
        document["audience"] = condition_to_document(experiment.audience)
    if experiment.bucket_by is not None:
        document["bucket_by"] = experiment.bucket_by
    if experiment.slot is not None:
        slot = experiment.slot
        document["layer"] = {"key": slot.layer, "start": slot.start, "end": slot.end}
    if experiment.holdouts:
        document["holdouts"] = [{"key": one.key, "share": percent(one.share)} for one in experiment.holdouts]
    if experiment.phase != 1:
        document["phase"] = experiment.phase
    if experiment.seed is not None:
        document["seed"] = experiment.seed
    if experiment.paused:
        document["paused"] = True
    return document
