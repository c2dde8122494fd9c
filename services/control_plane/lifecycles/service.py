"""How far flags have come: what is stored of them, laid beside what analytics knows of their use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from service_kit.pagination import PageRequest, cursor_of
from service_kit.problems import FieldError, InvalidInput, NotFound, Unavailable

from control_plane.access import Actor, Right
from control_plane.entities import usages
from control_plane.entities.transactions import ProjectTransactions, ReadTransaction
from control_plane.environments.queries import EnvironmentRow, environments_of
from control_plane.experiments import queries as experiments
from control_plane.flags import queries as flags
from control_plane.flags.queries import FlagStanding, LifecycleState
from control_plane.lifecycles.evidence import FlagUse, Unanswered, UsageInquiry
from control_plane.lifecycles.states import (
    CODE_REFERENCES,
    Check,
    FlagExperiment,
    FlagThere,
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
_PAGES_MAX = 5
"""Of what is looked at for one list."""
_DAYS = 30
_BY_WHAT_IS_STORED = frozenset({LifecycleState.UNKNOWN, LifecycleState.OVERDUE})
"""What a flag's state can be without evidence."""
_NOT_SERVED = Unanswered("not_answered", "analytics has not told of this environment")


@dataclass(frozen=True, slots=True)
class FlagLifecycle:
    """A flag with how far it has come in each environment, by key."""

    flag: FlagStanding
    standings: tuple[tuple[str, Standing], ...]
    there: tuple[FlagThere, ...]


@dataclass(frozen=True, slots=True)
class Dependent:
    """What needs a flag: another flag by a prerequisite, an experiment on it, a rollout that moves it."""

    kind: str
    key: str
    environment: str | None
    active: bool

    def __str__(self) -> str:
        return f"{self.kind} {self.key}" + (f" in {self.environment}" if self.environment else "")


@dataclass(frozen=True, slots=True)
class FlagFound:
    """A flag by itself: with what needs it, and what stands in the way of removing it."""

    lifecycle: FlagLifecycle
    dependents: Sequence[Dependent]
    checks: Sequence[Check]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which flags are listed: of a state in an environment, or in any; of a purpose; of these keys. `days`: for how
    long something must be so."""

    days: int
    state: LifecycleState | None = None
    environment: str | None = None
    purpose: str | None = None
    keys: tuple[str, ...] | None = None

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

    async def of_flag(self, actor: Actor, project: str, key: str, days: int) -> FlagFound:
        """With what needs it, and what stands in the way of removing it. Raises `NotFound` and `MissingRight`."""
        async with self._transactions.read(actor, project, Right.FLAG_READ) as read:
            rows = await flags.standings(read.tx, read.scope, after="", limit=1, keys=[key])
            if not rows:
                raise NotFound("there is nothing at this address")
            environments = await environments_of(read.tx, read.scope)
            of_flag = await self._experiments(read, [key])
            users = [
                Dependent(each.user_kind, each.user_key, each.environment, each.active)
                for each in await usages.usages_of(read.tx, read.scope, "flag", key)
            ]
            moving = [
                Dependent("rollout", each.key, each.environment, active=True)
                for each in await rollouts.under_way_on(read.tx, read.scope, key)
            ]
            now = read.tx.now
        (found,) = await self._laid_beside(rows, environments, of_flag, days, now)
        under_way = [f"experiment {each.key}" for _, _, each in of_flag if each.ended_at is None]
        checks = [
            evaluation_check(key, found.there, days, now),
            need_check(found.flag, now),
            dependents_check("no_dependents", list(map(str, users)), "no flag, experiment or remote config names it"),
            dependents_check("no_experiments", under_way, "no experiment on it is under way"),
            dependents_check("no_rollouts", list(map(str, moving)), "no rollout moves it"),
            CODE_REFERENCES,
        ]
        return FlagFound(found, [*users, *moving], checks)

    async def listed(
        self, actor: Actor, project: str, page: PageRequest, wanted: Wanted
    ) -> tuple[list[FlagLifecycle], str | None]:
        """The flags of a page, by key, and the cursor of the next one. Raises `Unavailable` where a state is asked for
        that nobody can tell now."""
        found, after = await self._looked_at(actor, project, page.after or "", page.limit, wanted)
        return found, None if after is None else cursor_of(after)

    async def keys(self, actor: Actor, project: str, state: LifecycleState, environment: str | None) -> list[str]:
        """Of all flags in this state, by key; archived ones too. Raises `InvalidInput` in a project of more flags than
        are looked at together, and what `listed` raises."""
        keys, after = list[str](), ""
        for _ in range(_PAGES_MAX):
            found, behind = await self._looked_at(
                actor, project, after, _LOOKS_MAX * _LOOKED_AT_ONCE, Wanted(_DAYS, state, environment)
            )
            keys += [each.flag.key for each in found]
            if behind is None:
                return keys
            after = behind
        reason = "the project has too many flags to look at all of them: ask for flag-lifecycles, page by page"
        raise InvalidInput([FieldError("lifecycle", "too_many_flags", reason)])

    async def _looked_at(
        self, actor: Actor, project: str, after: str, limit: int, wanted: Wanted
    ) -> tuple[list[FlagLifecycle], str | None]:
        """Those behind a key, and the key behind which the others are."""
        found = list[FlagLifecycle]()
        at_once = limit if wanted.state is None else _LOOKED_AT_ONCE
        for _ in range(_LOOKS_MAX):
            async with self._transactions.read(actor, project, Right.FLAG_READ) as read:
                environments = await environments_of(read.tx, read.scope)
                _require_known(environments, wanted.environment)
                rows = await flags.standings(
                    read.tx, read.scope, after=after, limit=at_once + 1, keys=wanted.keys, purpose=wanted.purpose
                )
                looked = rows[:at_once]
                of_flags = await self._experiments(read, [each.key for each in looked])
                now = read.tx.now
            laid = await self._laid_beside(looked, environments, of_flags, wanted.days, now)
            _require_evidence(laid, wanted.state)
            for each in laid:
                after = each.flag.key
                if wanted.takes(each):
                    found.append(each)
                    if len(found) == limit:
                        return found, after if after != rows[-1].key else None
            if len(rows) <= at_once:
                return found, None
        return found, after

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


def _require_evidence(laid: Sequence[FlagLifecycle], state: LifecycleState | None) -> None:
    if state is None or state in _BY_WHAT_IS_STORED:
        return
    for each in laid:
        for there in each.there:
            if isinstance(there.usage, Unanswered) and there.usage is not _NOT_SERVED:
                raise Unavailable(
                    f"which flags are {state.value} isn't known: {there.usage.detail}", code="use_unknown"
                )


def _require_known(environments: Sequence[EnvironmentRow], key: str | None) -> None:
    if key is not None and key not in {each.key for each in environments}:
        reason = f"there is no environment {key!r} in use"
        raise InvalidInput([FieldError("environment", "unknown_environment", reason)])
