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

class ExperimentStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXPERIMENT_STATUS_UNSPECIFIED: _ClassVar[ExperimentStatus]
    EXPERIMENT_STATUS_DRAFT: _ClassVar[ExperimentStatus]
    EXPERIMENT_STATUS_RUNNING: _ClassVar[ExperimentStatus]
    EXPERIMENT_STATUS_STOPPED: _ClassVar[ExperimentStatus]
    EXPERIMENT_STATUS_SCHEDULED: _ClassVar[ExperimentStatus]
    EXPERIMENT_STATUS_PAUSED: _ClassVar[ExperimentStatus]

class MetricRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    METRIC_ROLE_UNSPECIFIED: _ClassVar[MetricRole]
    METRIC_ROLE_GOAL: _ClassVar[MetricRole]
    METRIC_ROLE_SECONDARY: _ClassVar[MetricRole]
    METRIC_ROLE_GUARDRAIL: _ClassVar[MetricRole]

class MarginKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MARGIN_KIND_UNSPECIFIED: _ClassVar[MarginKind]
    MARGIN_KIND_RELATIVE: _ClassVar[MarginKind]
    MARGIN_KIND_ABSOLUTE: _ClassVar[MarginKind]

class SequentialMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEQUENTIAL_MODE_UNSPECIFIED: _ClassVar[SequentialMode]
    SEQUENTIAL_MODE_FIXED: _ClassVar[SequentialMode]
    SEQUENTIAL_MODE_GROUP: _ClassVar[SequentialMode]
    SEQUENTIAL_MODE_ALWAYS_VALID: _ClassVar[SequentialMode]

