from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Act(_message.Message):
    __slots__ = ("act_id", "organization_id", "project_id", "actor_kind", "actor_id", "actor_name", "entity", "entity_key", "action", "before", "after", "at", "address", "request_id", "reason", "used_right")
    ACT_ID_FIELD_NUMBER: _ClassVar[int]
    ORGANIZATION_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    ACTOR_KIND_FIELD_NUMBER: _ClassVar[int]
    ACTOR_ID_FIELD_NUMBER: _ClassVar[int]
    ACTOR_NAME_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    ENTITY_KEY_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    USED_RIGHT_FIELD_NUMBER: _ClassVar[int]
    act_id: str
    organization_id: str
    project_id: str
    actor_kind: str
    actor_id: str
    actor_name: str
    entity: str
    entity_key: str
    action: str
    before: bytes
    after: bytes
    at: int
    address: str
    request_id: str
    reason: str
    used_right: str
    def __init__(self, act_id: _Optional[str] = ..., organization_id: _Optional[str] = ..., project_id: _Optional[str] = ..., actor_kind: _Optional[str] = ..., actor_id: _Optional[str] = ..., actor_name: _Optional[str] = ..., entity: _Optional[str] = ..., entity_key: _Optional[str] = ..., action: _Optional[str] = ..., before: _Optional[bytes] = ..., after: _Optional[bytes] = ..., at: _Optional[int] = ..., address: _Optional[str] = ..., request_id: _Optional[str] = ..., reason: _Optional[str] = ..., used_right: _Optional[str] = ...) -> None: ...
