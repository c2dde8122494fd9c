"""What an event is: an exposure, a metric event or usage, as it is sent, as a line of JSON in EVENTS, and as columns.

A field is declared here once, with every limit that can be said as a type. What the ingestor takes and documents, the
loader's rows, the columns and the exports follow from it. On the way moment, user key and attributes change their type:
the ingestor writes attributes as it decoded them; the loader reads their bytes, which go into a column as they came.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

from msgspec import Meta, Struct

EVENT_ID_LENGTH_MAX = 128
USER_KEY_LENGTH_MAX = 512
NAME_LENGTH_MAX = 128
ATTRIBUTE_NAME_LENGTH_MAX = 256
ATTRIBUTE_DEPTH_MAX = 6
"""Objects and arrays inside each other, the attributes themselves being the first."""
EXPERIMENTS_MAX = 50
"""Of one exposure."""
PHASE_MAX = 2**31 - 1
EVENT_BYTES_MAX = 32 * 1024
"""Of one line."""
USAGE_COUNTS_MAX = 500
"""Of one usage event."""
USAGE_COUNT_MAX = 10**12
SDK_LENGTH_MAX = 64
MINUTE_MS = 60_000
INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1
METRIC_VALUE_MAX = 1e15
"""The size of a metric event's value: what results can add up and square, with digits left after the point."""
TIMESTAMP_MIN, TIMESTAMP_MAX = 946_684_800_000, 7_258_118_400_000
"""2000-01-01 to 2200-01-01: what the table keeps exactly, and where a clock may reasonably stand."""

Integer = Annotated[int, Meta(ge=INTEGER_MIN, le=INTEGER_MAX)]
EventId = Annotated[
    str,
    Meta(min_length=1, max_length=EVENT_ID_LENGTH_MAX, description="Makes sending again harmless; printable ASCII"),
]
UserKey = Annotated[str, Meta(min_length=1, max_length=USER_KEY_LENGTH_MAX)]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
ExperimentKey = Annotated[str, Meta(max_length=NAME_LENGTH_MAX)]
"""Empty: none."""
UnitKey = Annotated[str, Meta(max_length=USER_KEY_LENGTH_MAX)]
"""Empty: the user is the unit."""
SplitName = Annotated[
    str, Meta(max_length=NAME_LENGTH_MAX, description="The id of the rule whose percentages decided, or `$default`")
]
"""Empty: the sender does not say."""
ConfigVersion = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
MetricValue = Annotated[float, Meta(ge=-METRIC_VALUE_MAX, le=METRIC_VALUE_MAX)]
"""As it is sent; a line of EVENTS may still hold what was taken before there was a limit."""
Milliseconds = Annotated[int, Meta(ge=TIMESTAMP_MIN, le=TIMESTAMP_MAX)]
"""Since the Unix epoch."""

AttributeName = Annotated[str, Meta(min_length=1, max_length=ATTRIBUTE_NAME_LENGTH_MAX)]
_Scalar = str | Integer | float | bool | None
_Depth6 = _Scalar | list[_Scalar] | dict[str, _Scalar]
_Depth5 = _Scalar | list[_Depth6] | dict[str, _Depth6]
_Depth4 = _Scalar | list[_Depth5] | dict[str, _Depth5]
_Depth3 = _Scalar | list[_Depth4] | dict[str, _Depth4]
_Depth2 = _Scalar | list[_Depth3] | dict[str, _Depth3]
Attributes = dict[AttributeName, _Depth2]


class ExperimentPhase(Struct, gc=False, frozen=True):
    """An experiment that an exposure belongs to, and the phase that it was in."""

    key: Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
    phase: Annotated[int, Meta(ge=1, le=PHASE_MAX)] = 1


Experiments = Annotated[list[ExperimentPhase], Meta(max_length=EXPERIMENTS_MAX)]
"""What the evaluation said that an exposure belongs to: none when it is empty."""

UsageReason = Literal[
    "STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "DISABLED", "CACHED", "STALE", "UNKNOWN", "ERROR"
]
"""OpenFeature's. CACHED: whoever asked was told that what it holds is still right."""
UsageError = Literal[
    "",
    "FLAG_NOT_FOUND",
    "PARSE_ERROR",
    "TYPE_MISMATCH",
    "TARGETING_KEY_MISSING",
    "INVALID_CONTEXT",
    "PROVIDER_NOT_READY",
    "PROVIDER_FATAL",
    "GENERAL",
]


class UsageCount(Struct, gc=False, frozen=True, omit_defaults=True):
    """How often a flag, or a remote config, was evaluated in one way. `flag` empty: further keys that are unknown.
    `bulk`: as one of all, which does not say that anybody wanted it. `sdk`: what asked; empty: it did not say."""

    count: Annotated[int, Meta(ge=1, le=USAGE_COUNT_MAX)]
    reason: UsageReason
    flag: Annotated[str, Meta(max_length=NAME_LENGTH_MAX)] = ""
    variation: Annotated[str, Meta(max_length=NAME_LENGTH_MAX)] = ""
    error: UsageError = ""
    sdk: Annotated[str, Meta(max_length=SDK_LENGTH_MAX)] = ""
    bulk: bool = False


UsageCounts = Annotated[list[UsageCount], Meta(min_length=1, max_length=USAGE_COUNTS_MAX)]

_T = TypeVar("_T")
_U = TypeVar("_U")
_V = TypeVar("_V")
_A = TypeVar("_A")
_ABSENT: Any = None


class Exposure(Struct, Generic[_T, _U, _A], gc=False):
    """`_T`: when it happened. `_U`: to whom. `_A`: the attributes. `experiments` None: the sender does not say.
    `override`: an override of the unit decided, so that it belongs to no experiment. `split`: the id of the rule whose
    percentages decided, `$default` for those of the default; empty: the sender does not say."""

    event_id: EventId
    timestamp: _T
    user_key: _U
    flag: Name
    variation: Name
    experiment: ExperimentKey | None = ""
    experiments: Experiments | None = None
    unit_key: UnitKey | None = ""
    config_version: ConfigVersion | None = 0
    override: bool | None = False
    split: SplitName | None = ""
    context: _A = _ABSENT


class Metric(Struct, Generic[_T, _U, _V, _A], gc=False):
    """`_V`: its value; without one it only counts. The rest as in an exposure."""

    event_id: EventId
    timestamp: _T
    user_key: _U
    metric: Name
    value: _V = _ABSENT
    properties: _A = _ABSENT


class Usage(Struct, Generic[_T], gc=False):
    """What was asked for in the minute that `timestamp` lies in; of nobody in particular."""

    event_id: EventId
    timestamp: _T
    counts: UsageCounts


class ExposureLine(Exposure[Milliseconds, UserKey, _A], Generic[_A], gc=False):
    """`_A` is `Attributes` when it is written and `Raw` when it is read."""


class MetricLine(Metric[Milliseconds, UserKey, float | None, _A], Generic[_A], gc=False):
    """`_A` as in an exposure's line."""


class UsageLine(Usage[Milliseconds], gc=False):
    """Its moment is the beginning of the minute."""
