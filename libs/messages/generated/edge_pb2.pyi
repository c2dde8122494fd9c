from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class EdgeHeartbeat(_message.Message):
    __slots__ = ("edge_id", "region", "software_version", "environment_id", "version", "epoch", "digest", "published_at", "taken_at", "leaving", "worker", "workers")
    EDGE_ID_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    TAKEN_AT_FIELD_NUMBER: _ClassVar[int]
    LEAVING_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    edge_id: str
    region: str
    software_version: str
    environment_id: str
    version: int
    epoch: int
    digest: bytes
    published_at: int
    taken_at: int
    leaving: bool
    worker: int
    workers: int
    def __init__(self, edge_id: _Optional[str] = ..., region: _Optional[str] = ..., software_version: _Optional[str] = ..., environment_id: _Optional[str] = ..., version: _Optional[int] = ..., epoch: _Optional[int] = ..., digest: _Optional[bytes] = ..., published_at: _Optional[int] = ..., taken_at: _Optional[int] = ..., leaving: _Optional[bool] = ..., worker: _Optional[int] = ..., workers: _Optional[int] = ...) -> None: ...
