from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FlagType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FLAG_TYPE_UNSPECIFIED: _ClassVar[FlagType]
    FLAG_TYPE_BOOLEAN: _ClassVar[FlagType]
    FLAG_TYPE_STRING: _ClassVar[FlagType]
    FLAG_TYPE_INTEGER: _ClassVar[FlagType]
    FLAG_TYPE_NUMBER: _ClassVar[FlagType]
    FLAG_TYPE_OBJECT: _ClassVar[FlagType]

class ExperimentMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXPERIMENT_MODE_UNSPECIFIED: _ClassVar[ExperimentMode]
    EXPERIMENT_MODE_ASSIGNS: _ClassVar[ExperimentMode]
    EXPERIMENT_MODE_OBSERVES: _ClassVar[ExperimentMode]
FLAG_TYPE_UNSPECIFIED: FlagType
FLAG_TYPE_BOOLEAN: FlagType
FLAG_TYPE_STRING: FlagType
FLAG_TYPE_INTEGER: FlagType
FLAG_TYPE_NUMBER: FlagType
FLAG_TYPE_OBJECT: FlagType
EXPERIMENT_MODE_UNSPECIFIED: ExperimentMode
EXPERIMENT_MODE_ASSIGNS: ExperimentMode
EXPERIMENT_MODE_OBSERVES: ExperimentMode

class ConfigTree(_message.Message):
    __slots__ = ("environment_id", "version", "epoch", "flag", "segment", "experiment")
    ENVIRONMENT_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    EXPERIMENT_FIELD_NUMBER: _ClassVar[int]
    environment_id: str
    version: int
    epoch: int
    flag: Flag
    segment: Segment
    experiment: Experiment
    def __init__(self, environment_id: _Optional[str] = ..., version: _Optional[int] = ..., epoch: _Optional[int] = ..., flag: _Optional[_Union[Flag, _Mapping]] = ..., segment: _Optional[_Union[Segment, _Mapping]] = ..., experiment: _Optional[_Union[Experiment, _Mapping]] = ...) -> None: ...

class Variation(_message.Message):
    __slots__ = ("key", "value_json")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_JSON_FIELD_NUMBER: _ClassVar[int]
    key: str
    value_json: str
    def __init__(self, key: _Optional[str] = ..., value_json: _Optional[str] = ...) -> None: ...

class Share(_message.Message):
    __slots__ = ("variation", "weight")
    VARIATION_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    variation: str
    weight: int
    def __init__(self, variation: _Optional[str] = ..., weight: _Optional[int] = ...) -> None: ...

class Rollout(_message.Message):
    __slots__ = ("shares", "bucket_by")
    SHARES_FIELD_NUMBER: _ClassVar[int]
    BUCKET_BY_FIELD_NUMBER: _ClassVar[int]
    shares: _containers.RepeatedCompositeFieldContainer[Share]
    bucket_by: str
    def __init__(self, shares: _Optional[_Iterable[_Union[Share, _Mapping]]] = ..., bucket_by: _Optional[str] = ...) -> None: ...

class Serve(_message.Message):
    __slots__ = ("variation", "rollout")
    VARIATION_FIELD_NUMBER: _ClassVar[int]
    ROLLOUT_FIELD_NUMBER: _ClassVar[int]
    variation: str
    rollout: Rollout
    def __init__(self, variation: _Optional[str] = ..., rollout: _Optional[_Union[Rollout, _Mapping]] = ...) -> None: ...

class Comparison(_message.Message):
    __slots__ = ("attribute", "operator", "value_json")
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_JSON_FIELD_NUMBER: _ClassVar[int]
    attribute: str
    operator: str
    value_json: str
    def __init__(self, attribute: _Optional[str] = ..., operator: _Optional[str] = ..., value_json: _Optional[str] = ...) -> None: ...

class Conditions(_message.Message):
    __slots__ = ("conditions",)
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    conditions: _containers.RepeatedCompositeFieldContainer[Condition]
    def __init__(self, conditions: _Optional[_Iterable[_Union[Condition, _Mapping]]] = ...) -> None: ...

class SegmentReference(_message.Message):
    __slots__ = ("keys",)
    KEYS_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, keys: _Optional[_Iterable[str]] = ...) -> None: ...

class Condition(_message.Message):
    __slots__ = ("comparison", "all_of", "any_of", "negated", "in_segment")
    COMPARISON_FIELD_NUMBER: _ClassVar[int]
    ALL_OF_FIELD_NUMBER: _ClassVar[int]
    ANY_OF_FIELD_NUMBER: _ClassVar[int]
    NEGATED_FIELD_NUMBER: _ClassVar[int]
    IN_SEGMENT_FIELD_NUMBER: _ClassVar[int]
    comparison: Comparison
    all_of: Conditions
    any_of: Conditions
    negated: Condition
    in_segment: SegmentReference
    def __init__(self, comparison: _Optional[_Union[Comparison, _Mapping]] = ..., all_of: _Optional[_Union[Conditions, _Mapping]] = ..., any_of: _Optional[_Union[Conditions, _Mapping]] = ..., negated: _Optional[_Union[Condition, _Mapping]] = ..., in_segment: _Optional[_Union[SegmentReference, _Mapping]] = ...) -> None: ...

