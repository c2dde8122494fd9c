"""Writes in a transaction that stands already: as background work makes them, for somebody who isn't there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from service_kit.origins import begin_origin, note_reason

from control_plane.access import Actor
from control_plane.database import Connection
from control_plane.entities.transactions import ProjectTransactions
from control_plane.quotas import Quotas


class TransactionsWithin(ProjectTransactions):
    """Each write ends with its own record; the transaction is committed by whoever began it. What was to be agreed on
    was agreed on when it was put off. `reason`: why it is made."""

    def __init__(self, tx: Connection, quotas: Quotas, reason: str) -> None:
        self._tx = tx
        self._quotas = quotas
        self._agreement = None
        self._reason = reason

    def _transaction(self, actor: Actor) -> AbstractAsyncContextManager[Connection]:  # noqa: ARG002 - of its beginner
        return self._standing()

    @asynccontextmanager
    async def _standing(self) -> AsyncIterator[Connection]:
        begin_origin({})
        note_reason(self._reason)
        yield self._tx
