"""While a rollout runs, the share that it moves belongs to it: an edit of what its target serves is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from control_plane.entities.transactions import WriteTransaction
from control_plane.environments.queries import EnvironmentRow
from control_plane.rollouts import repository
from control_plane.rollouts.errors import ShareInRollout
from control_plane.rollouts.models import RolloutRow, RolloutState

Rules = Sequence[Mapping[str, Any]]


class RolloutShares:
    """What the flags' service asks before it writes what a flag's rules and default serve."""

    async def hold(
        self,
        write: WriteTransaction,
        flag: str,
        environment: EnvironmentRow,
        before: tuple[Rules, Mapping[str, Any]],
        after: tuple[Rules, Mapping[str, Any]],
    ) -> None:
        """`before`, `after`: rules and default. Raises `ShareInRollout`."""
        organization_id = write.scope.organization_id
        for row in await repository.begun_on(write.tx, organization_id, environment.id, flag):
            if row.state is RolloutState.RUNNING and _served(row, before) != _served(row, after):
                raise ShareInRollout(row)


def _served(row: RolloutRow, held: tuple[Rules, Mapping[str, Any]]) -> Any:
    rules, default = held
    return default if row.rule is None else next((each["then"] for each in rules if each["id"] == row.rule), None)
