"""References of an experiment: its flag or remote config, segments, metrics, layer and holdouts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from bucketing.flagset import Condition
from messages.aggregations import AGGREGATIONS
from service_kit.problems import FieldError, InvalidInput

from control_plane.configs.queries import ConfigOutline, find_config, unfit_patch
from control_plane.entities import usages
from control_plane.entities.transactions import WriteTransaction
from control_plane.entities.usages import Reference
from control_plane.experiments.models import ExperimentRow
from control_plane.flags.queries import FlagOutline, find_flag
from control_plane.holdouts.queries import holdouts_of_keys
from control_plane.layers.queries import layers_of_keys
from control_plane.metrics.queries import metrics_of_keys
from control_plane.segments.queries import named_segments


class _Archivable(Protocol):
    @property
    def archived(self) -> bool: ...


class _Aggregated(Protocol):
    @property
    def aggregation(self) -> str: ...


async def subject_of(write: WriteTransaction, key: str) -> FlagOutline | ConfigOutline:
    """The flag or the remote config of this key. Raises `InvalidInput` for one that is absent or archived."""
    found = await find_flag(write.tx, write.scope, key) or await find_config(write.tx, write.scope, key)
    if found is None:
        raise InvalidInput([FieldError("flag", "unknown_flag", f"there is no flag and no remote config {key!r}")])
    if found.archived:
        noun = "remote config" if isinstance(found, ConfigOutline) else "flag"
        raise InvalidInput([FieldError("flag", "archived_flag", f"the {noun} {key!r} is archived")])
    return found


async def keep_fitting(write: WriteTransaction, row: ExperimentRow, patches: Mapping[str, Mapping[str, Any]]) -> None:
    """What the remote config may give fits its schema with each variation's patch. Raises `InvalidInput`, its fields a
    path and a JSON pointer."""
    unfit = await unfit_patch(write.tx, write.scope, (row.flag, row.environment_id), patches)
    if unfit is not None:
        index = [each["key"] for each in row.variations].index(unfit.variation)
        given = f" where {' and '.join(unfit.overrides)} apply" if unfit.overrides else ""
        raise InvalidInput(
            [
                FieldError(f"variations[{index}].value{each.field}", each.code, f"{each.reason}{given}")
                for each in unfit.errors
            ]
        )


async def keep_references(
    write: WriteTransaction, row: ExperimentRow, subject: FlagOutline | ConfigOutline, audience: Condition | None
) -> None:
    """From now on the experiment uses what it names. Raises `InvalidInput` with the path of each unusable name."""
    segments = await named_segments(write.tx, write.scope, [] if audience is None else [("audience", audience)])
    metrics = {f"metrics[{index}].metric": each["metric"] for index, each in enumerate(row.metrics)}
    covariates = {f"plan.covariates[{index}]": key for index, key in enumerate(row.plan["covariates"])}
    of_covariates = await metrics_of_keys(write.tx, write.scope, covariates.values())
    holdouts = {f"holdouts[{index}]": key for index, key in enumerate(row.holdouts)}
    layers = {"layer.key": row.layer} if row.layer else {}
    errors = [
        *_unusable("metric", metrics, await metrics_of_keys(write.tx, write.scope, metrics.values())),
        *_unusable("metric", covariates, of_covariates),
        *_without_one_number(covariates, of_covariates),
        *_unusable("holdout", holdouts, await holdouts_of_keys(write.tx, write.scope, holdouts.values())),
        *_unusable("layer", layers, await layers_of_keys(write.tx, write.scope, layers.values())),
    ]
    if errors:
        raise InvalidInput(errors)
    references = [
        Reference("config", row.flag)
        if isinstance(subject, ConfigOutline)
        else Reference("flag", row.flag, parts=frozenset(each["key"] for each in row.variations)),
        *segments,
        *(Reference("metric", key) for key in {**metrics, **covariates}.values()),
        *(Reference("holdout", key) for key in holdouts.values()),
        *(Reference("layer", key) for key in layers.values()),
    ]
    referrer = usages.Referrer("experiment", row.key, environment_id=row.environment_id)
    usages.replace_later(write.tx, write.scope, referrer, references, active=row.under_way)


def _unusable(kind: str, named: Mapping[str, str], rows: Mapping[str, _Archivable]) -> Iterator[FieldError]:
    for path, key in named.items():
        if key not in rows:
            yield FieldError(path, f"unknown_{kind}", f"there is no {kind} {key!r}")
        elif rows[key].archived:
            yield FieldError(path, f"archived_{kind}", f"the {kind} {key!r} is archived")


def _without_one_number(covariates: Mapping[str, str], rows: Mapping[str, _Aggregated]) -> Iterator[FieldError]:
    for path, key in covariates.items():
        if key in rows and not AGGREGATIONS[rows[key].aggregation].per_unit:
            reason = f"the metric {key!r} is a {rows[key].aggregation}, which has no number per unit"
            yield FieldError(path, "not_per_unit", reason)
