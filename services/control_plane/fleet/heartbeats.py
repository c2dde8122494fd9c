"""Heartbeats as they come from the bus: whoever may speak there is believed to be an edge, but not to be sane."""

from __future__ import annotations

import re
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from messages.generated.edge_pb2 import EdgeHeartbeat

BYTES_MAX = 1024
_EDGE = re.compile(r"[A-Za-z0-9._-]{1,128}")
_ENVIRONMENT = re.compile(r"[A-Za-z0-9-]{1,64}")
_WORD = re.compile(r"[A-Za-z0-9.+_-]{0,64}")
_VERSION_MAX = 2**63 - 1
_WORKERS_MAX = 64
_MOMENT_MAX = 253_402_300_799_999
"""The last millisecond of the year 9999."""


class NoHeartbeat(ValueError):
    """What was heard can't be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What a worker of an edge serves of an environment. `digest` in hexadecimal, times in epoch milliseconds: of the
    relay's clock (`published_at`) and of the edge's (`taken_at`)."""

    edge_id: str
    region: str
    software_version: str
    environment_id: str
    version: int
    digest: str
    published_at: int
    taken_at: int
    leaving: bool
    worker: int = 0
    workers: int = 1


def read_heartbeat(payload: bytes) -> Heartbeat:
    """Raises NoHeartbeat."""
    if len(payload) > BYTES_MAX:
        raise NoHeartbeat(f"{len(payload)} bytes")
    try:
        told = EdgeHeartbeat.FromString(payload)
    except DecodeError:
        raise NoHeartbeat("not a heartbeat") from None
    for name, pattern in (
        ("edge_id", _EDGE),
        ("region", _WORD),
        ("software_version", _WORD),
        ("environment_id", _ENVIRONMENT),
    ):
        if pattern.fullmatch(getattr(told, name)) is None:
            raise NoHeartbeat(f"{name} is none")
    if told.version > _VERSION_MAX or len(told.digest) != 32:
        raise NoHeartbeat("no version or digest")
    if not (0 <= told.published_at <= _MOMENT_MAX and 0 <= told.taken_at <= _MOMENT_MAX):
        raise NoHeartbeat("a moment that is none")
    workers = told.workers or 1
    if workers > _WORKERS_MAX or told.worker >= workers:
        raise NoHeartbeat("no such worker")
    return Heartbeat(
        edge_id=told.edge_id,
        region=told.region,
        software_version=told.software_version,
        environment_id=told.environment_id,
        version=told.version,
        digest=told.digest.hex(),
        published_at=told.published_at,
        taken_at=told.taken_at,
        leaving=told.leaving,
        worker=told.worker,
        workers=workers,
    )
