"""A rollout goes back: what was served before it began is served again."""

from __future__ import annotations

from control_plane.rollouts import moves
from control_plane.rollouts.errors import TargetGone
from control_plane.rollouts.models import Cause, RolloutRow
from control_plane.rollouts.records import RolloutTransaction


async def roll_back(at_work: RolloutTransaction, cause: Cause) -> tuple[RolloutRow, dict[str, int]]:
    """Of one that has begun. It waits for nobody, and disturbs experiments if it has to, which are marked then. Where
    the target is gone nothing is written but that it is over."""
    try:
        served = await at_work.served()
    except TargetGone:
        served = None
    row = moves.rolled_back(at_work.row, served, at_work.tx.now)
    return await at_work.save(row, "roll_back", cause, serves=served is not None, accept=True)