class Boundary(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BOUNDARY_UNSPECIFIED: _ClassVar[Boundary]
    BOUNDARY_OBRIEN_FLEMING: _ClassVar[Boundary]
    BOUNDARY_POCOCK: _ClassVar[Boundary]

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
    AGGREGATION_FUNNEL: _ClassVar[Aggregation]
    AGGREGATION_DISTINCT: _ClassVar[Aggregation]
    AGGREGATION_DAYS: _ClassVar[Aggregation]

class Direction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIRECTION_UNSPECIFIED: _ClassVar[Direction]
    DIRECTION_HIGHER_IS_BETTER: _ClassVar[Direction]
    DIRECTION_LOWER_IS_BETTER: _ClassVar[Direction]

class CapsOf(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPS_OF_UNSPECIFIED: _ClassVar[CapsOf]
    CAPS_OF_ALL: _ClassVar[CapsOf]
    CAPS_OF_NONZERO: _ClassVar[CapsOf]

class MetricPer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    METRIC_PER_UNSPECIFIED: _ClassVar[MetricPer]
    METRIC_PER_USER: _ClassVar[MetricPer]
    METRIC_PER_UNIT: _ClassVar[MetricPer]

class RolloutState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLLOUT_STATE_UNSPECIFIED: _ClassVar[RolloutState]
    ROLLOUT_STATE_PENDING: _ClassVar[RolloutState]
    ROLLOUT_STATE_RUNNING: _ClassVar[RolloutState]
    ROLLOUT_STATE_HELD: _ClassVar[RolloutState]
    ROLLOUT_STATE_PAUSED: _ClassVar[RolloutState]
    ROLLOUT_STATE_COMPLETED: _ClassVar[RolloutState]
    ROLLOUT_STATE_ROLLED_BACK: _ClassVar[RolloutState]
    ROLLOUT_STATE_CANCELLED: _ClassVar[RolloutState]

class BuiltInGuard(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BUILT_IN_GUARD_UNSPECIFIED: _ClassVar[BuiltInGuard]
    BUILT_IN_GUARD_SAMPLE_RATIO: _ClassVar[BuiltInGuard]
    BUILT_IN_GUARD_NO_DATA: _ClassVar[BuiltInGuard]
    BUILT_IN_GUARD_SDK_ERRORS: _ClassVar[BuiltInGuard]

class GuardAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GUARD_ACTION_UNSPECIFIED: _ClassVar[GuardAction]
    GUARD_ACTION_ROLL_BACK: _ClassVar[GuardAction]
    GUARD_ACTION_HOLD: _ClassVar[GuardAction]
    GUARD_ACTION_NOTIFY: _ClassVar[GuardAction]
SDK_KEY_KIND_UNSPECIFIED: SdkKeyKind
SDK_KEY_KIND_SERVER: SdkKeyKind
SDK_KEY_KIND_CLIENT: SdkKeyKind
EXPERIMENT_STATUS_UNSPECIFIED: ExperimentStatus
EXPERIMENT_STATUS_DRAFT: ExperimentStatus
EXPERIMENT_STATUS_RUNNING: ExperimentStatus
EXPERIMENT_STATUS_STOPPED: ExperimentStatus
EXPERIMENT_STATUS_SCHEDULED: ExperimentStatus
EXPERIMENT_STATUS_PAUSED: ExperimentStatus
METRIC_ROLE_UNSPECIFIED: MetricRole
METRIC_ROLE_GOAL: MetricRole
METRIC_ROLE_SECONDARY: MetricRole
METRIC_ROLE_GUARDRAIL: MetricRole
MARGIN_KIND_UNSPECIFIED: MarginKind
MARGIN_KIND_RELATIVE: MarginKind
MARGIN_KIND_ABSOLUTE: MarginKind
SEQUENTIAL_MODE_UNSPECIFIED: SequentialMode
SEQUENTIAL_MODE_FIXED: SequentialMode
SEQUENTIAL_MODE_GROUP: SequentialMode
SEQUENTIAL_MODE_ALWAYS_VALID: SequentialMode
BOUNDARY_UNSPECIFIED: Boundary
BOUNDARY_OBRIEN_FLEMING: Boundary
BOUNDARY_POCOCK: Boundary
AGGREGATION_UNSPECIFIED: Aggregation
AGGREGATION_CONVERSION: Aggregation
AGGREGATION_SUM: Aggregation
AGGREGATION_COUNT: Aggregation
AGGREGATION_MEAN: Aggregation
AGGREGATION_RATIO: Aggregation
AGGREGATION_QUANTILE: Aggregation
AGGREGATION_RETENTION: Aggregation
AGGREGATION_FUNNEL: Aggregation
AGGREGATION_DISTINCT: Aggregation
AGGREGATION_DAYS: Aggregation
DIRECTION_UNSPECIFIED: Direction
DIRECTION_HIGHER_IS_BETTER: Direction
DIRECTION_LOWER_IS_BETTER: Direction
CAPS_OF_UNSPECIFIED: CapsOf
CAPS_OF_ALL: CapsOf
CAPS_OF_NONZERO: CapsOf
METRIC_PER_UNSPECIFIED: MetricPer
METRIC_PER_USER: MetricPer
METRIC_PER_UNIT: MetricPer
ROLLOUT_STATE_UNSPECIFIED: RolloutState
ROLLOUT_STATE_PENDING: RolloutState
ROLLOUT_STATE_RUNNING: RolloutState
ROLLOUT_STATE_HELD: RolloutState
ROLLOUT_STATE_PAUSED: RolloutState
ROLLOUT_STATE_COMPLETED: RolloutState
ROLLOUT_STATE_ROLLED_BACK: RolloutState
ROLLOUT_STATE_CANCELLED: RolloutState
BUILT_IN_GUARD_UNSPECIFIED: BuiltInGuard
BUILT_IN_GUARD_SAMPLE_RATIO: BuiltInGuard
BUILT_IN_GUARD_NO_DATA: BuiltInGuard
BUILT_IN_GUARD_SDK_ERRORS: BuiltInGuard
GUARD_ACTION_UNSPECIFIED: GuardAction
GUARD_ACTION_ROLL_BACK: GuardAction
GUARD_ACTION_HOLD: GuardAction
GUARD_ACTION_NOTIFY: GuardAction

class ConfigMessage(_message.Message):
    __slots__ = ("environment_id", "version", "epoch", "answers_version", "manifest", "tombstone", "environment", "metric", "flag", "segment", "experiment", "remote_config", "rollout", "segment_chunk")
    ENVIRONMENT_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_VERSION_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    TOMBSTONE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    EXPERIMENT_FIELD_NUMBER: _ClassVar[int]
    REMOTE_CONFIG_FIELD_NUMBER: _ClassVar[int]
    ROLLOUT_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_CHUNK_FIELD_NUMBER: _ClassVar[int]
    environment_id: str
    version: int
    epoch: int
    answers_version: int
    manifest: Manifest
    tombstone: Tombstone
    environment: Environment
    metric: Metric
    flag: bytes
    segment: bytes
    experiment: Experiment
    remote_config: bytes
    rollout: GuardedRollout
    segment_chunk: bytes
    def __init__(self, environment_id: _Optional[str] = ..., version: _Optional[int] = ..., epoch: _Optional[int] = ..., answers_version: _Optional[int] = ..., manifest: _Optional[_Union[Manifest, _Mapping]] = ..., tombstone: _Optional[_Union[Tombstone, _Mapping]] = ..., environment: _Optional[_Union[Environment, _Mapping]] = ..., metric: _Optional[_Union[Metric, _Mapping]] = ..., flag: _Optional[bytes] = ..., segment: _Optional[bytes] = ..., experiment: _Optional[_Union[Experiment, _Mapping]] = ..., remote_config: _Optional[bytes] = ..., rollout: _Optional[_Union[GuardedRollout, _Mapping]] = ..., segment_chunk: _Optional[bytes] = ...) -> None: ...

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

class ToldVersion(_message.Message):
    __slots__ = ("entries", "manifest", "trace")
    class Entry(_message.Message):
        __slots__ = ("subject", "message")
        SUBJECT_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        subject: str
        message: bytes
        def __init__(self, subject: _Optional[str] = ..., message: _Optional[bytes] = ...) -> None: ...
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[ToldVersion.Entry]
    manifest: bytes
    trace: str
    def __init__(self, entries: _Optional[_Iterable[_Union[ToldVersion.Entry, _Mapping]]] = ..., manifest: _Optional[bytes] = ..., trace: _Optional[str] = ...) -> None: ...

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
    __slots__ = ("user_id", "role", "session_generation", "right_set", "ended_sessions")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SESSION_GENERATION_FIELD_NUMBER: _ClassVar[int]
    RIGHT_SET_FIELD_NUMBER: _ClassVar[int]
    ENDED_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    user_id: bytes
    role: str
    session_generation: int
    right_set: int
    ended_sessions: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, user_id: _Optional[bytes] = ..., role: _Optional[str] = ..., session_generation: _Optional[int] = ..., right_set: _Optional[int] = ..., ended_sessions: _Optional[_Iterable[bytes]] = ...) -> None: ...

class RightSet(_message.Message):
    __slots__ = ("rights",)
    RIGHTS_FIELD_NUMBER: _ClassVar[int]
    rights: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, rights: _Optional[_Iterable[str]] = ...) -> None: ...

class ServiceToken(_message.Message):
    __slots__ = ("id", "sha256", "expires_at", "right_set")
    ID_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    RIGHT_SET_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    sha256: bytes
    expires_at: int
    right_set: int
    def __init__(self, id: _Optional[bytes] = ..., sha256: _Optional[bytes] = ..., expires_at: _Optional[int] = ..., right_set: _Optional[int] = ...) -> None: ...

class SigningKey(_message.Message):
    __slots__ = ("id", "public_key", "expires_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    public_key: bytes
    expires_at: int
    def __init__(self, id: _Optional[str] = ..., public_key: _Optional[bytes] = ..., expires_at: _Optional[int] = ...) -> None: ...

class Environment(_message.Message):
    __slots__ = ("key", "project_id", "project_key", "organization_id", "salt", "sdk_keys", "hash_user_keys", "pii_attributes", "members", "exposure_attributes", "right_sets", "service_tokens", "signing_keys")
    KEY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_KEY_FIELD_NUMBER: _ClassVar[int]
    ORGANIZATION_ID_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    SDK_KEYS_FIELD_NUMBER: _ClassVar[int]
    HASH_USER_KEYS_FIELD_NUMBER: _ClassVar[int]
    PII_ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    EXPOSURE_ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    RIGHT_SETS_FIELD_NUMBER: _ClassVar[int]
    SERVICE_TOKENS_FIELD_NUMBER: _ClassVar[int]
    SIGNING_KEYS_FIELD_NUMBER: _ClassVar[int]
    key: str
    project_id: str
    project_key: str
    organization_id: str
    salt: str
    sdk_keys: _containers.RepeatedCompositeFieldContainer[SdkKey]
    hash_user_keys: bool
    pii_attributes: _containers.RepeatedScalarFieldContainer[str]
    members: _containers.RepeatedCompositeFieldContainer[Member]
    exposure_attributes: _containers.RepeatedScalarFieldContainer[str]
    right_sets: _containers.RepeatedCompositeFieldContainer[RightSet]
    service_tokens: _containers.RepeatedCompositeFieldContainer[ServiceToken]
    signing_keys: _containers.RepeatedCompositeFieldContainer[SigningKey]
    def __init__(self, key: _Optional[str] = ..., project_id: _Optional[str] = ..., project_key: _Optional[str] = ..., organization_id: _Optional[str] = ..., salt: _Optional[str] = ..., sdk_keys: _Optional[_Iterable[_Union[SdkKey, _Mapping]]] = ..., hash_user_keys: _Optional[bool] = ..., pii_attributes: _Optional[_Iterable[str]] = ..., members: _Optional[_Iterable[_Union[Member, _Mapping]]] = ..., exposure_attributes: _Optional[_Iterable[str]] = ..., right_sets: _Optional[_Iterable[_Union[RightSet, _Mapping]]] = ..., service_tokens: _Optional[_Iterable[_Union[ServiceToken, _Mapping]]] = ..., signing_keys: _Optional[_Iterable[_Union[SigningKey, _Mapping]]] = ...) -> None: ...

class ExperimentMetric(_message.Message):
    __slots__ = ("metric", "role", "margin", "margin_kind")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    MARGIN_KIND_FIELD_NUMBER: _ClassVar[int]
    metric: str
    role: MetricRole
    margin: float
    margin_kind: MarginKind
    def __init__(self, metric: _Optional[str] = ..., role: _Optional[_Union[MetricRole, str]] = ..., margin: _Optional[float] = ..., margin_kind: _Optional[_Union[MarginKind, str]] = ...) -> None: ...

class BayesPrior(_message.Message):
    __slots__ = ("lift_mean", "lift_sd")
    LIFT_MEAN_FIELD_NUMBER: _ClassVar[int]
    LIFT_SD_FIELD_NUMBER: _ClassVar[int]
    lift_mean: float
    lift_sd: float
    def __init__(self, lift_mean: _Optional[float] = ..., lift_sd: _Optional[float] = ...) -> None: ...

class AnalysisPlan(_message.Message):
    __slots__ = ("alpha", "mode", "planned_looks", "planned_units", "correction", "cuped", "power", "planned_end", "boundary", "n_star", "minimum_days", "covariates", "post_stratify_by", "matured_only", "bayes")
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    PLANNED_LOOKS_FIELD_NUMBER: _ClassVar[int]
    PLANNED_UNITS_FIELD_NUMBER: _ClassVar[int]
    CORRECTION_FIELD_NUMBER: _ClassVar[int]
    CUPED_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    PLANNED_END_FIELD_NUMBER: _ClassVar[int]
    BOUNDARY_FIELD_NUMBER: _ClassVar[int]
    N_STAR_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_DAYS_FIELD_NUMBER: _ClassVar[int]
    COVARIATES_FIELD_NUMBER: _ClassVar[int]
    POST_STRATIFY_BY_FIELD_NUMBER: _ClassVar[int]
    MATURED_ONLY_FIELD_NUMBER: _ClassVar[int]
    BAYES_FIELD_NUMBER: _ClassVar[int]
    alpha: float
    mode: SequentialMode
    planned_looks: int
    planned_units: int
    correction: str
    cuped: bool
    power: float
    planned_end: int
    boundary: Boundary
    n_star: int
    minimum_days: int
    covariates: _containers.RepeatedScalarFieldContainer[str]
    post_stratify_by: str
    matured_only: bool
    bayes: BayesPrior
    def __init__(self, alpha: _Optional[float] = ..., mode: _Optional[_Union[SequentialMode, str]] = ..., planned_looks: _Optional[int] = ..., planned_units: _Optional[int] = ..., correction: _Optional[str] = ..., cuped: _Optional[bool] = ..., power: _Optional[float] = ..., planned_end: _Optional[int] = ..., boundary: _Optional[_Union[Boundary, str]] = ..., n_star: _Optional[int] = ..., minimum_days: _Optional[int] = ..., covariates: _Optional[_Iterable[str]] = ..., post_stratify_by: _Optional[str] = ..., matured_only: _Optional[bool] = ..., bayes: _Optional[_Union[BayesPrior, _Mapping]] = ...) -> None: ...

class DisturbanceHop(_message.Message):
    __slots__ = ("entity", "key")
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    entity: str
    key: str
    def __init__(self, entity: _Optional[str] = ..., key: _Optional[str] = ...) -> None: ...

class DisturbanceEffect(_message.Message):
    __slots__ = ("kind", "fields", "path")
    KIND_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    kind: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    path: _containers.RepeatedCompositeFieldContainer[DisturbanceHop]
    def __init__(self, kind: _Optional[str] = ..., fields: _Optional[_Iterable[str]] = ..., path: _Optional[_Iterable[_Union[DisturbanceHop, _Mapping]]] = ...) -> None: ...

class Disturbance(_message.Message):
    __slots__ = ("at", "cause", "reason", "entity", "key", "effects")
    AT_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    EFFECTS_FIELD_NUMBER: _ClassVar[int]
    at: int
    cause: str
    reason: str
    entity: str
    key: str
    effects: _containers.RepeatedCompositeFieldContainer[DisturbanceEffect]
    def __init__(self, at: _Optional[int] = ..., cause: _Optional[str] = ..., reason: _Optional[str] = ..., entity: _Optional[str] = ..., key: _Optional[str] = ..., effects: _Optional[_Iterable[_Union[DisturbanceEffect, _Mapping]]] = ...) -> None: ...

class Experiment(_message.Message):
    __slots__ = ("id", "name", "status", "archived", "control_variation", "metrics", "plan", "document", "trigger_event", "exposure_filter", "disturbances", "disturbance_count", "ended_phases", "phase_started_at", "pauses")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ARCHIVED_FIELD_NUMBER: _ClassVar[int]
    CONTROL_VARIATION_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_EVENT_FIELD_NUMBER: _ClassVar[int]
    EXPOSURE_FILTER_FIELD_NUMBER: _ClassVar[int]
    DISTURBANCES_FIELD_NUMBER: _ClassVar[int]
    DISTURBANCE_COUNT_FIELD_NUMBER: _ClassVar[int]
    ENDED_PHASES_FIELD_NUMBER: _ClassVar[int]
    PHASE_STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    PAUSES_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    status: ExperimentStatus
    archived: bool
    control_variation: str
    metrics: _containers.RepeatedCompositeFieldContainer[ExperimentMetric]
    plan: AnalysisPlan
    document: bytes
    trigger_event: str
    exposure_filter: bytes
    disturbances: _containers.RepeatedCompositeFieldContainer[Disturbance]
    disturbance_count: int
    ended_phases: _containers.RepeatedCompositeFieldContainer[EndedPhase]
    phase_started_at: int
    pauses: _containers.RepeatedCompositeFieldContainer[Pause]
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., status: _Optional[_Union[ExperimentStatus, str]] = ..., archived: _Optional[bool] = ..., control_variation: _Optional[str] = ..., metrics: _Optional[_Iterable[_Union[ExperimentMetric, _Mapping]]] = ..., plan: _Optional[_Union[AnalysisPlan, _Mapping]] = ..., document: _Optional[bytes] = ..., trigger_event: _Optional[str] = ..., exposure_filter: _Optional[bytes] = ..., disturbances: _Optional[_Iterable[_Union[Disturbance, _Mapping]]] = ..., disturbance_count: _Optional[int] = ..., ended_phases: _Optional[_Iterable[_Union[EndedPhase, _Mapping]]] = ..., phase_started_at: _Optional[int] = ..., pauses: _Optional[_Iterable[_Union[Pause, _Mapping]]] = ...) -> None: ...

class EndedPhase(_message.Message):
    __slots__ = ("started_at", "ended_at", "control_variation", "document")
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    CONTROL_VARIATION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    started_at: int
    ended_at: int
    control_variation: str
    document: bytes
    def __init__(self, started_at: _Optional[int] = ..., ended_at: _Optional[int] = ..., control_variation: _Optional[str] = ..., document: _Optional[bytes] = ...) -> None: ...

class Pause(_message.Message):
    __slots__ = ("started_at", "ended_at")
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    started_at: int
    ended_at: int
    def __init__(self, started_at: _Optional[int] = ..., ended_at: _Optional[int] = ...) -> None: ...

class Metric(_message.Message):
    __slots__ = ("id", "key", "name", "archived", "aggregation", "direction", "event", "denominator_event", "quantile", "window_start", "window_end", "winsorize_at", "filter", "steps", "property", "winsorize_lower", "winsorize_of", "covariate_days", "per")
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
    FILTER_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    PROPERTY_FIELD_NUMBER: _ClassVar[int]
    WINSORIZE_LOWER_FIELD_NUMBER: _ClassVar[int]
    WINSORIZE_OF_FIELD_NUMBER: _ClassVar[int]
    COVARIATE_DAYS_FIELD_NUMBER: _ClassVar[int]
    PER_FIELD_NUMBER: _ClassVar[int]
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
    filter: bytes
    steps: _containers.RepeatedScalarFieldContainer[str]
    property: str
    winsorize_lower: float
    winsorize_of: CapsOf
    covariate_days: int
    per: MetricPer
    def __init__(self, id: _Optional[str] = ..., key: _Optional[str] = ..., name: _Optional[str] = ..., archived: _Optional[bool] = ..., aggregation: _Optional[_Union[Aggregation, str]] = ..., direction: _Optional[_Union[Direction, str]] = ..., event: _Optional[str] = ..., denominator_event: _Optional[str] = ..., quantile: _Optional[float] = ..., window_start: _Optional[int] = ..., window_end: _Optional[int] = ..., winsorize_at: _Optional[float] = ..., filter: _Optional[bytes] = ..., steps: _Optional[_Iterable[str]] = ..., property: _Optional[str] = ..., winsorize_lower: _Optional[float] = ..., winsorize_of: _Optional[_Union[CapsOf, str]] = ..., covariate_days: _Optional[int] = ..., per: _Optional[_Union[MetricPer, str]] = ...) -> None: ...

class RolloutStage(_message.Message):
    __slots__ = ("share", "started_at", "ended_at")
    SHARE_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    share: int
    started_at: int
    ended_at: int
    def __init__(self, share: _Optional[int] = ..., started_at: _Optional[int] = ..., ended_at: _Optional[int] = ...) -> None: ...

class RolloutGuard(_message.Message):
    __slots__ = ("id", "metric", "built_in", "margin", "margin_kind", "action", "window_seconds", "silence_seconds")
    ID_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    BUILT_IN_FIELD_NUMBER: _ClassVar[int]
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    MARGIN_KIND_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    WINDOW_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SILENCE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    id: str
    metric: str
    built_in: BuiltInGuard
    margin: float
    margin_kind: MarginKind
    action: GuardAction
    window_seconds: int
    silence_seconds: int
    def __init__(self, id: _Optional[str] = ..., metric: _Optional[str] = ..., built_in: _Optional[_Union[BuiltInGuard, str]] = ..., margin: _Optional[float] = ..., margin_kind: _Optional[_Union[MarginKind, str]] = ..., action: _Optional[_Union[GuardAction, str]] = ..., window_seconds: _Optional[int] = ..., silence_seconds: _Optional[int] = ...) -> None: ...

class GuardedRollout(_message.Message):
    __slots__ = ("id", "flag", "rule", "variation", "state", "revision", "stages", "guards", "alpha", "bucket_by")
    ID_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    VARIATION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    GUARDS_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    BUCKET_BY_FIELD_NUMBER: _ClassVar[int]
    id: str
    flag: str
    rule: str
    variation: str
    state: RolloutState
    revision: int
    stages: _containers.RepeatedCompositeFieldContainer[RolloutStage]
    guards: _containers.RepeatedCompositeFieldContainer[RolloutGuard]
    alpha: float
    bucket_by: str
    def __init__(self, id: _Optional[str] = ..., flag: _Optional[str] = ..., rule: _Optional[str] = ..., variation: _Optional[str] = ..., state: _Optional[_Union[RolloutState, str]] = ..., revision: _Optional[int] = ..., stages: _Optional[_Iterable[_Union[RolloutStage, _Mapping]]] = ..., guards: _Optional[_Iterable[_Union[RolloutGuard, _Mapping]]] = ..., alpha: _Optional[float] = ..., bucket_by: _Optional[str] = ...) -> None: ...
