"""Evaluates what is saved, or was once, by the code that evaluates at the edges."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from bucketing import unit_key
from bucketing.compiled import CompiledFlagSet, compile_flagset
from bucketing.explanation import Explanation, abridged
from bucketing.flagset import Flag, FlagSet, RemoteConfig, Segment
from service_kit.pagination import PageRequest, cursor_of
from service_kit.problems import FieldError, InvalidInput, NotFound

from control_plane.access import Actor, Right, require
from control_plane.changes.versions import Version, number_at
from control_plane.configs import queries as configs
from control_plane.database import Connection, Database
from control_plane.entities.moments import epoch_milliseconds
from control_plane.entities.rows import RowCache, Unreadable
from control_plane.entities.table import Scope
from control_plane.environments.queries import EnvironmentRow, environment_by_key, resolve_project
from control_plane.experiments import queries as experiments
from control_plane.explanations.dependencies import narrowed
from control_plane.explanations.last_change import last_change
from control_plane.explanations.past import PastEnvironment
from control_plane.explanations.schemas import (
    MANY_MAX,
    ExplanationAsked,
    ExplanationsAsked,
    ExplanationsView,
    FlagExplanationView,
    MembershipsAsked,
    MembershipsView,
)
from control_plane.flags import queries as flags
from control_plane.overrides.queries import with_overrides
from control_plane.segments import queries as segments
from control_plane.segments.queries import with_lists

_REMEMBERED_MAX = 16
Entity = TypeVar("Entity", Flag, RemoteConfig, Segment)


@dataclass(frozen=True, slots=True)
class _Caches:
    """The rows of one environment."""

    flags: RowCache[Flag] = field(default_factory=RowCache)
    configs: RowCache[RemoteConfig] = field(default_factory=RowCache)
    segments: RowCache[Segment | None] = field(default_factory=RowCache)


class Explainer:
    """Remembers the rows of the environments asked for last, so that a question reads only what has changed. Of each
    tenant one question reads at a time, and none waits for another tenant's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._caches: OrderedDict[UUID, _Caches] = OrderedDict()
        self._reading: WeakValueDictionary[frozenset[UUID], asyncio.Lock] = WeakValueDictionary()

    async def explain(
        self, actor: Actor, project: str, environment: str, asked: ExplanationAsked
    ) -> tuple[Explanation, Version | None]:
        """The decision and its trace, now or at a moment of the past, and the last change that could matter to it;
        with the salt for those who may change the environment.

        Raises `NotFound` for a project, an environment or a key that is not there for `actor`, or wasn't then, and
        `InvalidInput` for a moment in the future or before the environment.
        """
        async with self._turn(actor), self._database.transaction("repeatable_read") as tx:
            scope = await resolve_project(tx, actor, project)
            row = await environment_by_key(tx, scope, environment)
            require(actor, Right.CONTEXT_EXPLAIN, row.within(scope))
            now = round(tx.now.timestamp() * 1000)
            if asked.at is None:
                flagset, number = await self._present(tx, scope, row, asked.context), None
                if asked.draft is not None:
                    flagset = await _with_draft(tx, scope, row, flagset, asked)
            else:
                if asked.draft is not None:
                    raise InvalidInput([FieldError("draft", "not_applicable", "is of now, and `at` of the past")])
                now = _past(asked.at, now)
                number = await _number_at(tx, scope, now)
                past = PastEnvironment(tx, scope, row, number, unit_key(asked.context.get("targetingKey")) or "")
                flagset = await _flagset_at(past, [asked.flag])
            if asked.flag not in flagset.flags and asked.flag not in flagset.remote_configs:
                raise NotFound(f"there is no flag or remote config {asked.flag}", code="flag_not_found")
            change = await last_change(tx, scope, row, flagset, asked, number)
        show_salt = actor.may(Right.ENVIRONMENT_UPDATE, row.within(scope))
        behind = narrowed(flagset, [asked.flag])
        explanation = await asyncio.to_thread(
            lambda: compile_flagset(behind).explain(asked.flag, dict(asked.context), now, show_salt=show_salt)
        )
        return explanation, change

    async def explain_many(
        self, actor: Actor, at: tuple[str, str], asked: ExplanationsAsked, page: PageRequest
    ) -> ExplanationsView:
        """The decisions of many flags or of all on one context; `at`: project and environment. Raises as `explain`
        does, but for keys that are not there."""
        limit = min(page.limit, MANY_MAX)
        async with self._turn(actor), self._database.transaction("repeatable_read") as tx:
            scope = await resolve_project(tx, actor, at[0])
            row = await environment_by_key(tx, scope, at[1])
            require(actor, Right.CONTEXT_EXPLAIN, row.within(scope))
            now = round(tx.now.timestamp() * 1000)
            flagset = await self._present(tx, scope, row, asked.context)
            keys, cursor = _keys(flagset, asked.flags, page.after, limit)
            if asked.at is not None:
                now = _past(asked.at, now)
                number = await _number_at(tx, scope, now)
                past = PastEnvironment(tx, scope, row, number, unit_key(asked.context.get("targetingKey")) or "")
                flagset = await _flagset_at(past, keys)
        show_salt = actor.may(Right.ENVIRONMENT_UPDATE, row.within(scope))

        def told() -> list[FlagExplanationView]:
            compiled = compile_flagset(narrowed(flagset, keys))
            return [_told(flagset, compiled, key, (asked, now, show_salt)) for key in keys]

        items = await asyncio.to_thread(told)
        return ExplanationsView(items=items, next_cursor=cursor, config_version=flagset.version, now=now)

    async def memberships(
        self, actor: Actor, project: str, environment: str, asked: MembershipsAsked
    ) -> MembershipsView:
        """Which segments the context is in now, and why. Raises `NotFound`."""
        async with self._turn(actor), self._database.transaction("repeatable_read") as tx:
            scope = await resolve_project(tx, actor, project)
            row = await environment_by_key(tx, scope, environment)
            require(actor, Right.CONTEXT_EXPLAIN, row.within(scope))
            now = round(tx.now.timestamp() * 1000)
            flagset = await self._present(tx, scope, row, asked.context)
        wanted = sorted(flagset.segments) if asked.segments is None else asked.segments
        absent = [each for each in wanted if each not in flagset.segments]
        if absent:
            raise NotFound(f"there is no segment {absent[0]}", code="segment_not_found")
        segments = replace(flagset, flags={}, remote_configs={}, experiments={})
        told = await asyncio.to_thread(
            lambda: {
                key: abridged(each)
                for key, each in compile_flagset(segments).memberships(dict(asked.context), now, wanted)
            }
        )
        return MembershipsView(segments=told, config_version=row.version, now=now)

    def _turn(self, actor: Actor) -> asyncio.Lock:
        return self._reading.setdefault(actor.organization_ids, asyncio.Lock())

    async def _present(self, tx: Connection, scope: Scope, row: EnvironmentRow, context: Mapping[str, Any]) -> FlagSet:
        caches = self._caches.pop(row.id, None) or _Caches()
        flagset = await _flagset(tx, row, caches)
        self._caches[row.id] = caches
        if len(self._caches) > _REMEMBERED_MAX:
            self._caches.popitem(last=False)
        unit = unit_key(context.get("targetingKey"))
        return replace(flagset, segments=await with_lists(tx, scope, flagset.segments, unit))


