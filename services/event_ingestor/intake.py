"""One request from its headers to its receipt: who sends, what it holds, what is taken, stored, counted, shown."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

import msgspec
from service_kit.clock import Clock
from service_kit.fair_work import FairWork, Steps, finished
from service_kit.problems import Problem, TooManyRequests
from service_kit.room import Room
from starlette.types import Receive, Scope

from event_ingestor.admission.events import AdmissionRules, AdmittedEvents, Window, admission
from event_ingestor.admission.lines import Lines
from event_ingestor.admission.names import Names, NameWarning
from event_ingestor.admission.refusals import Rejection
from event_ingestor.authentication.authenticator import Authenticator, Caller
from event_ingestor.bodies import BODY_BYTES_MAX, read_body
from event_ingestor.counts import Counts
from event_ingestor.event_log import EventLog
from event_ingestor.limits import CallerLimits
from event_ingestor.tail import Tail
from event_ingestor.telemetry import IngestTelemetry

_LINE_TYPES = (b"application/x-ndjson", b"application/ndjson", b"application/jsonl", b"application/json-lines")


class Receipt(msgspec.Struct, omit_defaults=True):
    """What a request is answered with; `warnings` only if there are any."""

    accepted: int
    rejected: tuple[Rejection, ...]
    warnings: tuple[NameWarning, ...] = ()


class Reading(NamedTuple):
    """How a body is read: what admits the events in it, and how large it may be. One over `in_steps_max` bytes is read
    in a thread, because its steps are too long."""

    admission: Callable[[bytes, AdmissionRules], Steps[AdmittedEvents]]
    bytes_max: int = BODY_BYTES_MAX
    in_steps_max: int = BODY_BYTES_MAX


class CallerConnection(Protocol):
    """A client's connection, as far as the intake cares."""

    def belongs_to(self, kind: str, name: Hashable) -> bool:
        """False when the caller has too many connections already."""


_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The parts of the ingestor, put together in `app`."""

    authenticator: Authenticator
    names: Names
    log: EventLog
    counts: Counts
    tail: Tail
    room: Room
    work: FairWork
    limits: CallerLimits
    telemetry: IngestTelemetry
    window: Window
    clock: Clock

    def caller(self, headers: Iterable[tuple[bytes, bytes]], client_key: str | None = None) -> Caller:
        """Raises Unauthorized, Forbidden, or Unavailable while the keys have not been read yet."""
        return self.authenticator.caller(headers, self.clock.now(), client_key)

    def admit(self, scope: Scope, client_key: str | None = None) -> Caller:
        """The caller of a request that is within the limits. Raises TooManyRequests besides."""
        try:
            self.limits.count_address(address_of(scope))
            caller = self.caller(scope["headers"], client_key)
            self.limits.count_caller(caller)
            _count_connection(scope, caller)
        except TooManyRequests as error:
            self.telemetry.limited.labels(error.limit).inc()
            raise
        return caller

    async def take(self, caller: Caller, scope: Scope, receive: Receive) -> bytes:
        """The receipt of an admitted request as JSON, once every accepted event is stored. Raises Problem."""
        reading = Reading(partial(admission, lines=_declares_lines(scope)))
        admitted = await self.stored(caller, scope, receive, reading)
        return _encode(Receipt(admitted.accepted, admitted.rejected, admitted.warnings))

    async def stored(self, caller: Caller, scope: Scope, receive: Receive, reading: Reading) -> AdmittedEvents:
        """What a request holds, once every accepted event is stored. Raises Problem."""
        environment_id, organization_id = caller.environment.environment_id, caller.environment.organization_id
        holders = (
            ("address", address_of(scope)),
            ("key", caller.key.sha256),
            ("organization", organization_id),
        )
        try:
            with self.room.share(*holders) as share:
                work = partial(self.work.done, organization_id)
                body = await read_body(scope, receive, share, work, reading.bytes_max)
                received_at = self.clock.now()
                known = self.names.known(environment_id)
                rules = AdmissionRules(received_at, self.window, caller.privacy, known)
                steps = reading.admission(body, rules)
                large = len(body) > reading.in_steps_max
                del body
                admitted = await (asyncio.to_thread(finished, steps) if large else work(steps))
                del steps
                self.limits.count_events(caller, admitted.accepted + len(admitted.rejected))
                await self._store(caller, received_at, admitted)
                self.limits.count_stored(caller, admitted.accepted)
        except Problem as error:
            if error.limit:
                self.telemetry.limited.labels(error.limit).inc()
            if error.status in (429, 503):
                self.telemetry.requests_unstored.labels(environment_id, error.code).inc()
            raise
        self._tell(environment_id, received_at, admitted)
        return admitted

    async def _store(self, caller: Caller, received_at: int, admitted: AdmittedEvents) -> None:
        if not admitted.accepted:
            return
        try:
            await self.log.append(caller, Lines(admitted.exposures, admitted.metrics, admitted.usage))
        except Problem:
            self.counts.unstored(caller.environment.environment_id, received_at, admitted)
            raise

    def _tell(self, environment_id: str, received_at: int, admitted: AdmittedEvents) -> None:
        self.counts.stored(environment_id, received_at, admitted)
        self.tail.tell(environment_id, received_at, admitted)
        self.telemetry.batch_events.observe(admitted.accepted + len(admitted.rejected))
        if admitted.exposure_count:
            self.telemetry.accepted.labels(environment_id, "exposure").inc(admitted.exposure_count)
        if admitted.metric_count:
            self.telemetry.accepted.labels(environment_id, "metric").inc(admitted.metric_count)
        if admitted.usage_count:
            self.telemetry.accepted.labels(environment_id, "usage").inc(admitted.usage_count)
        for code, count in Counter(each.code for each in admitted.rejected).items():
            self.telemetry.rejected.labels(environment_id, code).inc(count)
        for warning in admitted.warnings:
            self.telemetry.warnings.labels(environment_id, warning.code).inc()


def _count_connection(scope: Scope, caller: Caller) -> None:
    connection: CallerConnection | None = scope.get("state", {}).get("connection")
    if connection is None:
        return
    for kind, name in (("key", caller.key.sha256), ("organization", caller.environment.organization_id)):
        if not connection.belongs_to(kind, name):
            raise TooManyRequests("too many connections", code="too_many_connections", limit=f"connections_per_{kind}")


def address_of(scope: Scope) -> str:
    """Of the client; empty when the server does not tell."""
    client = scope.get("client")
    return client[0] if client else ""


def _declares_lines(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"content-type":
            return value.partition(b";")[0].strip().lower() in _LINE_TYPES
    return False
