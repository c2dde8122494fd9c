"""A follower of the CONFIG stream: what the bus delivers becomes whole versions, and the service applies them.

Whatever is lost or damaged on the way is found by the digests, and by asking for the newest manifests every few
seconds (anti-entropy); then that one environment is read anew, with growing pauses, until it fits. Nothing that
comes from the bus takes away what is held, and trouble with one environment never holds up another.

While the stream takes nothing (its servers elect a leader), versions are told beside it; they are taken the same way.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Protocol

from service_kit.tasks import together
from service_kit.traces import NO_SPAN, Attributes, Entering, span
from streams import Bus, BusError, CaughtUp, Delivered, Restarted, StreamMissing

from messages.follower_telemetry import FollowerTelemetry
from messages.rereads import Rereads
from messages.staging import ConfigStaging, Mismatch, Rejected, Update
from messages.subjects import CONFIG, ahead_subject, config_filter, environment_of, manifest_subject, told_subject
from messages.told_versions import Told, read_told

_log = logging.getLogger("config_follower")


class Applier(Protocol):
    """What a service does with the versions."""

    async def apply(self, update: Update) -> None:
        """Puts the state after `update` into use. One call at a time; what it raises costs a re-read of the
        environment, and no other one's update."""

    def caught_up(self) -> None:
        """All that the stream held has been delivered and is in use: what is unknown now does not exist. Never told
        while nothing is known, because a stream that is empty may have been made a moment ago."""

    def confirmed(self, environment_id: str) -> None:
        """The bus said that the newest version is the one in use."""


