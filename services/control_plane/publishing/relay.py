"""Publishes every committed change: level-triggered, so that doing it again is harmless and nothing is remembered.

The relay asks the database which environments are ahead of what is published, not which events happened. A word
of the database (`NOTIFY`) makes it fast, a look every second makes it sure. Every few seconds it asks the stream, too,
whether it is still the one that was written.
"""

from __future__ import annotations

import asyncio
import contextlib

from messages.subjects import config_stream
from service_kit.clock import Clock
from service_kit.logs import get_logger
from service_kit.problems import Problem
from service_kit.tasks import together
from streams import Bus, BusError, StreamSpec

from control_plane.changes.recorder import CHANNEL
from control_plane.database import Database
from control_plane.publishing import blocks, queries
from control_plane.publishing.compiler import Compiler
from control_plane.publishing.follower_reports import FollowerReports
from control_plane.publishing.lease import Lease
from control_plane.publishing.publisher import Fenced
from control_plane.publishing.stream_contents import StreamContents, read_manifests
from control_plane.publishing.stream_room import StreamRoom
from control_plane.publishing.telemetry import RelayTelemetry
from control_plane.publishing.term import RelayParts, StreamChanged, Term

LOOK_SECONDS = 1.0
CHECK_SECONDS = 3.0
_LISTEN_CHECKS = 1.5
_TELL_AGAIN_SECONDS = 60.0
_log = get_logger("relay")


class Relay:
    """One of possibly several relays; the one that holds the lease publishes.

    `check_seconds`: how often the leader compares the stream with what it wrote."""

    def __init__(
        self,
        *,
        database: Database,
        bus: Bus,
        clock: Clock,
        telemetry: RelayTelemetry,
        stream: StreamSpec | None = None,
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        self._reports = FollowerReports(bus)
        self._parts = RelayParts(
            database=database,
            bus=bus,
            clock=clock,
            telemetry=telemetry,
            compiler=Compiler(database),
            reports=self._reports,
        )
        self._stream = stream or config_stream()
        self._check_seconds = check_seconds
        self._check_at = 0.0
        self._lease = Lease(database)
        self._room = StreamRoom(database, bus, telemetry)
        self._holding = False
        self._blocked_at: int | None = None
        self._term: Term | None = None
        self._told = ("", 0.0)
        self._wake = asyncio.Event()

    @property
    def leading(self) -> bool:
        return self._term is not None

    async def run(self) -> None:
        """Works until it is cancelled, then gives the lease back."""
        try:
            await together(
                self._take_turns(),
                self._parts.database.listen(CHANNEL, self._wake.set),
                self._renew(),
                self._reports.keep_listening(),
            )
        finally:
            with contextlib.suppress(Problem):
                await self._lease.release()

    async def _take_turns(self) -> None:
        while True:
            await self._try_turn()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            self._wake.clear()

    async def _renew(self) -> None:
        """Keeps the lease through publications that take longer than it lasts."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._holding:
                continue
            try:
                await self._lease.hold()
            except Exception as error:
                # The next turn finds out; what is published meanwhile is fenced by the epoch.
                _log.warning("lease not renewed", error=type(error).__name__)

    async def _try_turn(self) -> None:
        try:
            await self.turn()
        except StreamChanged as changed:
            self._parts.telemetry.stream_changes.inc()
            _log.error("the stream is not as it was written, comparing all of it", difference=str(changed))
            self._step_down()
            self._wake.set()
        except (Problem, BusError, Fenced) as error:
            self._parts.telemetry.failures.inc()
            self._tell(f"{type(error).__name__}: {error}")
            self._step_down()
        except Exception as error:
            # Whatever it is, the next turn begins from the database again.
            self._parts.telemetry.failures.inc()
            _log.error("turn failed", error=type(error).__name__, exc_info=error)
            self._step_down()

    async def turn(self) -> None:
        """One look: leads if nobody else does, and publishes all that is unpublished."""
        last = await self._lease.hold()
        if last is None:
            if self._term is not None:
                self._tell("another relay leads")
            self._step_down()
            return
        self._holding = True
        now = self._parts.clock.monotonic()
        if self._blocked_at == last and now < self._check_at:
            return
        if self._term is None or self._term.epoch != last:
            self._term = None
            await self._begin(last)
        if self._term is None:
            return
        await self._term.publish_waiting()
        await self._room.observe()
        if now >= self._check_at:
            await self._term.check()
            self._check_at = now + self._check_seconds

    async def _begin(self, last: int) -> None:
        """Begins a term, unless the stream was written in a later one than this database knows of."""
        if left := await self._parts.bus.ensure_stream(self._stream):
            _log.warning("the stream goes on as it is", reason=left)
        if await self._has_lost(await read_manifests(self._parts.bus)):
            # Who holds more than the database may be the only one who knows that it was restored.
            await asyncio.sleep(self._check_seconds * _LISTEN_CHECKS)
        async with self._parts.database.transaction() as tx:
            rows = await queries.all_environments(tx)
        held = (await read_manifests(self._parts.bus)).epoch
        epoch = max(held, self._reports.epoch(str(each["id"]) for each in rows))
        if epoch > last:
            await self._block(epoch, last)
            return
        self._blocked_at = None
        taken = await self._lease.begin(last)
        if taken is None:
            return
        async with self._parts.database.transaction() as tx:
            await blocks.unblock_all(tx)
        term = Term(self._parts, taken)
        await term.begin()
        self._term = term
        self._check_at = self._parts.clock.monotonic() + self._check_seconds
        self._told = ("", 0.0)
        self._parts.telemetry.leading.set(1)
        self._parts.telemetry.epoch.set(taken)

    async def _has_lost(self, manifests: StreamContents) -> bool:
        """Whether the stream lacks what was published."""
        async with self._parts.database.transaction() as tx:
            rows = await queries.all_environments(tx)
        return any(each["published_version"] > manifests.environment(str(each["id"])).version for each in rows)

    async def _block(self, epoch: int, last: int) -> None:
        self._tell(
            f"nothing is published: what was published is of epoch {epoch}, this database knows {last}; "
            "`control_plane recover --show` tells the difference"
        )
        self._step_down()
        self._holding = True
        self._blocked_at, self._check_at = last, self._parts.clock.monotonic() + self._check_seconds
        async with self._parts.database.transaction() as tx:
            await blocks.block_all(tx, epoch)
            for each in await queries.all_environments(tx):
                version = self._reports.version(str(each["id"]))
                if version > each["known_version"]:
                    await blocks.block(tx, each["id"], "followers_ahead", version, epoch)

    def _tell(self, reason: str) -> None:
        """The same reason once a minute."""
        now = self._parts.clock.monotonic()
        if reason != self._told[0] or now >= self._told[1]:
            _log.error("not leading", reason=reason)
            self._told = (reason, now + _TELL_AGAIN_SECONDS)

    def _step_down(self) -> None:
        self._holding = False
        self._term = None
        self._parts.telemetry.leading.set(0)
