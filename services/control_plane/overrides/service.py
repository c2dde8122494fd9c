"""① A unit's overrides are set and removed, and all that is special about it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
from bucketing.document.flags import target_to_document
from service_kit.origins import current_reason, note_reason
from service_kit.pagination import Page, PageRequest, moment_position, page_of, position_of
from service_kit.problems import FieldError, InvalidInput, NotFound

from control_plane.access import Actor, Right, require
from control_plane.entities.errors import Archived
from control_plane.entities.moments import epoch_milliseconds
from control_plane.entities.schemas import Warned
from control_plane.entities.transactions import ProjectTransactions, ReadTransaction, WriteTransaction
from control_plane.environments.queries import EnvironmentRow, environment_by_key, refuse_archived_environment
from control_plane.experiments.queries import find_experiment
from control_plane.flags.queries import FlagOutline, find_flag, reach_of, targets_of_unit
from control_plane.overrides import repository
from control_plane.overrides.models import BYTES_MAX, DAYS, OverrideFilter, OverrideLimits, OverrideRow
from control_plane.overrides.schemas import (
    OverrideGiven,
    OverridesRemoved,
    OverrideView,
    UnitSegmentView,
    UnitView,
)
from control_plane.overrides.views import override_view, target_view
from control_plane.quotas import QuotaExceeded
from control_plane.segments.queries import segments_listing

TOLD_MAX = 500
"""Targets and segments of a unit, each."""


@dataclass(frozen=True, slots=True)
class UnitPath:
    """Project (id or key), environment and unit, as the path names them."""

    project: str
    environment: str
    unit: str


class OverrideService:
    """Sets, removes and lists overrides. Who may set a flag's individual targets may set them, and of an experiment who
    may assign; no approval is waited for."""

    def __init__(self, transactions: ProjectTransactions, limits: OverrideLimits) -> None:
        self._transactions = transactions
        self._limits = limits

    async def put(self, actor: Actor, at: UnitPath, given: OverrideGiven) -> OverrideView:
        """Raises `InvalidInput` for what can't be served or expires too late, and `QuotaExceeded`."""
        _check_subject(given)
        right = Right.EXPERIMENT_ASSIGN if given.flag is None else Right.FLAG_UPDATE
        async with self._transactions.write(actor, at.project, right, entity="override", placed=True) as write:
            environment = await _environment(write, right, at.environment)
            flag = await _flag(write, environment, given)
            stored = await repository.of_flag(write.tx, write.scope.organization_id, environment.id, flag.key)
            before = next((each for each in stored if each.unit == at.unit and not each.expired(write.now)), None)
            row = OverrideRow(
                id=uuid4(),
                organization_id=write.scope.organization_id,
                environment_id=environment.id,
                flag_id=flag.id,
                flag=flag.key,
                unit=at.unit,
                variation=given.variation,
                experiment=given.experiment,
                reason=given.reason,
                set_by=actor.name,
                created_at=write.now,
                expires_at=self._expiry(given, write.now),
            )
            others = [each for each in stored if each.unit != at.unit]
            kept = self._kept(others, write.now)
            self._hold(row, kept)
            await self._hold_unit(write, row)
            await repository.delete(write.tx, [each for each in others if each not in kept])
            await repository.save(write.tx, row)
            write.hold([environment], 0 if before else _bytes([row]))
            note_reason(current_reason() or given.reason)
            versions = await _record(write, environment, before, row)
            reach = await reach_of(write.tx, write.scope, flag.key, environment.id)
            if reach is None or not reach.enabled:
                write.warnings.append(Warned(code="flag_off", detail=f"{flag.key} is off in {environment.key}"))
            view = override_view(row, environment.key, write.now)
            return view.model_copy(update={"environment_versions": versions, "warnings": write.warnings})

    async def remove(self, actor: Actor, at: UnitPath, flag: str | None, experiment: str | None) -> OverridesRemoved:
        """Those of the unit, or that of one flag or experiment. Raises `NotFound` where there is none."""
        right = Right.FLAG_UPDATE if experiment is None else Right.EXPERIMENT_ASSIGN
        async with self._transactions.write(actor, at.project, right, entity="override", placed=True) as write:
            environment = await _environment(write, right, at.environment)
            rows = [
                each
                for each in await repository.of_unit(write.tx, write.scope.organization_id, environment.id, at.unit)
                if flag in (None, each.flag) and experiment in (None, each.experiment)
            ]
            if not rows:
                raise NotFound("there is nothing at this address")
            await repository.delete(write.tx, rows)
            versions: dict[str, int] = {}
            for row in rows:
                versions = await _record(write, environment, row, None)
            return OverridesRemoved(flags=[each.flag for each in rows], environment_versions=versions)

    async def page(
        self, actor: Actor, address: tuple[str, str], wanted: OverrideFilter, page: PageRequest
    ) -> Page[OverrideView]:
        """Of a project's environment, the newest first."""
        before = moment_position(page.after)
        project, key = address
        async with self._transactions.read(actor, project, Right.FLAG_READ) as read:
            environment = await _readable(read, actor, Right.FLAG_READ, key)
            within = (read.scope.organization_id, environment.id)
            rows = await repository.listing(read.tx, within, wanted, before, page.fetch)
            given, cursor = page_of(rows, page, lambda row: position_of({"created_at": row.created_at, "id": row.id}))
            return Page(items=[override_view(each, environment.key, read.tx.now) for each in given], next_cursor=cursor)

    async def of_unit(self, actor: Actor, at: UnitPath) -> UnitView:
        """Asks for the right to explain, since an explanation tells the same."""
        async with self._transactions.read(actor, at.project, Right.CONTEXT_EXPLAIN) as read:
            environment = await _readable(read, actor, Right.CONTEXT_EXPLAIN, at.environment)
            tx, scope, now = read.tx, read.scope, read.tx.now
            rows = await repository.of_unit(tx, scope.organization_id, environment.id, at.unit)
            targets = await targets_of_unit(tx, scope, environment.id, at.unit, TOLD_MAX + 1)
            segments = await segments_listing(tx, scope, at.unit, TOLD_MAX + 1)
            return UnitView(
                unit=at.unit,
                environment=environment.key,
                overrides=[override_view(each, environment.key, now) for each in rows],
                targets=[target_view(each, now) for each in targets[:TOLD_MAX]],
                segments=[UnitSegmentView(segment=key, listed=how) for key, how in segments[:TOLD_MAX]],
                truncated=max(len(targets), len(segments)) > TOLD_MAX,
            )

    def _expiry(self, given: OverrideGiven, now: datetime) -> datetime:
        if given.expires_at is None:
            return now + DAYS
        expires_at = datetime.fromtimestamp(epoch_milliseconds(given.expires_at, "expires_at") / 1000, UTC)
        if expires_at <= now:
            raise InvalidInput([FieldError("expires_at", "in_the_past", "must lie in the future")])
        if expires_at > now + timedelta(days=self._limits.days_max):
            reason = f"must lie in the next {self._limits.days_max} days"
            raise InvalidInput([FieldError("expires_at", "too_late", reason)])
        return expires_at

    def _kept(self, others: Sequence[OverrideRow], now: datetime) -> list[OverrideRow]:
        """Those of the flag's other units that stay: expired ones for some days, while there is room."""
        listed = [each for each in others if each.expires_at > now - DAYS]
        if len(listed) < self._limits.per_flag and _bytes(listed) <= BYTES_MAX // 2:
            return listed
        return [each for each in listed if not each.expired(now)]

    def _hold(self, row: OverrideRow, others: Sequence[OverrideRow]) -> None:
        most, used = self._limits.per_flag, len(others)
        if used >= most:
            detail = f"{row.flag} has {used} of at most {most} overrides in this environment: remove some first"
            raise QuotaExceeded("overrides_per_flag", limit=most, used=used, detail=detail)
        taken = _bytes(others)
        if taken + _bytes([row]) > BYTES_MAX:
            detail = f"the overrides of {row.flag} take {taken} of at most {BYTES_MAX} bytes: remove some first"
            raise QuotaExceeded("override_bytes", limit=BYTES_MAX, used=taken, detail=detail)

    async def _hold_unit(self, write: WriteTransaction, row: OverrideRow) -> None:
        found = await repository.of_unit(write.tx, row.organization_id, row.environment_id, row.unit)
        used = sum(not each.expired(write.now) and each.flag != row.flag for each in found)
        if used >= self._limits.per_unit:
            most = self._limits.per_unit
            detail = f"this unit has {used} of at most {most} overrides in this environment: remove some first"
            raise QuotaExceeded("overrides_per_unit", limit=most, used=used, detail=detail)


