"""Recovery: somebody compares a restored database with what the stream holds, and decides between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from service_kit.clock import Clock
from service_kit.logs import get_logger
from streams import Bus

from control_plane.access import Actor
from control_plane.changes import Change, record
from control_plane.changes.recorder import CHANNEL
from control_plane.database import Connection, Database
from control_plane.publishing import blocks, queries
from control_plane.publishing.blocks import Block
from control_plane.publishing.comparison import (
    Comparison,
    EnvironmentDifference,
    entity_difference,
    environment_message,
)
from control_plane.publishing.compiler import Compiler
from control_plane.publishing.lease import lease_state, lift_epoch, lock_lease
from control_plane.publishing.publisher import remove_environment
from control_plane.publishing.stream_contents import StreamContents, StreamedEnvironment, read_contents

ACTOR = Actor("system", UUID(int=0), "control_plane recover")
_log = get_logger("recovery")
_LIFT = """
UPDATE environments SET version = GREATEST(version, $2), stream_version = GREATEST(stream_version, $2) WHERE id = $1
"""


class RecoveryRefused(Exception):
    """What was asked for can't be done; the message says why."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What `accept_database` did: the epoch that the next relay writes above, and the new versions by environment."""

    epoch: int
    versions: Mapping[str, int]


class Recovery:
    """Compares, and decides."""

    def __init__(self, *, database: Database, bus: Bus, clock: Clock) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock

    async def compare(self, wanted: Collection[str] = ()) -> Comparison:
        """All environments, or those of these ids. Raises `BusError`, `Unavailable`."""
        contents = await read_contents(self._bus)
        async with self._database.transaction() as tx:
            rows = await queries.environments_to_compare(tx)
            blocked = await blocks.blocked_environments(tx)
            lease = await lease_state(tx)
        ours = {str(row["id"]) for row in rows}
        foreign = [each for identity, each in contents.environments.items() if identity not in ours and each.live]
        late = max(contents.epoch, lease.blocked_epoch or 0) > lease.epoch
        return Comparison(
            database_epoch=lease.epoch,
            stream_epoch=contents.epoch,
            environments=[
                await self._difference(row, contents, blocked.get(row["id"]), late=late)
                for row in rows
                if not wanted or str(row["id"]) in wanted
            ],
            foreign=[
                _foreign(each)
                for each in sorted(foreign, key=lambda each: each.environment_id)
                if not wanted or each.environment_id in wanted
            ],
        )

    async def _difference(
        self, row: asyncpg.Record, contents: StreamContents, blocked: Block | None, *, late: bool
    ) -> EnvironmentDifference:
        compiled = await Compiler(self._database).compile(row["id"])
        streamed = contents.environment(str(row["id"]))
        reason: blocks.Reason | None = blocked.reason if blocked is not None else None
        if streamed.newest > row["known_version"]:
            reason = "version_behind"
        if late:
            reason = "epoch_behind"
        return EnvironmentDifference(
            environment_id=str(row["id"]),
            organization_id=str(row["organization_id"]),
            project=row["project_key"],
            environment=row["key"],
            database_version=row["version"],
            stream_version=streamed.newest if streamed.newest >= 0 else None,
            stream_epoch=streamed.epoch if streamed.newest >= 0 else None,
            blocked=reason,
            followers_version=blocked.version if blocked is not None and blocked.reason == "followers_ahead" else None,
            entities=entity_difference(_contents(streamed), compiled.entries if compiled is not None else {}),
        )

    async def accept_database(self, wanted: Collection[str] = ()) -> Acceptance:
        """Lets the database win: takes an epoch above both sides, and for each environment that is behind (of `wanted`,
        if any are) a version above both. A relay then publishes, and every follower takes it.

        Raises `RecoveryRefused`, `BusError`, `Unavailable`."""
        contents = await read_contents(self._bus)
        async with self._database.transaction() as tx:
            # Before the environments, as whoever tells of a version has it.
            await lock_lease(tx)
            # All of them before the first entry, as every write locks its environments before the log.
            rows = {str(row["id"]): row for row in await queries.environments_to_compare(tx, lock=True)}
            if unknown := sorted(set(wanted) - rows.keys()):
                raise RecoveryRefused(f"the database has no environment {', '.join(unknown)}")
            blocked = await blocks.blocked_environments(tx)
            late = (await lease_state(tx)).blocked_epoch or 0
            top = max([contents.epoch, late, *(each.epoch for each in blocked.values())])
            epoch = await lift_epoch(tx, top)
            versions: dict[str, int] = {}
            for identity, row in rows.items():
                newest = contents.environment(identity).newest
                if row["id"] in blocked:
                    newest = max(newest, blocked[row["id"]].version)
                if newest > row["known_version"] and (not wanted or identity in wanted):
                    versions[identity] = await _accept(tx, row, newest)
            await tx.execute("SELECT pg_notify($1, '')", CHANNEL)
        _log.warning("the database was accepted", epoch=epoch, environments=versions)
        return Acceptance(epoch, versions)

    async def remove_environment(self, environment_id: str) -> int:
        """Ends an environment that only the stream has, by a tombstone for each of its entries; answers how many.

        Raises `RecoveryRefused`, `BusError`, `Unavailable`."""
        streamed = (await read_contents(self._bus, environment_id)).environment(environment_id)
        if not streamed.live:
            raise RecoveryRefused(f"the stream holds nothing of an environment {environment_id}")
        async with self._database.connection() as connection:
            if await connection.fetchval("SELECT true FROM environments WHERE id::text = $1", environment_id):
                raise RecoveryRefused(f"the database has environment {environment_id}: archive it there")
        removed = await remove_environment(self._bus, self._clock, streamed)
        difference = _foreign(streamed)
        _log.warning("an environment was removed from the stream", environment=environment_id, entries=removed)
        async with self._database.transaction() as tx:
            organization = await tx.fetchval(
                "SELECT id FROM organizations WHERE id::text = $1", difference.organization_id
            )
            if organization is not None:
                await record(tx, _removal(organization, difference))
        return removed


