from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SdkKeyKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SDK_KEY_KIND_UNSPECIFIED: _ClassVar[SdkKeyKind]
    SDK_KEY_KIND_SERVER: _ClassVar[SdkKeyKind]
    SDK_KEY_KIND_CLIENT: _ClassVar[SdkKeyKind]

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

class ExperimentStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXPERIMENT_STATUS_UNSPECIFIED: _ClassVar[ExperimentStatus]
    EXPERIMENT_STATUS_DRAFT: _ClassVar[ExperimentStatus]
    EXPERIMENT_STATUS_RUNNING: _ClassVar[ExperimentStatus]
    EXPERIMENT_STATUS_STOPPED: _ClassVar[ExperimentStatus]

class MetricRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    METRIC_ROLE_UNSPECIFIED: _ClassVar[MetricRole]
    METRIC_ROLE_GOAL: _ClassVar[MetricRole]
    METRIC_ROLE_SECONDARY: _ClassVar[MetricRole]
    METRIC_ROLE_GUARDRAIL: _ClassVar[MetricRole]

class SequentialMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEQUENTIAL_MODE_UNSPECIFIED: _ClassVar[SequentialMode]
    SEQUENTIAL_MODE_FIXED: _ClassVar[SequentialMode]
    SEQUENTIAL_MODE_GROUP: _ClassVar[SequentialMode]
    SEQUENTIAL_MODE_ALWAYS_VALID: _ClassVar[SequentialMode]

class Aggregation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AGGREGATION_UNSPECIFIED: _ClassVar[Aggregation]
    AGGREGATION_CONVERSION: _ClassVar[Aggregation]
    AGGREGATION_SUM: _ClassVar[Aggregation]
    AGGREGATION_COUNT: _ClassVar[Aggregation]
    AGGREGATION_MEAN: _ClassVar[Aggregation]
    AGGREGATION_RATIO: _ClassVar[Aggregation]
    AGGREGATION_QUANTILE: _ClassVar[Aggregation]
    AGGREGATION_RETENTION: _ClassVar[Aggregation]

class Direction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIRECTION_UNSPECIFIED: _ClassVar[Direction]
    DIRECTION_HIGHER_IS_BETTER: _ClassVar[Direction]
    DIRECTION_LOWER_IS_BETTER: _ClassVar[Direction]
SDK_KEY_KIND_UNSPECIFIED: SdkKeyKind
SDK_KEY_KIND_SERVER: SdkKeyKind
SDK_KEY_KIND_CLIENT: SdkKeyKind
FLAG_TYPE_UNSPECIFIED: FlagType
FLAG_TYPE_BOOLEAN: FlagType
FLAG_TYPE_STRING: FlagType
FLAG_TYPE_INTEGER: FlagType
FLAG_TYPE_NUMBER: FlagType
FLAG_TYPE_OBJECT: FlagType
EXPERIMENT_MODE_UNSPECIFIED: ExperimentMode
EXPERIMENT_MODE_ASSIGNS: ExperimentMode
EXPERIMENT_MODE_OBSERVES: ExperimentMode
EXPERIMENT_STATUS_UNSPECIFIED: ExperimentStatus
EXPERIMENT_STATUS_DRAFT: ExperimentStatus
EXPERIMENT_STATUS_RUNNING: ExperimentStatus
EXPERIMENT_STATUS_STOPPED: ExperimentStatus
METRIC_ROLE_UNSPECIFIED: MetricRole
METRIC_ROLE_GOAL: MetricRole
METRIC_ROLE_SECONDARY: MetricRole
METRIC_ROLE_GUARDRAIL: MetricRole
SEQUENTIAL_MODE_UNSPECIFIED: SequentialMode
SEQUENTIAL_MODE_FIXED: SequentialMode
SEQUENTIAL_MODE_GROUP: SequentialMode
SEQUENTIAL_MODE_ALWAYS_VALID: SequentialMode
AGGREGATION_UNSPECIFIED: Aggregation
AGGREGATION_CONVERSION: Aggregation
AGGREGATION_SUM: Aggregation
AGGREGATION_COUNT: Aggregation
AGGREGATION_MEAN: Aggregation
AGGREGATION_RATIO: Aggregation
AGGREGATION_QUANTILE: Aggregation
AGGREGATION_RETENTION: Aggregation
DIRECTION_UNSPECIFIED: Direction
DIRECTION_HIGHER_IS_BETTER: Direction
DIRECTION_LOWER_IS_BETTER: Direction

