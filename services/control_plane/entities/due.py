"""What is due by a schedule: done one by one, each by one worker, as whoever scheduled it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar
from uuid import UUID

import asyncpg
from service_kit.logs import get_logger
from service_kit.problems import Forbidden, Problem, Unavailable

from control_plane.access import Actor
from control_plane.database import EVERY_TENANT, Connection, Database

FindActor = Callable[[Connection, str, UUID], Awaitable[Actor | None]]
"""What a person (`user`) or a program (`token`) may do now; None for who is gone."""
_AGAIN = (Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What says nothing of what is due: it is tried again."""
Row = TypeVar("Row")
_DETAIL_MAX = 2000
_log = get_logger("schedule")


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Who scheduled something, also where there is nobody of the kind any more."""

    kind: str
    id: UUID
    name: str
    maker: None = None

    @classmethod
    def of(cls, by: Mapping[str, Any]) -> Self:
        """From what is stored of them."""
        return cls(by["kind"], UUID(by["id"]), by["name"])

    async def actor(self, tx: Connection, organization_id: UUID, find_actor: FindActor) -> Actor:
        """As whom it is done. Raises `Forbidden` (`scheduler_gone`)."""
        actor = await find_actor(tx, self.kind, self.id)
        if actor is None or organization_id not in actor.organization_ids:
            raise Forbidden(f"{self.name} is gone", code="scheduler_gone")
        return actor


class Due(Protocol[Row]):
    """One kind of what is scheduled."""

    name: str
    """In a log."""

    async def take(self, tx: Connection) -> Row | None:
        """The one that has waited longest of those that no other worker is at, locked."""

    async def do(self, tx: Connection, row: Row) -> None:
        """What was scheduled. Raises what refuses it."""

    async def fail(self, tx: Connection, row: Row, code: str, detail: str) -> None:
        """It waits no more, and says why."""


async def do_all(database: Database, due: Due[Any]) -> None:
    """Until nothing is due that no other worker is at."""
    while await do_next(database, due):
        pass


async def do_next(database: Database, due: Due[Row]) -> bool:
    """One is done, or has failed and says why. Answers whether there was one. Raises what says nothing of it."""
    async with database.transaction(tenancy=EVERY_TENANT) as tx:
        row = await due.take(tx)
        if row is None:
            return False
        try:
            async with tx.attempt():
                await due.do(tx, row)
        except _AGAIN:
            raise
        except Problem as problem:
            await due.fail(tx, row, problem.code, problem.detail[:_DETAIL_MAX])
        except Exception as error:
            # One that nobody can do must not keep the others waiting.
            _log.error("what was scheduled failed", kind=due.name, exc_info=error)
            await due.fail(tx, row, "internal_error", "an error of the server: its log says more")
        return True
