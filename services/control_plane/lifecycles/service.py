"""How far flags have come: what is stored of them, laid beside what analytics knows of their use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from service_kit.pagination import PageRequest, cursor_of
from service_kit.problems import FieldError, InvalidInput, NotFound

from control_plane.access import Actor, Right
from control_plane.entities import usages
from control_plane.entities.transactions import ProjectTransactions, ReadTransaction
from control_plane.environments.queries import EnvironmentRow, environments_of
from control_plane.experiments import queries as experiments
from control_plane.flags import queries as flags
from control_plane.flags.queries import FlagStanding
from control_plane.lifecycles.evidence import FlagUse, Unanswered, UsageInquiry
from control_plane.lifecycles.states import (
    CODE_REFERENCES,
    Check,
    FlagExperiment,
    FlagThere,
    LifecycleState,
    Standing,
    dependents_check,
    evaluation_check,
    need_check,
    standing_of,
)
from control_plane.rollouts import queries as rollouts

_LOOKED_AT_ONCE = 200
_LOOKS_MAX = 5
"""A page of one state may be shorter than it could be: the next one goes on from there."""
_NOT_SERVED = Unanswered("not_answered", "analytics has not told of this environment")


@dataclass(frozen=True, slots=True)
class FlagLifecycle:
    """A flag with how far it has come in each environment, by key."""

    flag: FlagStanding
    standings: tuple[tuple[str, Standing], ...]
    there: tuple[FlagThere, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which flags are listed: of a state in an environment, or in any; of a purpose. `days`: for how long something
    must be so."""

    days: int
    state: LifecycleState | None = None
    environment: str | None = None
    purpose: str | None = None

    def takes(self, found: FlagLifecycle) -> bool:
        if self.state is None:
            return True
        return any(
            standing.state is self.state
            for environment, standing in found.standings
            if self.environment in (None, environment)
        )


class Lifecycles:
    """Reads what is stored first, then asks: no transaction waits for analytics."""

    def __init__(self, transactions: ProjectTransactions, use: FlagUse) -> None:
        self._transactions = transactions
        self._use = use

    async def of_flag(self, actor: Actor, project: str, key: str, days: int) -> tuple[FlagLifecycle, list[Check]]:
        """With what stands in the way of removing it. Raises `NotFound` and `MissingRight`."""
        async with self._transactions.read(actor, project, Right.FLAG_READ) as read:
            rows = await flags.standings(read.tx, read.scope, after="", limit=1, key=key)
            if not rows:
                raise NotFound("there is nothing at this address")
            environments = await environments_of(read.tx, read.scope)
            of_flag = await self._experiments(read, [key])
            users = [str(each) for each in await usages.usages_of(read.tx, read.scope, "flag", key)]
            moving = await rollouts.under_way_on(read.tx, read.scope, key)
            now = read.tx.now
        (found,) = await self._laid_beside(rows, environments, of_flag, days, now)
        under_way = [f"experiment {each.key}" for _, _, each in of_flag if each.ended_at is None]
        return found, [
            evaluation_check(key, found.there, days, now),
            need_check(found.flag, now),
            dependents_check("no_dependents", users, "no flag, experiment or remote config names it"),
            dependents_check("no_experiments", under_way, "no experiment on it is under way"),
            dependents_check("no_rollouts", [f"rollout {each}" for each in moving], "no rollout moves it"),
            CODE_REFERENCES,
        ]

    async def listed(
        self, actor: Actor, project: str, page: PageRequest, wanted: Wanted
    ) -> tuple[list[FlagLifecycle], str | None]:
        """The flags of a page, by key, and the cursor of the next one."""
        after, found = page.after or "", list[FlagLifecycle]()
        at_once = page.limit if wanted.state is None else _LOOKED_AT_ONCE
        for _ in range(_LOOKS_MAX):
            async with self._transactions.read(actor, project, Right.FLAG_READ) as read:
                environments = await environments_of(read.tx, read.scope)
                _require_known(environments, wanted.environment)
                rows = await flags.standings(
                    read.tx, read.scope, after=after, limit=at_once + 1, purpose=wanted.purpose
                )
                looked = rows[:at_once]
                of_flags = await self._experiments(read, [each.key for each in looked])
                now = read.tx.now
            for each in await self._laid_beside(looked, environments, of_flags, wanted.days, now):
                after = each.flag.key
                if wanted.takes(each):
                    found.append(each)
                    if len(found) == page.limit:
                        more = after != rows[-1].key
                        return found, cursor_of(after) if more else None
            if len(rows) <= at_once:
                return found, None
        return found, cursor_of(after)

    async def _experiments(self, read: ReadTransaction, keys: Sequence[str]) -> list[tuple[str, UUID, FlagExperiment]]:
        rows = await experiments.spans_on(read.tx, read.scope, keys)
        return [
            (
                row.flag,
                row.environment_id,
                FlagExperiment(row.key, row.status, None if row.under_way else _moment(row.stop_at)),
            )
            for row in rows
            if row.under_way or row.stop_at is not None
        ]

    async def _laid_beside(
        self,
        rows: Sequence[FlagStanding],
        environments: Sequence[EnvironmentRow],
        of_flags: Sequence[tuple[str, UUID, FlagExperiment]],
        days: int,
        now: datetime,
    ) -> list[FlagLifecycle]:
        if not rows or not environments:
            return [FlagLifecycle(row, (), ()) for row in rows]
        inquiry = UsageInquiry(
            environments[0].organization_id,
            tuple(each.id for each in environments),
            tuple(each.key for each in rows),
            int((now - timedelta(days=days)).timestamp()),
        )
        evidence = await self._use.ask(inquiry)
        found = []
        for row in rows:
            there = tuple(
                FlagThere(
                    environment=each.key,
                    archived=row.archived,
                    purpose=row.purpose,
                    expected_end=row.expected_end,
                    created_at=row.created_at,
                    changed_at=max(row.changed_at.get(each.id, row.created_at), row.updated_at),
                    experiments=[one for flag, where, one in of_flags if flag == row.key and where == each.id],
                    usage=evidence if isinstance(evidence, Unanswered) else evidence.get(each.id, _NOT_SERVED),
                )
                for each in environments
            )
            standings = tuple((each.environment, standing_of(each, row.key, days, now)) for each in there)
            found.append(FlagLifecycle(row, standings, there))
        return found


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def _require_known(environments: Sequence[EnvironmentRow], key: str | None) -> None:
    if key is not None and key not in {each.key for each in environments}:
        reason = f"there is no environment {key!r} in use"
        raise InvalidInput([FieldError("environment", "unknown_environment", reason)])