class Rule(_message.Message):
    __slots__ = ("id", "description", "condition", "serve")
    ID_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    SERVE_FIELD_NUMBER: _ClassVar[int]
    id: str
    description: str
    condition: Condition
    serve: Serve
    def __init__(self, id: _Optional[str] = ..., description: _Optional[str] = ..., condition: _Optional[_Union[Condition, _Mapping]] = ..., serve: _Optional[_Union[Serve, _Mapping]] = ...) -> None: ...

class Target(_message.Message):
    __slots__ = ("key", "variation", "expires_at")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VARIATION_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    key: str
    variation: str
    expires_at: int
    def __init__(self, key: _Optional[str] = ..., variation: _Optional[str] = ..., expires_at: _Optional[int] = ...) -> None: ...

class Prerequisite(_message.Message):
    __slots__ = ("flag", "variation")
    FLAG_FIELD_NUMBER: _ClassVar[int]
    VARIATION_FIELD_NUMBER: _ClassVar[int]
    flag: str
    variation: str
    def __init__(self, flag: _Optional[str] = ..., variation: _Optional[str] = ...) -> None: ...

class Flag(_message.Message):
    __slots__ = ("key", "type", "enabled", "archived", "client_visible", "report_exposures", "variations", "off_variation", "default_serve", "prerequisites", "targets", "rules")
    KEY_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    ARCHIVED_FIELD_NUMBER: _ClassVar[int]
    CLIENT_VISIBLE_FIELD_NUMBER: _ClassVar[int]
    REPORT_EXPOSURES_FIELD_NUMBER: _ClassVar[int]
    VARIATIONS_FIELD_NUMBER: _ClassVar[int]
    OFF_VARIATION_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_SERVE_FIELD_NUMBER: _ClassVar[int]
    PREREQUISITES_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    key: str
    type: FlagType
    enabled: bool
    archived: bool
    client_visible: bool
    report_exposures: bool
    variations: _containers.RepeatedCompositeFieldContainer[Variation]
    off_variation: str
    default_serve: Serve
    prerequisites: _containers.RepeatedCompositeFieldContainer[Prerequisite]
    targets: _containers.RepeatedCompositeFieldContainer[Target]
    rules: _containers.RepeatedCompositeFieldContainer[Rule]
    def __init__(self, key: _Optional[str] = ..., type: _Optional[_Union[FlagType, str]] = ..., enabled: _Optional[bool] = ..., archived: _Optional[bool] = ..., client_visible: _Optional[bool] = ..., report_exposures: _Optional[bool] = ..., variations: _Optional[_Iterable[_Union[Variation, _Mapping]]] = ..., off_variation: _Optional[str] = ..., default_serve: _Optional[_Union[Serve, _Mapping]] = ..., prerequisites: _Optional[_Iterable[_Union[Prerequisite, _Mapping]]] = ..., targets: _Optional[_Iterable[_Union[Target, _Mapping]]] = ..., rules: _Optional[_Iterable[_Union[Rule, _Mapping]]] = ...) -> None: ...

class Segment(_message.Message):
    __slots__ = ("key", "included", "excluded", "condition")
    KEY_FIELD_NUMBER: _ClassVar[int]
    INCLUDED_FIELD_NUMBER: _ClassVar[int]
    EXCLUDED_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    key: str
    included: _containers.RepeatedScalarFieldContainer[str]
    excluded: _containers.RepeatedScalarFieldContainer[str]
    condition: Condition
    def __init__(self, key: _Optional[str] = ..., included: _Optional[_Iterable[str]] = ..., excluded: _Optional[_Iterable[str]] = ..., condition: _Optional[_Union[Condition, _Mapping]] = ...) -> None: ...

class LayerSlot(_message.Message):
    __slots__ = ("layer", "start", "end")
    LAYER_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    layer: str
    start: int
    end: int
    def __init__(self, layer: _Optional[str] = ..., start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class Holdout(_message.Message):
    __slots__ = ("key", "share")
    KEY_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    key: str
    share: int
    def __init__(self, key: _Optional[str] = ..., share: _Optional[int] = ...) -> None: ...

class Experiment(_message.Message):
    __slots__ = ("key", "flag", "mode", "start_at", "stop_at", "shares", "traffic", "audience", "bucket_by", "slot", "holdouts")
    KEY_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    START_AT_FIELD_NUMBER: _ClassVar[int]
    STOP_AT_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    TRAFFIC_FIELD_NUMBER: _ClassVar[int]
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    BUCKET_BY_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    HOLDOUTS_FIELD_NUMBER: _ClassVar[int]
    key: str
    flag: str
    mode: ExperimentMode
    start_at: int
    stop_at: int
    shares: _containers.RepeatedCompositeFieldContainer[Share]
    traffic: int
    audience: Condition
    bucket_by: str
    slot: LayerSlot
    holdouts: _containers.RepeatedCompositeFieldContainer[Holdout]
    def __init__(self, key: _Optional[str] = ..., flag: _Optional[str] = ..., mode: _Optional[_Union[ExperimentMode, str]] = ..., start_at: _Optional[int] = ..., stop_at: _Optional[int] = ..., shares: _Optional[_Iterable[_Union[Share, _Mapping]]] = ..., traffic: _Optional[int] = ..., audience: _Optional[_Union[Condition, _Mapping]] = ..., bucket_by: _Optional[str] = ..., slot: _Optional[_Union[LayerSlot, _Mapping]] = ..., holdouts: _Optional[_Iterable[_Union[Holdout, _Mapping]]] = ...) -> None: ...
