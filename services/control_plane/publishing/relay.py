"""Publishes every committed change: level-triggered, so that doing it again is harmless.

The relay asks the database which environments are ahead of what is published, not which events happened. A word
of the database (`NOTIFY`) makes it fast, a look every second makes it sure. Every few seconds it asks the stream, too,
whether it is still the one that was written, and now and then it compiles an environment whole, to compare with what
has followed its changes.

A relay that reaches no server of NATS leaves its lease to one that does (`candidacy.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from messages.subjects import config_stream
from service_kit.clock import Clock
from service_kit.logs import get_logger
from service_kit.problems import Problem
from service_kit.tasks import together
from streams import Bus, BusError, BusUnavailable, StreamMissing, StreamSpec

from control_plane.changes.recorder import CHANNEL
from control_plane.database import Database
from control_plane.publishing import blocks, queries
from control_plane.publishing.candidacy import Candidacy
from control_plane.publishing.candidates import Candidates
from control_plane.publishing.compiler import Compiler
from control_plane.publishing.follower_reports import FollowerReports
from control_plane.publishing.lease import LEASE_SECONDS, Lease
from control_plane.publishing.publisher import Fenced
from control_plane.publishing.stream_contents import StreamContents, read_manifests
from control_plane.publishing.stream_room import StreamRoom
from control_plane.publishing.telemetry import RelayTelemetry
from control_plane.publishing.term import RelayParts, StreamChanged, Term

LOOK_SECONDS = 1.0
_COMPARING_SHARE = 0.05
"""Of the time, that comparing may take at most."""
_SETTLE_SECONDS = 0.5
_LISTEN_CHECKS, _LOOK_AGAIN_CHECKS = 1.5, 5
_TELL_AGAIN_SECONDS = 60.0
_log = get_logger("relay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paces:
    """How often the leader compares the stream with what it wrote, and compiles each environment whole."""

    check_seconds: float = 3.0
    compare_seconds: float = 600.0


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
        paces: Paces = Paces(),
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
        self._check_seconds = paces.check_seconds
        self._check_at = 0.0
        self._observe_at = 0.0
        self._compare_seconds = paces.compare_seconds
        self._held: tuple[int, float] = (0, 0.0)
        self._lease = Lease(database)
        # Nothing renews a lease that is being left.
        self._keeping = asyncio.Lock()
        self._candidates = Candidates(database, self._lease.holder)
        self._candidacy = Candidacy(bus, clock, self._candidates)
        self._room = StreamRoom(database, bus, telemetry)
        self._holding = False
        self._blocked_at: int | None = None
        self._term: Term | None = None
        self._told = ("", 0.0)
        self._change_counted = False
        # After a look that failed: when others have to wait for one again.
        self._look_again_at = 0.0
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
                self._candidacy.keep(),
                self._keep_comparing(),
                self._reports.keep_listening(),
            )
        finally:
            await self._step_down()
            with contextlib.suppress(Problem):
                await self._lease.release()
                await self._candidates.withdraw()

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
            try:
                async with self._keeping:
                    if not self._holding:
                        continue
                    epoch = await self._hold()
            except Exception as error:
                # The next turn finds out; what is published meanwhile is fenced by the epoch.
                _log.warning("lease not renewed", error=type(error).__name__)
            else:
                if self._term is not None and epoch != self._term.epoch:
                    self._wake.set()

    async def _hold(self) -> int | None:
        self._held = (0, 0.0)
        asked_at = self._parts.clock.monotonic()
        epoch = await self._lease.hold()
        if epoch is not None:
            self._held = (epoch, asked_at + LEASE_SECONDS / 2)
        return epoch

    async def _keep_comparing(self) -> None:
        compared: dict[UUID, float] = {}
        clock = self._parts.clock
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if (term := self._term) is None:
                continue
            begun = clock.monotonic()
            for environment_id in self._parts.compiler.environments:
                compared.setdefault(environment_id, begun)
            due = [each for each, at in compared.items() if at + self._compare_seconds <= begun]
            if not due:
                continue
            environment_id = min(due, key=compared.__getitem__)
            try:
                await term.compare(environment_id)
            except Exception as error:
                _log.warning("not compared", environment=environment_id, error=type(error).__name__)
            compared[environment_id] = clock.monotonic()
            await asyncio.sleep((clock.monotonic() - begun) / _COMPARING_SHARE)

    async def _try_turn(self) -> None:
        try:
            if not self._candidacy.outdone:
                await together(self._look(), self._candidacy.until_outdone())
            if self._candidacy.outdone:
                await self._leave()
        except StreamChanged as changed:
            self._count_change()
            _log.error("the stream is not as it was written, comparing all of it", difference=str(changed))
            await self._step_down()
            self._wake.set()
        except (Problem, BusError, Fenced) as error:
            self._parts.telemetry.failures.inc()
            self._tell(f"{type(error).__name__}: {error}")
            await self._step_down()
        except Exception as error:
            # Whatever it is, the next turn begins from the database again.
            self._parts.telemetry.failures.inc()
            _log.error("turn failed", error=type(error).__name__, exc_info=error)
            await self._step_down()

    async def _leave(self) -> None:
        """Another relay reaches NATS. What this one told of is in the database, and goes on from there."""
        async with self._keeping:
            await self._step_down()
            left = await self._lease.leave(CHANNEL)
        if left:
            self._parts.telemetry.left.inc()
            _log.warning(
                "the lease is left to a relay that reaches NATS, which this one doesn't",
                reason=self._parts.bus.trouble or "no server answers",
            )

    def _count_change(self) -> None:
        self._parts.telemetry.stream_changes.inc()
        self._change_counted = True

    async def turn(self) -> None:
        """One look: leads if nobody else does, and publishes all that is unpublished. Returns when that is done."""
        await self._look()
        if self._term is not None:
            await self._term.turns.settle()

    async def _look(self) -> None:
        epoch, until = self._held
        now = self._parts.clock.monotonic()
        last = epoch if self._term is not None and now < until else await self._hold()
        if last is None:
            if self._term is not None:
                self._tell("another relay leads")
            await self._step_down()
            return
        self._holding = True
        if self._blocked_at == last and now < self._check_at:
            return
        if self._term is None or self._term.epoch != last:
            await self._end_term()
            await self._begin(last)
        if (term := self._term) is None:
            return
        term.turns.raise_failure()
        due = max(self._check_at + self._check_seconds, self._look_again_at)
        overdue = now >= due and not term.waits_for_stream
        if overdue:
            # What always changes has to be looked at, too; but a stream that takes nothing holds up no other edit.
            await term.turns.settle(_SETTLE_SECONDS)
        if not overdue or term.turns.at_work:
            await term.publish_waiting()
        if not term.turns.at_work:
            await self._try_to_look(self._look_at_stream(term, now), may_be_woken=not overdue)

    async def _try_to_look(self, looking: Coroutine[Any, Any, None], *, may_be_woken: bool) -> None:
        """A bus that doesn't answer ends no term: what is edited meanwhile is told. It isn't waited for, either."""
        try:
            if may_be_woken:
                await together(looking, self._woken())
            else:
                await looking
        except StreamMissing:
            raise
        except BusUnavailable as error:
            self._parts.telemetry.failures.inc()
            if not self._look_again_at:
                _log.warning("the stream can't be looked at", reason=str(error))
            self._look_again_at = self._parts.clock.monotonic() + self._check_seconds * _LOOK_AGAIN_CHECKS

    async def _woken(self) -> None:
        await self._wake.wait()

    async def _look_at_stream(self, term: Term, now: float) -> None:
        """While nothing is being written."""
        if now >= self._observe_at:
            await self._room.observe()
            self._observe_at = now + LOOK_SECONDS
        if now >= self._check_at:
            await term.check()
            self._check_at = now + self._check_seconds
            self._wake.set()
        self._look_again_at = 0.0

    async def _begin(self, last: int) -> None:
        """Begins a term, unless the stream was written in a later one than this database knows of."""
        if left := await self._parts.bus.ensure_stream(self._stream):
            _log.warning("the stream goes on as it is", reason=left)
        if await self._has_lost(await read_manifests(self._parts.bus)):
            # Found by a publication that didn't fit, before any look at the stream, while somebody edits.
            if not self._change_counted:
                _log.error("the stream lacks what was published, comparing all of it")
                self._count_change()
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
        self._held = (taken, self._held[1])
        # What is remembered is of this database as it was in an earlier term; it may have been restored since.
        self._parts.compiler.forget()
        self._term = term = Term(self._parts, taken, self._wake.set)
        await term.begin()
        self._change_counted = False
        self._look_again_at = 0.0
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
        await self._step_down()
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

    async def _step_down(self) -> None:
        self._holding = False
        self._held = (0, 0.0)
        await self._end_term()
        self._parts.telemetry.leading.set(0)

    async def _end_term(self) -> None:
        term, self._term = self._term, None
        if term is not None:
            await term.turns.end()
