from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DeadLetterReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEAD_LETTER_REASON_UNSPECIFIED: _ClassVar[DeadLetterReason]
    DEAD_LETTER_REASON_UNDECODABLE: _ClassVar[DeadLetterReason]
    DEAD_LETTER_REASON_MALFORMED_EVENT: _ClassVar[DeadLetterReason]
    DEAD_LETTER_REASON_REFUSED_BY_STORE: _ClassVar[DeadLetterReason]
DEAD_LETTER_REASON_UNSPECIFIED: DeadLetterReason
DEAD_LETTER_REASON_UNDECODABLE: DeadLetterReason
DEAD_LETTER_REASON_MALFORMED_EVENT: DeadLetterReason
DEAD_LETTER_REASON_REFUSED_BY_STORE: DeadLetterReason

class EventBatch(_message.Message):
    __slots__ = ("batch_id", "organization_id", "project_id", "environment_id", "sdk_key_id", "received_at", "exposure_count", "metric_count", "exposures", "metrics", "usage_count", "usage")
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    ORGANIZATION_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_ID_FIELD_NUMBER: _ClassVar[int]
    SDK_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPOSURE_COUNT_FIELD_NUMBER: _ClassVar[int]
    METRIC_COUNT_FIELD_NUMBER: _ClassVar[int]
    EXPOSURES_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    USAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    batch_id: str
    organization_id: str
    project_id: str
    environment_id: str
    sdk_key_id: str
    received_at: int
    exposure_count: int
    metric_count: int
    exposures: bytes
    metrics: bytes
    usage_count: int
    usage: bytes
    def __init__(self, batch_id: _Optional[str] = ..., organization_id: _Optional[str] = ..., project_id: _Optional[str] = ..., environment_id: _Optional[str] = ..., sdk_key_id: _Optional[str] = ..., received_at: _Optional[int] = ..., exposure_count: _Optional[int] = ..., metric_count: _Optional[int] = ..., exposures: _Optional[bytes] = ..., metrics: _Optional[bytes] = ..., usage_count: _Optional[int] = ..., usage: _Optional[bytes] = ...) -> None: ...

class DeadLetter(_message.Message):
    __slots__ = ("environment_id", "reason", "detail", "raw", "stream_sequence", "failed_at", "kind", "organization_id", "project_id", "received_at")
    ENVIRONMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    STREAM_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    FAILED_AT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ORGANIZATION_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    environment_id: str
    reason: DeadLetterReason
    detail: str
    raw: bytes
    stream_sequence: int
    failed_at: int
    kind: str
    organization_id: str
    project_id: str
    received_at: int
    def __init__(self, environment_id: _Optional[str] = ..., reason: _Optional[_Union[DeadLetterReason, str]] = ..., detail: _Optional[str] = ..., raw: _Optional[bytes] = ..., stream_sequence: _Optional[int] = ..., failed_at: _Optional[int] = ..., kind: _Optional[str] = ..., organization_id: _Optional[str] = ..., project_id: _Optional[str] = ..., received_at: _Optional[int] = ...) -> None: ...
