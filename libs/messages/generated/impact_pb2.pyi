from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ImpactTrouble(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IMPACT_TROUBLE_UNSPECIFIED: _ClassVar[ImpactTrouble]
    IMPACT_TROUBLE_NOT_SERVED: _ClassVar[ImpactTrouble]
    IMPACT_TROUBLE_NO_STORE: _ClassVar[ImpactTrouble]
    IMPACT_TROUBLE_BUSY: _ClassVar[ImpactTrouble]
    IMPACT_TROUBLE_UNREADABLE: _ClassVar[ImpactTrouble]
IMPACT_TROUBLE_UNSPECIFIED: ImpactTrouble
IMPACT_TROUBLE_NOT_SERVED: ImpactTrouble
IMPACT_TROUBLE_NO_STORE: ImpactTrouble
IMPACT_TROUBLE_BUSY: ImpactTrouble
IMPACT_TROUBLE_UNREADABLE: ImpactTrouble

class ChangedEntry(_message.Message):
    __slots__ = ("kind", "key", "content")
    KIND_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    kind: str
    key: str
    content: bytes
    def __init__(self, kind: _Optional[str] = ..., key: _Optional[str] = ..., content: _Optional[bytes] = ...) -> None: ...

class ImpactRequest(_message.Message):
    __slots__ = ("organization_id", "environment_id", "changed", "segments", "examples_max")
    ORGANIZATION_ID_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_MAX_FIELD_NUMBER: _ClassVar[int]
    organization_id: str
    environment_id: str
    changed: _containers.RepeatedCompositeFieldContainer[ChangedEntry]
    segments: _containers.RepeatedScalarFieldContainer[str]
    examples_max: int
    def __init__(self, organization_id: _Optional[str] = ..., environment_id: _Optional[str] = ..., changed: _Optional[_Iterable[_Union[ChangedEntry, _Mapping]]] = ..., segments: _Optional[_Iterable[str]] = ..., examples_max: _Optional[int] = ...) -> None: ...

class ImpactReply(_message.Message):
    __slots__ = ("trouble", "served_version", "since", "units", "units_estimated", "pseudonymised", "changed", "unknown", "flags", "segments", "experiments", "config_bytes", "flags_left_out", "examples")
    TROUBLE_FIELD_NUMBER: _ClassVar[int]
    SERVED_VERSION_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    UNITS_ESTIMATED_FIELD_NUMBER: _ClassVar[int]
    PSEUDONYMISED_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    EXPERIMENTS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_BYTES_FIELD_NUMBER: _ClassVar[int]
    FLAGS_LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    trouble: ImpactTrouble
    served_version: int
    since: int
    units: int
    units_estimated: int
    pseudonymised: bool
    changed: int
    unknown: int
    flags: _containers.RepeatedCompositeFieldContainer[FlagImpact]
    segments: _containers.RepeatedCompositeFieldContainer[SegmentImpact]
    experiments: _containers.RepeatedCompositeFieldContainer[ExperimentImpact]
    config_bytes: int
    flags_left_out: int
    examples: _containers.RepeatedCompositeFieldContainer[ImpactExample]
    def __init__(self, trouble: _Optional[_Union[ImpactTrouble, str]] = ..., served_version: _Optional[int] = ..., since: _Optional[int] = ..., units: _Optional[int] = ..., units_estimated: _Optional[int] = ..., pseudonymised: _Optional[bool] = ..., changed: _Optional[int] = ..., unknown: _Optional[int] = ..., flags: _Optional[_Iterable[_Union[FlagImpact, _Mapping]]] = ..., segments: _Optional[_Iterable[_Union[SegmentImpact, _Mapping]]] = ..., experiments: _Optional[_Iterable[_Union[ExperimentImpact, _Mapping]]] = ..., config_bytes: _Optional[int] = ..., flags_left_out: _Optional[int] = ..., examples: _Optional[_Iterable[_Union[ImpactExample, _Mapping]]] = ...) -> None: ...

class VariationMove(_message.Message):
    __slots__ = ("before", "after", "units")
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    before: str
    after: str
    units: int
    def __init__(self, before: _Optional[str] = ..., after: _Optional[str] = ..., units: _Optional[int] = ...) -> None: ...

class FlagImpact(_message.Message):
    __slots__ = ("key", "changed", "unknown", "moves", "missing_attributes")
    KEY_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    MOVES_FIELD_NUMBER: _ClassVar[int]
    MISSING_ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    key: str
    changed: int
    unknown: int
    moves: _containers.RepeatedCompositeFieldContainer[VariationMove]
    missing_attributes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, key: _Optional[str] = ..., changed: _Optional[int] = ..., unknown: _Optional[int] = ..., moves: _Optional[_Iterable[_Union[VariationMove, _Mapping]]] = ..., missing_attributes: _Optional[_Iterable[str]] = ...) -> None: ...

class SegmentImpact(_message.Message):
    __slots__ = ("key", "before", "after", "entered", "left", "changed", "unknown")
    KEY_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    ENTERED_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    key: str
    before: int
    after: int
    entered: int
    left: int
    changed: int
    unknown: int
    def __init__(self, key: _Optional[str] = ..., before: _Optional[int] = ..., after: _Optional[int] = ..., entered: _Optional[int] = ..., left: _Optional[int] = ..., changed: _Optional[int] = ..., unknown: _Optional[int] = ...) -> None: ...

class ExperimentImpact(_message.Message):
    __slots__ = ("key", "before", "after", "won", "lost", "moved", "unknown")
    KEY_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    WON_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    MOVED_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    key: str
    before: int
    after: int
    won: int
    lost: int
    moved: int
    unknown: int
    def __init__(self, key: _Optional[str] = ..., before: _Optional[int] = ..., after: _Optional[int] = ..., won: _Optional[int] = ..., lost: _Optional[int] = ..., moved: _Optional[int] = ..., unknown: _Optional[int] = ...) -> None: ...

class ImpactExample(_message.Message):
    __slots__ = ("flag", "unit", "before", "after", "explanation_before", "explanation_after")
    FLAG_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_BEFORE_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_AFTER_FIELD_NUMBER: _ClassVar[int]
    flag: str
    unit: str
    before: str
    after: str
    explanation_before: bytes
    explanation_after: bytes
    def __init__(self, flag: _Optional[str] = ..., unit: _Optional[str] = ..., before: _Optional[str] = ..., after: _Optional[str] = ..., explanation_before: _Optional[bytes] = ..., explanation_after: _Optional[bytes] = ...) -> None: ...
