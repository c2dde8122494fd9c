"""Exports, their runs and committed batches, as they are stored: JSON documents."""

from __future__ import annotations

from typing import Literal

import msgspec

from analytics.exports.destinations.registry import AnyDestination

Schedule = Literal["manual", "hourly", "daily"]
Mode = Literal["incremental", "full"]
Status = Literal["queued", "running", "succeeded", "failed"]
Cause = Literal["manual", "schedule"]
FINISHED: frozenset[Status] = frozenset({"succeeded", "failed"})


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """What is exported where and when. Times in epoch milliseconds."""

    id: str
    organization_id: str
    project_id: str
    project: str
    environment_id: str
    environment: str
    name: str
    destination: AnyDestination
    datasets: tuple[str, ...]
    schedule: Schedule = "daily"
    daily_at: str = "02:00"
    paused: bool = False
    scheduled_since: int
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    deleted: bool = False


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `until` (by ClickHouse's clock) and `generation` are fixed when it starts; `lease_until` says how long
    `worker` may work on it without a sign of life. `destination_digest`
    tells whether an export goes where it went."""

    number: int
    mode: Mode
    cause: Cause
    status: Status = "queued"
    requested_by: str = ""
    requested_at: int
    scheduled_for: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    generation: int = 0
    until: int = 0
    destination_digest: str = msgspec.field(name="place", default="")
    worker: str = ""
    claims: int = 0
    lease_until: int = 0
    error_code: str = ""
    error: str = ""

    @property
    def finished(self) -> bool:
        return self.status in FINISHED


class ExportBatch(msgspec.Struct, frozen=True, kw_only=True):
    """What a commit says: the window it belongs to, how far it got (`after`), whether it is the window's last one."""

    since: int
    until: int
    after: tuple[str, str, str] = ("", "", "")
    last: bool
    file: str = ""
    bytes: int = 0
    digest: str = ""
