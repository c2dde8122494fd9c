"""Scheduled change requests, applied when their moment has come: one by one, each by one worker, as its scheduler."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from service_kit.logs import get_logger

from control_plane.changes import record
from control_plane.database import Connection
from control_plane.entities.due import Due, Scheduler, do_all, do_next
from control_plane.reviews import repository
from control_plane.reviews.application import apply
from control_plane.reviews.models import RequestRow, State
from control_plane.reviews.records import Parts, ReviewTransaction, change_of
from control_plane.reviews.views import audited

_log = get_logger("reviews")


class Schedule(Due[RequestRow]):
    """Applies what is due. Any number of them may run beside each other."""

    name = "change_request"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def apply_all(self) -> None:
        """Until nothing is due that no other worker is at."""
        await do_all(self._parts.database, self)

    async def apply_next(self) -> bool:
        """The one that has waited longest is applied, or open again with its failure. Answers whether there was one."""
        return await do_next(self._parts.database, self)

    async def take(self, tx: Connection) -> RequestRow | None:
        return await repository.take_due(tx)

    async def do(self, tx: Connection, row: RequestRow) -> None:
        actor = await _scheduler(row).actor(tx, row.organization_id, self._parts.find_actor)
        await apply(await ReviewTransaction.of(tx, actor, str(row.project_id), self._parts), row)

    async def fail(self, tx: Connection, row: RequestRow, code: str, detail: str) -> None:
        failure: dict[str, Any] = {"at": tx.now.isoformat(), "code": code, "detail": detail}
        opened = replace(
            row,
            state=State.OPEN,
            scheduled_at=None,
            scheduled_by=None,
            failure=failure,
            version=row.version + 1,
            updated_at=tx.now,
        )
        await repository.update(tx, opened)
        await record(tx, change_of(opened, _scheduler(row), "fail_apply", audited(row)))
        _log.warning("a scheduled change request was not applied", number=row.number, code=code)


def _scheduler(row: RequestRow) -> Scheduler:
    return Scheduler.of(row.scheduled_by or row.author)
