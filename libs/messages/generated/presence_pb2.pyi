from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Presence(_message.Message):
    __slots__ = ("service", "host", "process", "software_version", "time", "unready")
    class UnreadyEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    UNREADY_FIELD_NUMBER: _ClassVar[int]
    service: str
    host: str
    process: int
    software_version: str
    time: int
    unready: _containers.ScalarMap[str, str]
    def __init__(self, service: _Optional[str] = ..., host: _Optional[str] = ..., process: _Optional[int] = ..., software_version: _Optional[str] = ..., time: _Optional[int] = ..., unready: _Optional[_Mapping[str, str]] = ...) -> None: ...
