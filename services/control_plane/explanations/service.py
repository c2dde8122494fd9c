"""Evaluates what is saved, by the code that evaluates at the edges."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from bucketing.compiled import compile_flagset
from bucketing.explanation import Explanation
from bucketing.flagset import Flag, FlagSet, Segment
from service_kit.problems import NotFound

from control_plane.access import Actor, require
from control_plane.database import Connection, Database
from control_plane.entities.rows import RowCache, Unreadable
from control_plane.environments.queries import EnvironmentRow, environment_by_key, resolve_project
from control_plane.experiments import queries as experiments
from control_plane.flags import queries as flags
from control_plane.segments import queries as segments

_REMEMBERED_MAX = 16
Entity = TypeVar("Entity", Flag, Segment)


class Explainer:
    """Remembers the rows of the environments asked for last, so that a question reads only what has changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._caches: OrderedDict[UUID, tuple[RowCache[Flag], RowCache[Segment | None]]] = OrderedDict()
        self._reading = asyncio.Lock()

    async def explain(
        self, actor: Actor, project: str, environment: str, flag: str, attributes: Mapping[str, Any]
    ) -> Explanation:
        """The decision and its trace; with the salt for those who may change the environment.

        Raises NotFound for a project, an environment or a flag that is not there for `actor`.
        """
        async with self._reading, self._database.transaction("repeatable_read") as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, "read", "flag", scope)
            row = await environment_by_key(tx, scope.project_id, environment)
            caches = self._caches.pop(row.id, None) or (RowCache(), RowCache())
            flagset = await _flagset(tx, row, *caches)
            self._caches[row.id] = caches
            if len(self._caches) > _REMEMBERED_MAX:
                self._caches.popitem(last=False)
        if flag not in flagset.flags:
            raise NotFound(f"there is no flag {flag}", code="flag_not_found")
        show_salt = actor.may("update", "environment", scope)
        now = round(tx.now.timestamp() * 1000)
        return await asyncio.to_thread(
            lambda: compile_flagset(flagset).explain(flag, dict(attributes), now, show_salt=show_salt)
        )


async def _flagset(
    tx: Connection, row: EnvironmentRow, flag_cache: RowCache[Flag], segment_cache: RowCache[Segment | None]
) -> FlagSet:
    in_force = {
        each.key: each.experiment
        for each in await experiments.compiled(tx, row.id)
        if not isinstance(each, Unreadable) and each.in_force
    }
    return FlagSet(
        salt=row.salt,
        version=row.version,
        flags=_readable(await flags.compiled(tx, row.id, flag_cache)),
        segments=_readable(await segments.compiled(tx, row.id, segment_cache)),
        experiments=in_force,
    )


def _readable(entities: Iterable[Entity | Unreadable]) -> dict[str, Entity]:
    return {each.key: each for each in entities if not isinstance(each, Unreadable)}