async def _accept(tx: Connection, row: asyncpg.Record, newest: int) -> int:
    """The environment's version above `newest`, with an audit entry."""
    await tx.execute(_LIFT, row["id"], newest)
    change = Change(
        organization_id=row["organization_id"],
        project_id=row["project_id"],
        entity="publication",
        entity_key=row["key"],
        action="accept_database",
        actor=ACTOR,
        environment_ids=[row["id"]],
        before={"database_version": row["version"], "stream_version": newest},
        after={"database_version": max(newest, row["version"]) + 1},
    )
    versions = await record(tx, change)
    await blocks.unblock(tx, row["id"])
    return versions[row["id"]]


def _removal(organization_id: UUID, difference: EnvironmentDifference) -> Change:
    return Change(
        organization_id=organization_id,
        project_id=None,
        entity="publication",
        entity_key=difference.environment,
        action="remove_from_the_stream",
        actor=ACTOR,
        before={
            "environment_id": difference.environment_id,
            "project": difference.project,
            "stream_version": difference.stream_version,
            "entities": list(difference.entities.only_on_the_stream),
        },
    )


def _foreign(streamed: StreamedEnvironment) -> EnvironmentDifference:
    contents = _contents(streamed)
    message = environment_message(contents)
    told = message.environment if message is not None else None
    return EnvironmentDifference(
        environment_id=streamed.environment_id,
        organization_id=told.organization_id if told is not None else "",
        project=told.project_key if told is not None else "",
        environment=told.key if told is not None else "",
        database_version=None,
        stream_version=streamed.newest,
        stream_epoch=streamed.epoch,
        entities=entity_difference(contents, {}),
    )


def _contents(streamed: StreamedEnvironment) -> dict[str, bytes]:
    return {subject: each.content or b"" for subject, each in streamed.live.items()}
