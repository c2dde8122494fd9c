"""Outcomes: all that is to be known of a decision, worked out once and used by each evaluation that comes to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from bucketing import unit_key
from bucketing.attributes import read
from bucketing.decision import Decision
from bucketing.flagset import Flag, FlagType

from feature_flag_platform.evaluation.details import Detail, Experiment, fresh
from feature_flag_platform.evaluation.usage_counts import Step, UsageCounts, Way

UNIT_LENGTH_MAX = 512

Window = tuple[int, int | None]
"""From when until before when an experiment is under way, in epoch milliseconds; None: its end is open."""


class Mark(NamedTuple):
    """What an exposure tells beside its unit: what makes it the same as another one. `text` says all of it."""

    flag: str
    variation: str
    experiments: tuple[Experiment, ...]
    override: bool
    split: str | None
    text: str


class Outcome:
    """A decision with everything that follows from it.

    type: the flag's, None with an error. value: of the flag's type, None with an error; not to be changed. count:
    counts an evaluation. exposed: evaluations are exposures, within one of the `windows` if there are any. attributes:
    names of those that an exposure carries. mark: None with an error."""

    __slots__ = (
        "attributes",
        "bucket_by",
        "count",
        "count_bulk",
        "detail",
        "exposed",
        "mark",
        "type",
        "value",
        "windows",
    )

    def __init__(self, detail: Detail, count: Step, count_bulk: Step) -> None:
        self.detail = detail
        self.count = count
        self.count_bulk = count_bulk
        self.value: Any = detail.value
        self.type: FlagType | None = None
        self.exposed = False
        self.windows: tuple[Window, ...] = ()
        self.attributes: tuple[str, ...] = ()
        self.bucket_by: str | None = None
        self.mark: Mark | None = None

    @property
    def depends(self) -> bool:
        """Whether its detail depends on the context, or on the time."""
        return self.bucket_by is not None or bool(self.windows)

    def shared(self) -> Detail:
        """The detail of one that depends on neither; a value that may be changed is the caller's own."""
        detail = self.detail
        return with_value(detail, fresh(detail.value)) if self.type is FlagType.OBJECT else detail

    def told(self, context: Any, now: int) -> Detail:
        """The detail as this context is told it: its value may be changed, and its metadata name the context's unit."""
        if not self.depends:
            return self.shared()
        detail = self.detail
        more: dict[str, Any] = {}
        if self.bucket_by is not None and (unit := randomised_unit(self.bucket_by, context)):
            more["unitKey"] = unit
        if self.windows and self.under_way(now):
            more["reportExposures"] = True
        if more:
            detail = replace(detail, metadata=MappingProxyType({**detail.metadata, **more}))
        return with_value(detail, fresh(detail.value)) if self.type is FlagType.OBJECT else detail

    def under_way(self, now: int) -> bool:
        """Whether an exposure is due at `now`, in epoch milliseconds, of one that is `exposed`."""
        return not self.windows or any(start <= now and (end is None or now < end) for start, end in self.windows)


def randomised_unit(bucket_by: str, context: Any) -> str:
    """The unit that isn't the user; empty where there is none, or it is longer than an event may tell."""
    unit = unit_key(read(context, bucket_by)) or ""
    return unit if len(unit) <= UNIT_LENGTH_MAX else ""


def with_value(detail: Detail, value: Any) -> Detail:
    """The same detail with another value."""
    return Detail(
        value,
        detail.variant,
        detail.reason,
        detail.error_code,
        detail.error_message,
        detail.version,
        detail.experiments,
        detail.metadata,
    )


def failed(flag: object, code: str, message: str, counts: UsageCounts, version: int = 0) -> Outcome:
    """The outcome of an evaluation that ended in an error."""
    detail = Detail(None, None, "ERROR", code, message, version)
    way = Way(flag if isinstance(flag, str) else "", error=code)
    return Outcome(detail, counts.step(way), counts.step(way._replace(bulk=True)))


def served(
    decision: Decision, flag: Flag, counts: UsageCounts, metadata: Mapping[str, Any], windows: tuple[Window, ...]
) -> Outcome:
    """The outcome of a decision without an error. `windows`: of a remote config, of the experiments on it."""
    experiments = tuple(Experiment(each.key, each.phase) for each in decision.experiments)
    variation, reason = decision.variation or "", decision.reason.value
    detail = Detail(
        typed_value(flag, decision.value),
        decision.variation,
        reason,
        version=flag.version,
        experiments=experiments,
        metadata=metadata,
    )
    way = Way(decision.flag, variation, reason)
    outcome = Outcome(detail, counts.step(way), counts.step(way._replace(bulk=True)))
    outcome.type = flag.type
    outcome.exposed = bool(experiments) or flag.report_exposures or bool(windows)
    outcome.windows = () if experiments or flag.report_exposures else windows
    outcome.attributes = flag.exposure_attributes
    outcome.bucket_by = decision.bucket_by
    parts = (decision.flag, variation, experiments, decision.override, decision.split)
    outcome.mark = Mark(*parts, text=repr(parts))
    return outcome


def typed_value(flag: Flag, value: Any) -> Any:
    """The value as the flag's type has it in Python: 1 of type number is 1.0, 2.0 of type integer is 2."""
    if flag.type is FlagType.NUMBER and value.__class__ is int:
        return float(value)
    if flag.type is FlagType.INTEGER and value.__class__ is float:
        return int(value)
    return value
