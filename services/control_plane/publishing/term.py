"""One term of leadership: what a leader does between the moment it takes the lead and the moment it loses it.

Nothing is written over what this database knows nothing of: an environment whose stream is ahead is blocked, and a
stream that was written in a later epoch blocks everything, until somebody decides (`recovery.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg
from messages.subjects import CONFIG
from service_kit.clock import Clock
from service_kit.logs import get_logger
from service_kit.problems import Unavailable
from service_kit.tasks import end
from streams import Bus, BusUnavailable, StreamMissing

from control_plane.database import Database
from control_plane.publishing import blocks, queries
from control_plane.publishing.blocks import Block
from control_plane.publishing.compiler import Anew, CompiledEnvironment, Compiler
from control_plane.publishing.follower_reports import FollowerReports
from control_plane.publishing.publication_traces import publication_span
from control_plane.publishing.publications import Publications
from control_plane.publishing.publisher import BehindTheBus, Fenced, Publisher
from control_plane.publishing.stream_contents import read_manifests
from control_plane.publishing.telemetry import RelayTelemetry
from control_plane.publishing.turns import Turn, Turns

_CROWDED = 2
"""Versions in one publication, from which on an environment rests: changes come faster than they are published."""
_MANY_ENTRIES = 50
_MUCH_BYTES = 1024 * 1024
_REST_SECONDS = 0.05
_log = get_logger("relay")


class StreamChanged(Exception):
    """The stream is not as this leader read and wrote it: a new term begins by comparing everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayParts:
    """What a relay works with."""

    database: Database
    bus: Bus
    clock: Clock
    telemetry: RelayTelemetry
    compiler: Compiler
    reports: FollowerReports


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be published: of which environment, what is known of the stream to hold, until when a repair was asked
    for, whether everything is compared, and the version that was seen to wait (0: none)."""

    environment_id: UUID
    known_version: int
    repair: datetime | None
    comparing: bool
    version: int


class Term:
    """Of one epoch. `turns`: what is being published; whoever leads hears of a failure there."""

    def __init__(self, parts: RelayParts, epoch: int, wake: Callable[[], None]) -> None:
        """`wake`: there is something to publish, or to hear of, that nobody else tells."""
        self._database = parts.database
        self._bus = parts.bus
        self._clock = parts.clock
        self._telemetry = parts.telemetry
        self._compiler = parts.compiler
        self._reports = parts.reports
        self._publisher = Publisher(bus=parts.bus, clock=parts.clock, epoch=epoch)
        self._blocked: dict[UUID, Block] = {}
        self._foreign: list[str] = []
        self._anew: dict[UUID, Anew] = {}
        self._missed: set[UUID] = set()
        # Environments whose comparison with the stream has to be done again.
        self._uncompared: set[UUID] = set()
        self._publications = Publications(parts.database, parts.telemetry, parts.compiler, self._publisher)
        self._wake = wake
        self.turns = Turns(self._ended)
        self.epoch = epoch

    async def begin(self) -> None:
        """Fences the earlier leaders off, then begins to compare everything with the database and to repair what
        differs, first where something waits."""
        async with self._database.transaction() as tx:
            rows = await queries.all_environments(tx)
            waiting = {row["id"] for row in await queries.unpublished(tx)}
            self._blocked = await blocks.blocked_environments(tx)
        manifests = await read_manifests(self._bus)
        behind = {each["id"] for each in rows if manifests.environment(str(each["id"])).newest > each["known_version"]}
        for each in rows:
            self._publisher.remember_said(str(each["id"]), each["told_subjects"])
        await self._publisher.take_over(str(each["id"]) for each in rows if each["id"] not in behind)
        self._see_foreign(rows)
        _log.info("leading", epoch=self.epoch, environments=len(rows))
        for each in sorted(rows, key=lambda row: row["id"] not in waiting):
            self._begin(each["id"], each["known_version"], None, comparing=True)

    async def publish_waiting(self) -> None:
        """Begins to publish all that is unpublished; an environment that is at work is looked at when that has
        ended."""
        at_work = self.turns.at_work
        # The others are read anew here: kept, one that has been published meanwhile would be asked for without end.
        self._missed &= at_work
        async with self._database.connection() as connection:
            waiting = await queries.unpublished(connection)
            again = (self._anew.keys() | self._uncompared) - at_work
            compared = {each: await queries.known_version(connection, each) for each in again}
        for row in waiting:
            # Of one that was at work the row may be older than what has been published meanwhile.
            if row["id"] in at_work:
                self._missed.add(row["id"])
            else:
                self._begin(
                    row["id"],
                    row["known_version"],
                    row["repair_requested_at"],
                    comparing=False,
                    version=row["version"],
                    much=(row["list_bytes"] or 0) > _MUCH_BYTES,
                )
        for environment_id, known_version in compared.items():
            self._begin(environment_id, known_version or 0, None, comparing=environment_id in self._uncompared)
        if not self._missed <= self.turns.at_work:
            self._wake()

    @property
    def waits_for_stream(self) -> bool:
        """Whether there is something that the stream hasn't taken yet."""
        return self._publications.waits

    async def compare(self, environment_id: UUID) -> None:
        """Compiles all of an environment beside what follows its changes; where that differs, it is put right and
        published."""
        anew = await self._compiler.read_anew(environment_id)
        if anew is not None:
            self._anew[environment_id] = anew
            self._wake()

    def _ended(self, environment_id: UUID) -> None:
        if self.turns.failed or environment_id in self._missed:
            self._wake()

    def _begin(
        self,
        environment_id: UUID,
        known_version: int,
        repair: datetime | None,
        *,
        comparing: bool,
        version: int = 0,
        much: bool = False,
    ) -> None:
        """`version`: what was seen to wait; `much` of it are long lists."""
        wanted = _Wanted(environment_id, known_version, repair, comparing or repair is not None, version)
        self._missed.discard(environment_id)
        large = much or wanted.comparing or not self._compiler.knows(environment_id)
        self.turns.begin(environment_id, partial(self._try_publish, wanted), large=large)

    async def check(self) -> None:
        """Compares the stream and the database with what this leader holds, which costs the same however much that is.

        Raises `StreamChanged`, `BusError`, `Unavailable`."""
        difference = self._publisher.difference(await self._bus.state(CONFIG))
        if difference is not None:
            raise StreamChanged(difference)
        async with self._database.transaction() as tx:
            rows = await queries.all_environments(tx)
        epoch = self._reports.epoch(str(each["id"]) for each in rows)
        if epoch > self.epoch:
            raise StreamChanged(f"a follower holds what was written in epoch {epoch}")
        self._see_foreign(rows)
        for row in rows:
            version, newest = self._publisher.versions(str(row["id"]))
            behind = max(newest, self._ahead(row["id"])) > row["known_version"]
            if behind != (row["id"] in self._blocked) or (version < row["published_version"] and not behind):
                self._begin(row["id"], row["known_version"], None, comparing=True)

    def _see_foreign(self, rows: Iterable[asyncpg.Record]) -> None:
        """Left alone: a relay that was pointed at the wrong database must not empty the edges."""
        foreign = self._publisher.beside({str(each["id"]) for each in rows})
        if foreign != self._foreign:
            _log.warning("the stream holds environments that the database does not have", environments=foreign[:20])
        self._foreign = foreign
        self._telemetry.foreign_environments.set(len(foreign))

    async def _try_publish(self, wanted: _Wanted, turn: Turn) -> float:
        """Publishes one environment; answers for how long it rests then. An unexpected failure is that environment's
        own; the others go on. So does everything where the stream can't be written at the moment."""
        environment_id, rest, waits = wanted.environment_id, 0.0, False
        try:
            try:
                rest = await self._publish(wanted, turn)
            except BehindTheBus as behind:
                await self._block(environment_id, wanted.known_version, behind)
            else:
                await self._unblock(environment_id)
        except (Unavailable, StreamMissing, Fenced):
            raise
        except BusUnavailable as error:
            self._telemetry.failures.inc()
            self._missed.add(environment_id)
            if wanted.comparing:
                self._uncompared.add(environment_id)
            rest, waits = self._publications.failed(environment_id, error), True
        except Exception as error:
            self._telemetry.failures.inc()
            _log.error("not published", environment=environment_id, error=type(error).__name__, exc_info=error)
        finally:
            if not waits:
                self._uncompared.discard(environment_id)
                self._publications.settled(environment_id)
        return rest

    def _ahead(self, environment_id: UUID) -> int:
        """The highest version that a follower told of, also in an earlier term."""
        found = self._blocked.get(environment_id)
        earlier = found.version if found is not None and found.reason == "followers_ahead" else -1
        return max(earlier, self._reports.version(str(environment_id)))

    async def _block(self, environment_id: UUID, known_version: int, behind: BehindTheBus) -> None:
        _log.error(
            "not published: more is known of the environment than the database knows; "
            "`control_plane recover --show` tells the difference",
            environment=environment_id,
            reason=behind.reason,
            newest_version=behind.version,
            newest_epoch=behind.epoch,
            known_version=known_version,
        )
        async with self._database.transaction() as tx:
            await blocks.block(tx, environment_id, behind.reason, behind.version, behind.epoch)
            self._blocked = await blocks.blocked_environments(tx)

    async def _unblock(self, environment_id: UUID) -> None:
        if environment_id not in self._blocked:
            return
        async with self._database.transaction() as tx:
            await blocks.unblock(tx, environment_id)
        del self._blocked[environment_id]
        _log.info("published again", environment=environment_id)

    async def _publish(self, wanted: _Wanted, turn: Turn) -> float:
        """Answers for how long the environment rests then: not after many entries, for which others have waited."""
        environment_id, known_version = wanted.environment_id, wanted.known_version
        ahead = self._ahead(environment_id)
        if ahead > known_version:
            raise BehindTheBus(ahead, self._reports.epoch([str(environment_id)]), "followers_ahead")
        if wanted.repair is not None:
            self._compiler.forget(environment_id)
            await self._publisher.reread(str(environment_id))
        await self._publisher.check(str(environment_id), known_version)
        begun_at = self._clock.now()
        noting = asyncio.create_task(self._note(environment_id, known_version, wanted.version))
        try:
            compiled = await self._compiler.compile(environment_id)
            await noting
        finally:
            await end([noting])
        if compiled is None:
            return 0.0
        if (anew := self._anew.pop(environment_id, None)) is not None:
            compiled = self._repaired(compiled, anew)
        for subject, reason in compiled.invalid.items():
            _log.error("invalid entity kept back", subject=subject, reason=reason)
        self._telemetry.invalid.labels(str(environment_id)).set(len(compiled.invalid))
        with await publication_span(self._database, environment_id, compiled.version, begun_at):
            await self._note(environment_id, max(known_version, wanted.version), compiled.version)
            published = await self._publications.store(environment_id, compiled, turn)
            for subject, reason in published.refused.items():
                _log.error("entity refused by the bus", subject=subject, reason=reason)
            self._telemetry.entries.inc(published.changed + published.removed)
            if wanted.comparing:
                self._telemetry.repaired_entries.inc(published.changed + published.removed)
            await self._mark(environment_id, published.version, wanted.repair)
        self._telemetry.publications.inc()
        _log.debug(
            "published",
            environment=environment_id,
            version=published.version,
            changed=published.changed,
            removed=published.removed,
        )
        crowded = published.version - known_version >= _CROWDED and published.changed <= _MANY_ENTRIES
        return _REST_SECONDS if crowded else 0.0

    async def _mark(self, environment_id: UUID, version: int, repair: datetime | None) -> None:
        told = self._publisher.said(str(environment_id))
        async with self._database.connection() as connection:
            if not await queries.mark_published(connection, environment_id, version, self.epoch, repair, told):
                raise Fenced(f"epoch {self.epoch} is over")

    async def _note(self, environment_id: UUID, known_version: int, version: int) -> None:
        """Nothing is written that the database doesn't know of before. It may be noted while it is compiled: nothing on
        the stream is newer."""
        if version <= known_version:
            return
        async with self._database.connection() as connection:
            if not await queries.note_writing(connection, environment_id, version, self.epoch):
                raise Fenced(f"epoch {self.epoch} is over")

    def _repaired(self, compiled: CompiledEnvironment, anew: Anew) -> CompiledEnvironment:
        compiled, drifted = self._compiler.repair(compiled, anew)
        self._telemetry.comparisons.inc()
        if drifted:
            self._telemetry.drifted_entries.inc(len(drifted))
            _log.error(
                "what followed the changes was not what all of it gives; put right",
                environment=compiled.environment_id,
                version=compiled.version,
                subjects=sorted(drifted)[:20],
            )
        return compiled