class ConfigFollower:
    """A follower of one service.

    `staging` knows what is in use, and holds its raw messages if it `keeps_entries`. `follow` runs for ever, `check`
    every few seconds; either may be cancelled at any point and begun again."""

    def __init__(
        self,
        applier: Applier,
        telemetry: FollowerTelemetry,
        rereads: Rereads | None = None,
        *,
        keeps_entries: bool = False,
    ) -> None:
        self._applier = applier
        self._telemetry = telemetry
        self._rereads = rereads or Rereads()
        # Held while messages are taken, never while the bus is asked.
        self._lock = asyncio.Lock()
        # Messages of environments that are being read anew; they are taken after what was read.
        self._held_back: dict[str, deque[Delivered]] = {}
        # Environments whose held version the service failed to apply.
        self._unapplied: set[str] = set()
        # Environments with a manifest that nothing has fitted yet.
        self._unread: set[str] = set()
        # Environments of which more is held than the stream has.
        self._ahead: set[str] = set()
        # The manifest of the last told version that didn't fit, by environment.
        self._refused: dict[str, bytes] = {}
        self._caught_up = False
        self._told = False
        self._environments_before = -1
        self._nothing = "CONFIG has not been read yet"
        self.staging = ConfigStaging(keeps_entries=keeps_entries)

    @property
    def lack(self) -> str | None:
        """Why nothing is known; None once something is."""
        return None if self._knows_something() else self._nothing

    async def follow(self, bus: Bus) -> None:
        """Until it is cancelled: takes what the stream delivers, across any outage of the bus, and what is told."""
        await together(self._follow_stream(bus), self._hear(bus))

    async def _hear(self, bus: Bus) -> None:
        async for payload in bus.listen(told_subject("*")):
            try:
                told = read_told(payload)
            except ValueError as error:
                self._reject(Rejected(told_subject("*"), "undecodable", str(error)))
                continue
            async with self._lock:
                if told.environment_id not in self._held_back:
                    await self._take_told(told)

    async def _take_told(self, told: Told) -> None:
        outcome = self.staging.accept_told(told)
        if isinstance(outcome, Rejected):
            # It comes again and again, over each server.
            if self._refused.get(told.environment_id) == told.payload:
                return
            self._refused[told.environment_id] = told.payload
        await self._use(outcome, told.trace)

    async def _follow_stream(self, bus: Bus) -> None:
        async for event in bus.follow(CONFIG, config_filter()):
            match event:
                case Delivered(subject=subject):
                    held_back = self._held_back.get(environment_of(subject))
                    if held_back is not None:
                        held_back.append(event)
                    else:
                        async with self._lock:
                            await self._take(event)
                case CaughtUp():
                    self._caught_up = True
                    self._tell_caught_up()
                case Restarted():
                    self._caught_up = False
                    async with self._lock:
                        for environment_id in self.staging.environment_ids:
                            self.staging.reset(environment_id)

    async def check(self, bus: Bus) -> None:
        """One round of anti-entropy: confirms what is the newest, and reads anew what is due."""
        try:
            if self.staging.environment_ids:
                # A server that is cut off from the others would confirm what it held when it was.
                await bus.time(CONFIG)
            for environment_id in self.staging.environment_ids:
                await self._check_one(bus, environment_id)
        except BusError as error:
            _log.debug("the bus did not confirm the configuration (%s)", error)
            self._telemetry.unconfirmed()
            return
        if self.lack is not None:
            self._nothing = await _reason_for_nothing(bus)
        # A round in which no other environment came: what a relay writes anew is written.
        environments = len(self.staging.environment_ids)
        if environments == self._environments_before:
            self._tell_caught_up()
        self._environments_before = environments

    def _knows_something(self) -> bool:
        return any(self.staging.version(each) >= 0 for each in self.staging.environment_ids)

    def _tell_caught_up(self) -> None:
        if self._caught_up and not self._told and not self._unread and self._knows_something():
            self._told = True
            self._applier.caught_up()

    async def _check_one(self, bus: Bus, environment_id: str) -> None:
        try:
            await self._compare(bus, environment_id)
        except BusError:
            raise
        except Exception:
            _log.exception("environment %s was not checked", environment_id)

    async def _compare(self, bus: Bus, environment_id: str) -> None:
        newest = await bus.last_message(CONFIG, manifest_subject(environment_id))
        await self._tell_if_ahead(bus, environment_id, None if newest is None else newest.payload)
        if newest is None:
            return
        if newest.payload == self.staging.manifest(environment_id) and environment_id not in self._unapplied:
            self._rereads.settle(environment_id)
            self._telemetry.confirmed(environment_id)
            self._applier.confirmed(environment_id)
        elif self._caught_up and environment_id not in self._ahead and self._rereads.due(environment_id):
            # What is older than what is held would be refused.
            await self._read_anew(bus, environment_id)

    async def _tell_if_ahead(self, bus: Bus, environment_id: str, manifest: bytes | None) -> None:
        """A stream that is older than what is held has lost something, and so may the database have: whoever publishes
        has to know before it goes on from there."""
        if not self.staging.is_ahead_of(environment_id, manifest):
            self._ahead.discard(environment_id)
            return
        if environment_id not in self._ahead:
            _log.warning("the stream is older than what is held of environment %s", environment_id)
            self._ahead.add(environment_id)
        await bus.tell(ahead_subject(environment_id), self.staging.manifest(environment_id))

    async def _read_anew(self, bus: Bus, environment_id: str) -> None:
        if environment_id in self._held_back:
            return
        self._telemetry.reread()
        held_back = self._held_back[environment_id] = deque[Delivered]()
        try:
            try:
                delivered = await bus.read_all(CONFIG, config_filter(environment_id))
            except BusError as error:
                _log.warning("environment %s can't be read anew (%s)", environment_id, error)
                delivered = []
            async with self._lock:
                if delivered:
                    self.staging.reset(environment_id)
                for each in delivered:
                    await self._take(each)
                while held_back:
                    await self._take(held_back.popleft())
        finally:
            # What a cancellation leaves in here is missed, and found by the next manifest or round.
            del self._held_back[environment_id]

    async def _take(self, message: Delivered) -> None:
        outcome = self.staging.accept(message.subject, message.payload)
        # What the stream held when this process began to read it belongs to no trace that goes on.
        await self._use(outcome, message.trace if self._caught_up else "")

    async def _use(self, outcome: Update | Rejected | Mismatch | None, trace: str) -> None:
        match outcome:
            case Update():
                with self._span(outcome, trace):
                    await self._apply(outcome)
            case Rejected():
                self._reject(outcome)
            case Mismatch(environment_id=environment_id, version=version):
                _log.warning("environment %s does not fit the manifest of version %d", environment_id, version)
                self._rereads.ask(environment_id)
                self._telemetry.mismatched()
                if self.staging.version(environment_id) < 0:
                    self._unread.add(environment_id)

    def _reject(self, rejected: Rejected) -> None:
        _log.warning("message on %s rejected: %s (%s)", rejected.subject, rejected.reason, rejected.detail)
        self._telemetry.rejected(rejected.reason)

    @staticmethod
    def _span(update: Update, trace: str) -> Entering:
        if not trace:
            return NO_SPAN
        attributes: Attributes = {
            "verdict.environment_id": update.environment_id,
            "verdict.version": update.version,
        }
        return span("config apply", kind="consumer", parent=trace, attributes=attributes)

    async def _apply(self, update: Update) -> None:
        environment_id = update.environment_id
        self._unread.discard(environment_id)
        try:
            await self._applier.apply(update)
        except BaseException as error:
            # Now `staging` is ahead of the service: only a whole state brings them together.
            self._unapplied.add(environment_id)
            self.staging.reset(environment_id)
            self._rereads.ask(environment_id)
            if not isinstance(error, Exception):
                raise
            _log.exception("version %d of environment %s was not applied", update.version, environment_id)
        else:
            self._unapplied.discard(environment_id)
            self._telemetry.confirmed(environment_id)


async def _reason_for_nothing(bus: Bus) -> str:
    if bus.trouble is not None:
        return f"the bus can't be read: {bus.trouble}"
    try:
        state = await bus.state(CONFIG)
    except StreamMissing:
        return "the bus has no CONFIG; the control plane makes it"
    except BusError as error:
        return f"CONFIG can't be read: {error}"
    if not state.messages:
        return "CONFIG is empty: the control plane has published no environment"
    return "no environment of CONFIG is whole"
