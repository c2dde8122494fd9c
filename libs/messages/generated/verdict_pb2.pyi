from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class VerdictAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_ACTION_UNSPECIFIED: _ClassVar[VerdictAction]
    VERDICT_ACTION_NONE: _ClassVar[VerdictAction]
    VERDICT_ACTION_NOTIFY: _ClassVar[VerdictAction]
    VERDICT_ACTION_HOLD: _ClassVar[VerdictAction]
    VERDICT_ACTION_ROLL_BACK: _ClassVar[VerdictAction]

class FindingState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FINDING_STATE_UNSPECIFIED: _ClassVar[FindingState]
    FINDING_STATE_HEALTHY: _ClassVar[FindingState]
    FINDING_STATE_HARMED: _ClassVar[FindingState]
    FINDING_STATE_INSUFFICIENT: _ClassVar[FindingState]
    FINDING_STATE_NO_DATA: _ClassVar[FindingState]
    FINDING_STATE_NOT_ESTIMABLE: _ClassVar[FindingState]
VERDICT_ACTION_UNSPECIFIED: VerdictAction
VERDICT_ACTION_NONE: VerdictAction
VERDICT_ACTION_NOTIFY: VerdictAction
VERDICT_ACTION_HOLD: VerdictAction
VERDICT_ACTION_ROLL_BACK: VerdictAction
FINDING_STATE_UNSPECIFIED: FindingState
FINDING_STATE_HEALTHY: FindingState
FINDING_STATE_HARMED: FindingState
FINDING_STATE_INSUFFICIENT: FindingState
FINDING_STATE_NO_DATA: FindingState
FINDING_STATE_NOT_ESTIMABLE: FindingState

class FindingArm(_message.Message):
    __slots__ = ("units", "mean")
    UNITS_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    units: int
    mean: float
    def __init__(self, units: _Optional[int] = ..., mean: _Optional[float] = ...) -> None: ...

class FindingStratum(_message.Message):
    __slots__ = ("stage", "new", "rest", "estimate", "weight")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    NEW_FIELD_NUMBER: _ClassVar[int]
    REST_FIELD_NUMBER: _ClassVar[int]
    ESTIMATE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    stage: int
    new: FindingArm
    rest: FindingArm
    estimate: float
    weight: float
    def __init__(self, stage: _Optional[int] = ..., new: _Optional[_Union[FindingArm, _Mapping]] = ..., rest: _Optional[_Union[FindingArm, _Mapping]] = ..., estimate: _Optional[float] = ..., weight: _Optional[float] = ...) -> None: ...

class GuardFinding(_message.Message):
    __slots__ = ("guard", "state", "statistic", "new", "rest", "estimate", "lower", "upper", "p", "log10_p", "alpha_used", "data_until", "sentence", "strata", "action", "hypothesis")
    GUARD_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATISTIC_FIELD_NUMBER: _ClassVar[int]
    NEW_FIELD_NUMBER: _ClassVar[int]
    REST_FIELD_NUMBER: _ClassVar[int]
    ESTIMATE_FIELD_NUMBER: _ClassVar[int]
    LOWER_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    P_FIELD_NUMBER: _ClassVar[int]
    LOG10_P_FIELD_NUMBER: _ClassVar[int]
    ALPHA_USED_FIELD_NUMBER: _ClassVar[int]
    DATA_UNTIL_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    STRATA_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    HYPOTHESIS_FIELD_NUMBER: _ClassVar[int]
    guard: str
    state: FindingState
    statistic: str
    new: FindingArm
    rest: FindingArm
    estimate: float
    lower: float
    upper: float
    p: float
    log10_p: float
    alpha_used: float
    data_until: int
    sentence: str
    strata: _containers.RepeatedCompositeFieldContainer[FindingStratum]
    action: VerdictAction
    hypothesis: str
    def __init__(self, guard: _Optional[str] = ..., state: _Optional[_Union[FindingState, str]] = ..., statistic: _Optional[str] = ..., new: _Optional[_Union[FindingArm, _Mapping]] = ..., rest: _Optional[_Union[FindingArm, _Mapping]] = ..., estimate: _Optional[float] = ..., lower: _Optional[float] = ..., upper: _Optional[float] = ..., p: _Optional[float] = ..., log10_p: _Optional[float] = ..., alpha_used: _Optional[float] = ..., data_until: _Optional[int] = ..., sentence: _Optional[str] = ..., strata: _Optional[_Iterable[_Union[FindingStratum, _Mapping]]] = ..., action: _Optional[_Union[VerdictAction, str]] = ..., hypothesis: _Optional[str] = ...) -> None: ...

class Verdict(_message.Message):
    __slots__ = ("environment_id", "rollout_id", "revision", "epoch", "looked_at", "monitor_id", "action", "findings")
    ENVIRONMENT_ID_FIELD_NUMBER: _ClassVar[int]
    ROLLOUT_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    LOOKED_AT_FIELD_NUMBER: _ClassVar[int]
    MONITOR_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    environment_id: str
    rollout_id: str
    revision: int
    epoch: int
    looked_at: int
    monitor_id: str
    action: VerdictAction
    findings: _containers.RepeatedCompositeFieldContainer[GuardFinding]
    def __init__(self, environment_id: _Optional[str] = ..., rollout_id: _Optional[str] = ..., revision: _Optional[int] = ..., epoch: _Optional[int] = ..., looked_at: _Optional[int] = ..., monitor_id: _Optional[str] = ..., action: _Optional[_Union[VerdictAction, str]] = ..., findings: _Optional[_Iterable[_Union[GuardFinding, _Mapping]]] = ...) -> None: ...

class MonitorTerm(_message.Message):
    __slots__ = ("monitor_id", "epoch", "renewed_at", "expires_at")
    MONITOR_ID_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    RENEWED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    monitor_id: str
    epoch: int
    renewed_at: int
    expires_at: int
    def __init__(self, monitor_id: _Optional[str] = ..., epoch: _Optional[int] = ..., renewed_at: _Optional[int] = ..., expires_at: _Optional[int] = ...) -> None: ...
