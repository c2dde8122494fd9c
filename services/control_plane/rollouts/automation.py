"""What guards found of a rollout, heard and acted on: the rollout itself holds, goes back, or tells of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from control_plane.database import Connection
from control_plane.rollouts import moves, repository
from control_plane.rollouts.models import BEGUN, Cause, RolloutRow, RolloutState
from control_plane.rollouts.records import RolloutParts, RolloutTransaction
from control_plane.rollouts.returns import roll_back

GuardAction = Literal["roll_back", "hold", "notify"]
GUARD = "guard"
"""The code of a cause."""


class RolloutAutomation:
    """Both are called in a transaction that reaches every tenant, in which the caller may write what is its own."""

    def __init__(self, parts: RolloutParts) -> None:
        self._parts = parts

    async def act_on(
        self, tx: Connection, rollout_id: UUID, action: GuardAction, detail: str, figures: dict[str, object]
    ) -> RolloutRow | None:
        """Does what a verdict asks for, with its figures in the audit entry. None where there is nothing to do: the
        rollout is gone or over, or is held already. `hold` holds what runs, `roll_back` also what rests.

        Locks the project and the rollout: whoever compares a verdict's revision does so by `locked` before. May raise
        `Overtaken`: then the whole transaction is made once more (`settled`)."""
        at_work = await self.locked(tx, rollout_id)
        if at_work is None or at_work.row.state not in BEGUN:
            return None
        cause = Cause(GUARD, detail, figures)
        if action == "notify":
            await at_work.tell("notify", cause)
            return at_work.row
        if action == "roll_back":
            return (await roll_back(at_work, cause))[0]
        if at_work.row.state is not RolloutState.RUNNING:
            return None
        row = moves.rested(at_work.row, RolloutState.HELD, tx.now)
        return (await at_work.save(row, "hold", cause))[0]

    async def locked(self, tx: Connection, rollout_id: UUID) -> RolloutTransaction | None:
        """The rollout as it stands, until the transaction ends; None for one that is gone."""
        return await RolloutTransaction.of_id(tx, rollout_id, self._parts)

    async def heard(self, tx: Connection, rollout_id: UUID, revision: int, looked_at: datetime, *, quiet: bool) -> None:
        """Notes a look. `quiet`: it asks for nothing, so a step that is due may be taken within the next minute. One
        of a rollout that is gone is dropped; of an older revision it lets no step pass."""
        row = await repository.find_by_id(tx, rollout_id)
        if row is not None:
            await repository.note_look(tx, row, revision, looked_at, quiet=quiet)