def _keys(flagset: FlagSet, asked: Sequence[str] | None, after: str | None, limit: int) -> tuple[list[str], str | None]:
    """Those of a page, and the cursor of the next one."""
    if asked is not None:
        return list(dict.fromkeys(asked)), None
    behind = sorted(key for key in (*flagset.flags, *flagset.remote_configs) if after is None or key > after)
    return behind[:limit], cursor_of(behind[limit - 1]) if len(behind) > limit else None


def _told(
    flagset: FlagSet, compiled: CompiledFlagSet, key: str, how: tuple[ExplanationsAsked, int, bool]
) -> FlagExplanationView:
    asked, now, show_salt = how
    if key not in flagset.flags and key not in flagset.remote_configs:
        return FlagExplanationView(flag=key, decision=None, steps=None)
    found = compiled.explain(key, dict(asked.context), now, show_salt=show_salt).to_dict()
    steps = [abridged(each) for each in found["steps"]] if asked.steps else None
    return FlagExplanationView(flag=key, decision=found["decision"], steps=steps)


def _past(given: str | int, now: int) -> int:
    """Epoch milliseconds. Raises `InvalidInput`."""
    at = epoch_milliseconds(given, "at")
    if at > now:
        raise InvalidInput([FieldError("at", "range", "lies in the future")])
    return at


async def _number_at(tx: Connection, scope: Scope, at: int) -> int:
    return await number_at(tx, scope, datetime.fromtimestamp(at / 1000, UTC)) or 0


async def _with_draft(
    tx: Connection, scope: Scope, row: EnvironmentRow, flagset: FlagSet, asked: ExplanationAsked
) -> FlagSet:
    """Raises `InvalidInput` with the paths in the draft."""
    if asked.flag in flagset.remote_configs:
        raise InvalidInput(
            [FieldError("draft", "not_applicable", "is of a flag's settings, and this is a remote config")]
        )
    try:
        flag = await flags.drafted(tx, scope, asked.flag, row.id, asked.draft or {})
    except InvalidInput as problem:
        errors = [FieldError(f"draft.{each.field}", each.code, each.reason) for each in problem.errors]
        raise InvalidInput(errors, code=problem.code) from problem
    return replace(flagset, flags={**flagset.flags, **_readable(await with_overrides(tx, row.id, [flag]))})


async def _flagset_at(past: PastEnvironment, keys: Collection[str]) -> FlagSet:
    if not await past.existed():
        raise InvalidInput([FieldError("at", "range", f"lies before the environment {past.environment.key} was made")])
    return await past.flagset(keys)


async def _flagset(tx: Connection, row: EnvironmentRow, caches: _Caches) -> FlagSet:
    in_force = {
        each.key: each.experiment
        for each in await experiments.compiled(tx, row.id)
        if not isinstance(each, Unreadable) and each.in_force
    }
    return FlagSet(
        salt=row.salt,
        version=row.version,
        flags=_readable(await with_overrides(tx, row.id, await flags.compiled(tx, row.id, caches.flags))),
        remote_configs=_readable(await configs.compiled(tx, row.id, caches.configs)),
        segments=_readable(await segments.compiled(tx, row.id, caches.segments)),
        experiments=in_force,
    )


def _readable(entities: Iterable[Entity | Unreadable]) -> dict[str, Entity]:
    return {each.key: each for each in entities if not isinstance(each, Unreadable)}