class ConfigMessage(_message.Message):
    __slots__ = ("environment_id", "version", "epoch", "manifest", "tombstone", "environment", "flag", "segment", "experiment", "metric")
    ENVIRONMENT_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    TOMBSTONE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    EXPERIMENT_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    environment_id: str
    version: int
    epoch: int
    manifest: Manifest
    tombstone: Tombstone
    environment: Environment
    flag: Flag
    segment: Segment
    experiment: Experiment
    metric: Metric
    def __init__(self, environment_id: _Optional[str] = ..., version: _Optional[int] = ..., epoch: _Optional[int] = ..., manifest: _Optional[_Union[Manifest, _Mapping]] = ..., tombstone: _Optional[_Union[Tombstone, _Mapping]] = ..., environment: _Optional[_Union[Environment, _Mapping]] = ..., flag: _Optional[_Union[Flag, _Mapping]] = ..., segment: _Optional[_Union[Segment, _Mapping]] = ..., experiment: _Optional[_Union[Experiment, _Mapping]] = ..., metric: _Optional[_Union[Metric, _Mapping]] = ...) -> None: ...

class Manifest(_message.Message):
    __slots__ = ("entity_count", "digest", "published_at")
    ENTITY_COUNT_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    entity_count: int
    digest: bytes
    published_at: int
    def __init__(self, entity_count: _Optional[int] = ..., digest: _Optional[bytes] = ..., published_at: _Optional[int] = ...) -> None: ...

