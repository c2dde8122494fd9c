from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EvaluateRequest(_message.Message):
    __slots__ = ("flag", "context", "expose")
    FLAG_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    EXPOSE_FIELD_NUMBER: _ClassVar[int]
    flag: str
    context: _struct_pb2.Struct
    expose: bool
    def __init__(self, flag: _Optional[str] = ..., context: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., expose: _Optional[bool] = ...) -> None: ...

class EvaluateResponse(_message.Message):
    __slots__ = ("evaluation",)
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    evaluation: Evaluation
    def __init__(self, evaluation: _Optional[_Union[Evaluation, _Mapping]] = ...) -> None: ...

class EvaluateSeveralRequest(_message.Message):
    __slots__ = ("flags", "context", "expose")
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    EXPOSE_FIELD_NUMBER: _ClassVar[int]
    flags: _containers.RepeatedScalarFieldContainer[str]
    context: _struct_pb2.Struct
    expose: bool
    def __init__(self, flags: _Optional[_Iterable[str]] = ..., context: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., expose: _Optional[bool] = ...) -> None: ...

class EvaluateSeveralResponse(_message.Message):
    __slots__ = ("evaluations", "metadata")
    EVALUATIONS_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    evaluations: _containers.RepeatedCompositeFieldContainer[Evaluation]
    metadata: _struct_pb2.Struct
    def __init__(self, evaluations: _Optional[_Iterable[_Union[Evaluation, _Mapping]]] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class EvaluateAllRequest(_message.Message):
    __slots__ = ("context", "expose")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    EXPOSE_FIELD_NUMBER: _ClassVar[int]
    context: _struct_pb2.Struct
    expose: bool
    def __init__(self, context: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., expose: _Optional[bool] = ...) -> None: ...

class EvaluateAllResponse(_message.Message):
    __slots__ = ("evaluations", "metadata")
    EVALUATIONS_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    evaluations: _containers.RepeatedCompositeFieldContainer[Evaluation]
    metadata: _struct_pb2.Struct
    def __init__(self, evaluations: _Optional[_Iterable[_Union[Evaluation, _Mapping]]] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class ExplainRequest(_message.Message):
    __slots__ = ("flag", "context")
    FLAG_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    flag: str
    context: _struct_pb2.Struct
    def __init__(self, flag: _Optional[str] = ..., context: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class ExplainResponse(_message.Message):
    __slots__ = ("evaluation", "explanation")
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    evaluation: Evaluation
    explanation: _struct_pb2.Struct
    def __init__(self, evaluation: _Optional[_Union[Evaluation, _Mapping]] = ..., explanation: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("last_state",)
    LAST_STATE_FIELD_NUMBER: _ClassVar[int]
    last_state: str
    def __init__(self, last_state: _Optional[str] = ...) -> None: ...

class WatchResponse(_message.Message):
    __slots__ = ("state", "changed", "everything", "retry_milliseconds")
    STATE_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    EVERYTHING_FIELD_NUMBER: _ClassVar[int]
    RETRY_MILLISECONDS_FIELD_NUMBER: _ClassVar[int]
    state: str
    changed: _containers.RepeatedScalarFieldContainer[str]
    everything: bool
    retry_milliseconds: int
    def __init__(self, state: _Optional[str] = ..., changed: _Optional[_Iterable[str]] = ..., everything: _Optional[bool] = ..., retry_milliseconds: _Optional[int] = ...) -> None: ...

class Evaluation(_message.Message):
    __slots__ = ("flag", "boolean_value", "string_value", "integer_value", "number_value", "object_value", "variant", "reason", "error_code", "error_message", "metadata")
    FLAG_FIELD_NUMBER: _ClassVar[int]
    BOOLEAN_VALUE_FIELD_NUMBER: _ClassVar[int]
    STRING_VALUE_FIELD_NUMBER: _ClassVar[int]
    INTEGER_VALUE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_VALUE_FIELD_NUMBER: _ClassVar[int]
    OBJECT_VALUE_FIELD_NUMBER: _ClassVar[int]
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ERROR_CODE_FIELD_NUMBER: _ClassVar[int]
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    flag: str
    boolean_value: bool
    string_value: str
    integer_value: int
    number_value: float
    object_value: _struct_pb2.Value
    variant: str
    reason: str
    error_code: str
    error_message: str
    metadata: _struct_pb2.Struct
    def __init__(self, flag: _Optional[str] = ..., boolean_value: _Optional[bool] = ..., string_value: _Optional[str] = ..., integer_value: _Optional[int] = ..., number_value: _Optional[float] = ..., object_value: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ..., variant: _Optional[str] = ..., reason: _Optional[str] = ..., error_code: _Optional[str] = ..., error_message: _Optional[str] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...
