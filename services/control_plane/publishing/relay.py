"""Publishes every committed change: level-triggered, so that doing it again is harmless and nothing is remembered.

The relay asks the database which environments are ahead of what is published, not which events happened. A word
of the database (`NOTIFY`) makes it fast, a look every second makes it sure.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from uuid import UUID

from messages.subjects import config_stream
from service_kit.clock import Clock
from service_kit.logs import get_logger
from service_kit.problems import Problem, Unavailable
from streams import Bus, BusError, StreamSpec

from control_plane.changes.recorder import CHANNEL
from control_plane.database import Database
from control_plane.publishing import queries
from control_plane.publishing.compiler import Compiler
from control_plane.publishing.lease import Lease
from control_plane.publishing.publisher import BehindTheBus, Fenced, Publisher
from control_plane.publishing.stream_room import StreamRoom
from control_plane.publishing.telemetry import RelayTelemetry

LOOK_SECONDS = 1.0
_log = get_logger("relay")


class Relay:
    """One of possibly several relays; the one that holds the lease publishes."""

    def __init__(
        self,
        *,
        database: Database,
        bus: Bus,
        clock: Clock,
        telemetry: RelayTelemetry,
        stream: StreamSpec | None = None,
    ) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._telemetry = telemetry
        self._stream = stream or config_stream()
        self._lease = Lease(database)
        self._compiler = Compiler(database)
        self._room = StreamRoom(database, bus, telemetry, self._stream)
        self._publisher: Publisher | None = None
        self._wake = asyncio.Event()

    @property
    def leading(self) -> bool:
        return self._publisher is not None

    async def run(self) -> None:
        """Works until it is cancelled, then gives the lease back."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._database.listen(CHANNEL, self._wake.set), name="relay-listen")
            tasks.create_task(self._renew(), name="relay-renew")
            try:
                while True:
                    await self._try_turn()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_SECONDS):
                            await self._wake.wait()
                    self._wake.clear()
            finally:
                with contextlib.suppress(Problem):
                    await self._lease.release()

    async def _renew(self) -> None:
        """Keeps the lease through publications that take longer than it lasts."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._publisher is None:
                continue
            try:
                await self._lease.hold()
            except Exception as error:
                # The next turn finds out; what is published meanwhile is fenced by the epoch.
                _log.warning("lease not renewed", error=type(error).__name__)

    async def _try_turn(self) -> None:
        try:
            await self.turn()
        except (Problem, BusError, Fenced) as error:
            self._step_down(str(error))
        except Exception as error:
            # Whatever it is, the next turn begins from the database again.
            self._telemetry.failures.inc()
            _log.error("turn failed", error=type(error).__name__, exc_info=error)
            self._step_down("unexpected error")

    async def turn(self) -> None:
        """One look: leads if nobody else does, and publishes all that is unpublished."""
        epoch = await self._lease.hold()
        if epoch is None:
            self._step_down("another relay leads")
            return
        publisher = self._publisher
        if publisher is None or publisher.epoch != epoch:
            publisher = await self._begin(epoch)
        async with self._database.transaction() as tx:
            waiting = await queries.unpublished(tx)
        for row in waiting:
            await self._try_publish(publisher, row["id"], row["repair_requested_at"])
        await self._room.observe()
        async with self._database.connection() as connection:
            self._telemetry.lag_seconds.set(await queries.oldest_unpublished_seconds(connection))

    async def _begin(self, epoch: int) -> Publisher:
        """A new term: fences the earlier leaders off, then compares everything with the database."""
        await self._bus.ensure_stream(self._stream)
        publisher = Publisher(bus=self._bus, clock=self._clock, epoch=epoch)
        async with self._database.transaction() as tx:
            ids = await queries.all_environment_ids(tx)
        foreign = await publisher.take_over([str(each) for each in ids])
        self._telemetry.foreign_environments.set(len(foreign))
        if foreign:
            # Left alone: a relay that was pointed at the wrong database must not empty the edges.
            _log.warning("the stream holds environments that the database does not have", environments=foreign[:20])
        _log.info("leading", epoch=epoch, environments=len(ids))
        self._publisher = publisher
        self._telemetry.leading.set(1)
        self._telemetry.epoch.set(epoch)
        for each in ids:
            await self._try_publish(publisher, each, None, comparing=True)
        return publisher

    async def _try_publish(
        self, publisher: Publisher, environment_id: UUID, repair: datetime | None, *, comparing: bool = False
    ) -> None:
        """Publishes one environment. An unexpected failure is that environment's own; the others go on."""
        try:
            try:
                await self._publish(publisher, environment_id, repair, comparing=comparing or repair is not None)
            except BehindTheBus as behind:
                _log.warning("the stream is ahead of the database", environment=environment_id, version=behind.version)
                async with self._database.transaction() as tx:
                    await queries.advance_past(tx, environment_id, behind.version)
                self._wake.set()
        except (Unavailable, BusError, Fenced):
            raise
        except Exception as error:
            self._telemetry.failures.inc()
            _log.error("not published", environment=environment_id, error=type(error).__name__, exc_info=error)

    async def _publish(
        self, publisher: Publisher, environment_id: UUID, repair: datetime | None, *, comparing: bool
    ) -> None:
        if repair is not None:
            self._compiler.forget(environment_id)
        compiled = await self._compiler.compile(environment_id)
        if compiled is None:
            return
        for subject, reason in compiled.invalid.items():
            _log.error("invalid entity kept back", subject=subject, reason=reason)
        self._telemetry.invalid.labels(str(environment_id)).set(len(compiled.invalid))
        if repair is not None:
            await publisher.reread(str(environment_id))
        published = await publisher.publish(compiled)
        for subject, reason in published.refused.items():
            _log.error("entity refused by the bus", subject=subject, reason=reason)
        self._telemetry.entries.inc(published.changed + published.removed)
        if comparing:
            self._telemetry.repaired_entries.inc(published.changed + published.removed)
        async with self._database.transaction() as tx:
            if not await queries.mark_published(tx, environment_id, published.version, publisher.epoch, repair):
                raise Fenced(f"epoch {publisher.epoch} is over")
        self._telemetry.publications.inc()
        _log.debug(
            "published",
            environment=environment_id,
            version=published.version,
            changed=published.changed,
            removed=published.removed,
        )

    def _step_down(self, reason: str) -> None:
        if self._publisher is not None:
            _log.warning("no longer leading", reason=reason)
        self._publisher = None
        self._telemetry.leading.set(0)
