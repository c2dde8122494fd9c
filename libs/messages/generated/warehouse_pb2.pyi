from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WarehouseTrouble(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAREHOUSE_TROUBLE_UNSPECIFIED: _ClassVar[WarehouseTrouble]
    WAREHOUSE_TROUBLE_NO_STORE: _ClassVar[WarehouseTrouble]
WAREHOUSE_TROUBLE_UNSPECIFIED: WarehouseTrouble
WAREHOUSE_TROUBLE_NO_STORE: WarehouseTrouble

class WarehouseRequest(_message.Message):
    __slots__ = ("messages_compared", "acknowledged_sequence")
    MESSAGES_COMPARED_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    messages_compared: int
    acknowledged_sequence: int
    def __init__(self, messages_compared: _Optional[int] = ..., acknowledged_sequence: _Optional[int] = ...) -> None: ...

class WarehouseReply(_message.Message):
    __slots__ = ("trouble", "detail", "version", "software_version", "time", "missing_tables", "missing_migrations", "later_migrations", "bytes_stored", "disk_free", "disk_size", "exposures", "metric_events", "newest_received_at", "environment_ids", "comparison")
    TROUBLE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    MISSING_TABLES_FIELD_NUMBER: _ClassVar[int]
    MISSING_MIGRATIONS_FIELD_NUMBER: _ClassVar[int]
    LATER_MIGRATIONS_FIELD_NUMBER: _ClassVar[int]
    BYTES_STORED_FIELD_NUMBER: _ClassVar[int]
    DISK_FREE_FIELD_NUMBER: _ClassVar[int]
    DISK_SIZE_FIELD_NUMBER: _ClassVar[int]
    EXPOSURES_FIELD_NUMBER: _ClassVar[int]
    METRIC_EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEWEST_RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_IDS_FIELD_NUMBER: _ClassVar[int]
    COMPARISON_FIELD_NUMBER: _ClassVar[int]
    trouble: WarehouseTrouble
    detail: str
    version: str
    software_version: str
    time: int
    missing_tables: _containers.RepeatedScalarFieldContainer[str]
    missing_migrations: _containers.RepeatedScalarFieldContainer[str]
    later_migrations: _containers.RepeatedScalarFieldContainer[str]
    bytes_stored: int
    disk_free: int
    disk_size: int
    exposures: int
    metric_events: int
    newest_received_at: int
    environment_ids: _containers.RepeatedScalarFieldContainer[str]
    comparison: WarehouseComparison
    def __init__(self, trouble: _Optional[_Union[WarehouseTrouble, str]] = ..., detail: _Optional[str] = ..., version: _Optional[str] = ..., software_version: _Optional[str] = ..., time: _Optional[int] = ..., missing_tables: _Optional[_Iterable[str]] = ..., missing_migrations: _Optional[_Iterable[str]] = ..., later_migrations: _Optional[_Iterable[str]] = ..., bytes_stored: _Optional[int] = ..., disk_free: _Optional[int] = ..., disk_size: _Optional[int] = ..., exposures: _Optional[int] = ..., metric_events: _Optional[int] = ..., newest_received_at: _Optional[int] = ..., environment_ids: _Optional[_Iterable[str]] = ..., comparison: _Optional[_Union[WarehouseComparison, _Mapping]] = ...) -> None: ...

class WarehouseComparison(_message.Message):
    __slots__ = ("compared", "stored", "first_lost_at", "stream_first_at", "trouble")
    COMPARED_FIELD_NUMBER: _ClassVar[int]
    STORED_FIELD_NUMBER: _ClassVar[int]
    FIRST_LOST_AT_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIRST_AT_FIELD_NUMBER: _ClassVar[int]
    TROUBLE_FIELD_NUMBER: _ClassVar[int]
    compared: int
    stored: int
    first_lost_at: int
    stream_first_at: int
    trouble: str
    def __init__(self, compared: _Optional[int] = ..., stored: _Optional[int] = ..., first_lost_at: _Optional[int] = ..., stream_first_at: _Optional[int] = ..., trouble: _Optional[str] = ...) -> None: ...