def _check_subject(given: OverrideGiven) -> None:
    if given.flag is None and given.experiment is None:
        raise InvalidInput([FieldError("flag", "missing", "name a flag or an experiment")])
    if given.flag is not None and given.experiment is not None:
        raise InvalidInput([FieldError("experiment", "conflict", "name either a flag or an experiment")])


async def _environment(write: WriteTransaction, right: Right, key: str) -> EnvironmentRow:
    found = next((each for each in write.environments if each.key == key), None)
    # What is not among them is archived or not there.
    environment = found or await environment_by_key(write.tx, write.scope, key)
    write.require(right, environment)
    refuse_archived_environment(archived=environment.archived)
    return environment


async def _readable(read: ReadTransaction, actor: Actor, right: Right, key: str) -> EnvironmentRow:
    environment = await environment_by_key(read.tx, read.scope, key)
    require(actor, right, environment.within(read.scope))
    return environment


async def _flag(write: WriteTransaction, environment: EnvironmentRow, given: OverrideGiven) -> FlagOutline:
    """The flag that is meant. Raises `InvalidInput` for what is absent, `Archived` for what is out of use."""
    key, allowed = given.flag, None
    if given.experiment is not None:
        experiment = await find_experiment(write.tx, write.scope, given.experiment)
        if experiment is None or experiment.environment_id != environment.id:
            reason = f"there is no experiment {given.experiment!r} in {environment.key}"
            raise InvalidInput([FieldError("experiment", "unknown_experiment", reason)])
        if experiment.archived:
            raise Archived("experiment", experiment.key)
        key, allowed = experiment.flag, experiment.variations
    flag = None if key is None else await find_flag(write.tx, write.scope, key)
    if flag is None:
        field = "flag" if given.experiment is None else "experiment"
        reason = f"there is no flag {key!r}: units of remote configs are not overridden"
        raise InvalidInput([FieldError(field, "unknown_flag", reason)])
    if flag.archived:
        raise Archived("flag", flag.key)
    if given.variation not in (flag.variations if allowed is None else allowed):
        reason = f"there is no variation {given.variation!r}"
        raise InvalidInput([FieldError("variation", "unknown_variation", reason)])
    return flag


def _bytes(rows: Sequence[OverrideRow]) -> int:
    """As they are published."""
    return sum(len(msgspec.json.encode(target_to_document(each.target))) + 1 for each in rows)


async def _record(
    write: WriteTransaction, environment: EnvironmentRow, before: OverrideRow | None, after: OverrideRow | None
) -> dict[str, int]:
    row = after or before
    assert row is not None  # noqa: S101 - one of the two is given
    documents = [
        None if each is None else override_view(each, environment.key, write.now).audited() for each in (before, after)
    ]
    action = "delete" if after is None else "create" if before is None else "update"
    key = f"{row.flag}/{environment.key}/{row.unit}"
    return await write.record(action, key, before=documents[0], after=documents[1], environments=[environment])