class Tombstone(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SdkKey(_message.Message):
    __slots__ = ("id", "kind", "sha256", "expires_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: SdkKeyKind
    sha256: bytes
    expires_at: int
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[_Union[SdkKeyKind, str]] = ..., sha256: _Optional[bytes] = ..., expires_at: _Optional[int] = ...) -> None: ...

class Member(_message.Message):
    __slots__ = ("user_id", "role", "session_generation")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SESSION_GENERATION_FIELD_NUMBER: _ClassVar[int]
    user_id: bytes
    role: str
    session_generation: int
    def __init__(self, user_id: _Optional[bytes] = ..., role: _Optional[str] = ..., session_generation: _Optional[int] = ...) -> None: ...

class Environment(_message.Message):
    __slots__ = ("key", "project_id", "project_key", "organization_id", "salt", "sdk_keys", "hash_user_keys", "pii_attributes", "members")
    KEY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_KEY_FIELD_NUMBER: _ClassVar[int]
    ORGANIZATION_ID_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    SDK_KEYS_FIELD_NUMBER: _ClassVar[int]
    HASH_USER_KEYS_FIELD_NUMBER: _ClassVar[int]
    PII_ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    key: str
    project_id: str
    project_key: str
    organization_id: str
    salt: str
    sdk_keys: _containers.RepeatedCompositeFieldContainer[SdkKey]
    hash_user_keys: bool
    pii_attributes: _containers.RepeatedScalarFieldContainer[str]
    members: _containers.RepeatedCompositeFieldContainer[Member]
    def __init__(self, key: _Optional[str] = ..., project_id: _Optional[str] = ..., project_key: _Optional[str] = ..., organization_id: _Optional[str] = ..., salt: _Optional[str] = ..., sdk_keys: _Optional[_Iterable[_Union[SdkKey, _Mapping]]] = ..., hash_user_keys: _Optional[bool] = ..., pii_attributes: _Optional[_Iterable[str]] = ..., members: _Optional[_Iterable[_Union[Member, _Mapping]]] = ...) -> None: ...

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

class ExperimentMetric(_message.Message):
    __slots__ = ("metric", "role", "margin")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    metric: str
    role: MetricRole
    margin: float
    def __init__(self, metric: _Optional[str] = ..., role: _Optional[_Union[MetricRole, str]] = ..., margin: _Optional[float] = ...) -> None: ...

class AnalysisPlan(_message.Message):
    __slots__ = ("alpha", "mode", "planned_looks", "planned_units", "correction", "cuped")
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    PLANNED_LOOKS_FIELD_NUMBER: _ClassVar[int]
    PLANNED_UNITS_FIELD_NUMBER: _ClassVar[int]
    CORRECTION_FIELD_NUMBER: _ClassVar[int]
    CUPED_FIELD_NUMBER: _ClassVar[int]
    alpha: float
    mode: SequentialMode
    planned_looks: int
    planned_units: int
    correction: str
    cuped: bool
    def __init__(self, alpha: _Optional[float] = ..., mode: _Optional[_Union[SequentialMode, str]] = ..., planned_looks: _Optional[int] = ..., planned_units: _Optional[int] = ..., correction: _Optional[str] = ..., cuped: _Optional[bool] = ...) -> None: ...

class Experiment(_message.Message):
    __slots__ = ("id", "key", "name", "flag", "mode", "status", "archived", "start_at", "stop_at", "shares", "control_variation", "traffic", "audience", "bucket_by", "slot", "holdouts", "metrics", "plan")
    ID_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ARCHIVED_FIELD_NUMBER: _ClassVar[int]
    START_AT_FIELD_NUMBER: _ClassVar[int]
    STOP_AT_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    CONTROL_VARIATION_FIELD_NUMBER: _ClassVar[int]
    TRAFFIC_FIELD_NUMBER: _ClassVar[int]
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    BUCKET_BY_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    HOLDOUTS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    id: str
    key: str
    name: str
    flag: str
    mode: ExperimentMode
    status: ExperimentStatus
    archived: bool
    start_at: int
    stop_at: int
    shares: _containers.RepeatedCompositeFieldContainer[Share]
    control_variation: str
    traffic: int
    audience: Condition
    bucket_by: str
    slot: LayerSlot
    holdouts: _containers.RepeatedCompositeFieldContainer[Holdout]
    metrics: _containers.RepeatedCompositeFieldContainer[ExperimentMetric]
    plan: AnalysisPlan
    def __init__(self, id: _Optional[str] = ..., key: _Optional[str] = ..., name: _Optional[str] = ..., flag: _Optional[str] = ..., mode: _Optional[_Union[ExperimentMode, str]] = ..., status: _Optional[_Union[ExperimentStatus, str]] = ..., archived: _Optional[bool] = ..., start_at: _Optional[int] = ..., stop_at: _Optional[int] = ..., shares: _Optional[_Iterable[_Union[Share, _Mapping]]] = ..., control_variation: _Optional[str] = ..., traffic: _Optional[int] = ..., audience: _Optional[_Union[Condition, _Mapping]] = ..., bucket_by: _Optional[str] = ..., slot: _Optional[_Union[LayerSlot, _Mapping]] = ..., holdouts: _Optional[_Iterable[_Union[Holdout, _Mapping]]] = ..., metrics: _Optional[_Iterable[_Union[ExperimentMetric, _Mapping]]] = ..., plan: _Optional[_Union[AnalysisPlan, _Mapping]] = ...) -> None: ...

class Metric(_message.Message):
    __slots__ = ("id", "key", "name", "archived", "aggregation", "direction", "event", "denominator_event", "quantile", "window_start", "window_end", "winsorize_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ARCHIVED_FIELD_NUMBER: _ClassVar[int]
    AGGREGATION_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    DENOMINATOR_EVENT_FIELD_NUMBER: _ClassVar[int]
    QUANTILE_FIELD_NUMBER: _ClassVar[int]
    WINDOW_START_FIELD_NUMBER: _ClassVar[int]
    WINDOW_END_FIELD_NUMBER: _ClassVar[int]
    WINSORIZE_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    key: str
    name: str
    archived: bool
    aggregation: Aggregation
    direction: Direction
    event: str
    denominator_event: str
    quantile: float
    window_start: int
    window_end: int
    winsorize_at: float
    def __init__(self, id: _Optional[str] = ..., key: _Optional[str] = ..., name: _Optional[str] = ..., archived: _Optional[bool] = ..., aggregation: _Optional[_Union[Aggregation, str]] = ..., direction: _Optional[_Union[Direction, str]] = ..., event: _Optional[str] = ..., denominator_event: _Optional[str] = ..., quantile: _Optional[float] = ..., window_start: _Optional[int] = ..., window_end: _Optional[int] = ..., winsorize_at: _Optional[float] = ...) -> None: ...
