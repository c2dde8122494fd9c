"""Scheduled change requests, applied when their moment has come: one by one, each by one worker, as its scheduler."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
from service_kit.logs import get_logger
from service_kit.problems import Forbidden, Problem, Unavailable

from control_plane.changes import record
from control_plane.database import EVERY_TENANT, Connection
from control_plane.reviews import repository
from control_plane.reviews.application import apply
from control_plane.reviews.models import RequestRow, State
from control_plane.reviews.records import Parts, ReviewTransaction, change_of
from control_plane.reviews.views import audited

_AGAIN = (Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What says nothing of the request: it is tried again."""
_log = get_logger("reviews")


@dataclass(frozen=True, slots=True)
class _Scheduler:
    """Who scheduled a request, also where there is nobody of the kind any more."""

    kind: str
    id: UUID
    name: str
    maker: None = None


class Schedule:
    """Applies what is due. Any number of them may run beside each other."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def apply_all(self) -> None:
        """Until nothing is due that no other worker is at."""
        while await self.apply_next():
            pass

    async def apply_next(self) -> bool:
        """The one that has waited longest is applied, or open again with its failure. Answers whether there was one."""
        async with self._parts.database.transaction(tenancy=EVERY_TENANT) as tx:
            row = await repository.take_due(tx)
            if row is None:
                return False
            try:
                async with tx.attempt():
                    await self._apply(tx, row)
            except _AGAIN:
                raise
            except Problem as problem:
                await _opened(tx, row, problem.code, problem.detail)
            except Exception as error:
                # One that nobody can apply must not keep the others waiting.
                _log.error("a scheduled change request failed", number=row.number, exc_info=error)
                await _opened(tx, row, "internal_error", "an error of the server: its log says more")
            return True

    async def _apply(self, tx: Connection, row: RequestRow) -> None:
        scheduler = _scheduler(row)
        actor = await self._parts.find_actor(tx, scheduler.kind, scheduler.id)
        if actor is None or row.organization_id not in actor.organization_ids:
            raise Forbidden(f"{scheduler.name} is gone", code="scheduler_gone")
        review = await ReviewTransaction.of(tx, actor, str(row.project_id), self._parts)
        await apply(review, row)


async def _opened(tx: Connection, row: RequestRow, code: str, detail: str) -> None:
    failure: dict[str, Any] = {"at": tx.now.isoformat(), "code": code, "detail": detail[:2000]}
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


def _scheduler(row: RequestRow) -> _Scheduler:
    by = row.scheduled_by or row.author
    return _Scheduler(by["kind"], UUID(by["id"]), by["name"])
