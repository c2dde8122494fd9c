from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class UsageTrouble(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    USAGE_TROUBLE_UNSPECIFIED: _ClassVar[UsageTrouble]
    USAGE_TROUBLE_NO_STORE: _ClassVar[UsageTrouble]
    USAGE_TROUBLE_TOO_MANY: _ClassVar[UsageTrouble]
USAGE_TROUBLE_UNSPECIFIED: UsageTrouble
USAGE_TROUBLE_NO_STORE: UsageTrouble
USAGE_TROUBLE_TOO_MANY: UsageTrouble

class UsageRequest(_message.Message):
    __slots__ = ("organization_id", "environment_ids", "flags", "since")
    ORGANIZATION_ID_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_IDS_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    organization_id: str
    environment_ids: _containers.RepeatedScalarFieldContainer[str]
    flags: _containers.RepeatedScalarFieldContainer[str]
    since: int
    def __init__(self, organization_id: _Optional[str] = ..., environment_ids: _Optional[_Iterable[str]] = ..., flags: _Optional[_Iterable[str]] = ..., since: _Optional[int] = ...) -> None: ...

class UsageReply(_message.Message):
    __slots__ = ("trouble", "environments")
    TROUBLE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENTS_FIELD_NUMBER: _ClassVar[int]
    trouble: UsageTrouble
    environments: _containers.RepeatedCompositeFieldContainer[EnvironmentUsage]
    def __init__(self, trouble: _Optional[_Union[UsageTrouble, str]] = ..., environments: _Optional[_Iterable[_Union[EnvironmentUsage, _Mapping]]] = ...) -> None: ...

class EnvironmentUsage(_message.Message):
    __slots__ = ("environment_id", "recorded_from", "recorded_until", "flags")
    ENVIRONMENT_ID_FIELD_NUMBER: _ClassVar[int]
    RECORDED_FROM_FIELD_NUMBER: _ClassVar[int]
    RECORDED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    environment_id: str
    recorded_from: int
    recorded_until: int
    flags: _containers.RepeatedCompositeFieldContainer[FlagUsage]
    def __init__(self, environment_id: _Optional[str] = ..., recorded_from: _Optional[int] = ..., recorded_until: _Optional[int] = ..., flags: _Optional[_Iterable[_Union[FlagUsage, _Mapping]]] = ...) -> None: ...

class FlagUsage(_message.Message):
    __slots__ = ("key", "named_at", "bulk_at", "last_sdk", "variations")
    KEY_FIELD_NUMBER: _ClassVar[int]
    NAMED_AT_FIELD_NUMBER: _ClassVar[int]
    BULK_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_SDK_FIELD_NUMBER: _ClassVar[int]
    VARIATIONS_FIELD_NUMBER: _ClassVar[int]
    key: str
    named_at: int
    bulk_at: int
    last_sdk: str
    variations: _containers.RepeatedCompositeFieldContainer[VariationUsage]
    def __init__(self, key: _Optional[str] = ..., named_at: _Optional[int] = ..., bulk_at: _Optional[int] = ..., last_sdk: _Optional[str] = ..., variations: _Optional[_Iterable[_Union[VariationUsage, _Mapping]]] = ...) -> None: ...

class VariationUsage(_message.Message):
    __slots__ = ("variation", "named", "in_bulk")
    VARIATION_FIELD_NUMBER: _ClassVar[int]
    NAMED_FIELD_NUMBER: _ClassVar[int]
    IN_BULK_FIELD_NUMBER: _ClassVar[int]
    variation: str
    named: int
    in_bulk: int
    def __init__(self, variation: _Optional[str] = ..., named: _Optional[int] = ..., in_bulk: _Optional[int] = ...) -> None: ...
