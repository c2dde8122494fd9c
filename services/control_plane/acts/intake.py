"""The intake of acts: one by one from the bus into the audit log of their organization, each once.

An act is appended and committed, then removed from the stream, then acknowledged: whatever dies in between, it comes
again, and its id says that it is there already.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from google.protobuf.message import DecodeError
from messages.generated.act_pb2 import Act
from messages.subjects import ACTS
from service_kit.clock import Clock
from service_kit.logs import get_logger
from streams import BatchConsumer, Bus, BusError, Message, StreamSpec

from control_plane.access import Actor
from control_plane.access.queries import actor_name, token_maker
from control_plane.acts.telemetry import ActTelemetry
from control_plane.changes import Change, Origin, record
from control_plane.changes.queries import has_act
from control_plane.database import ACCOUNTS, Connection, Database

_DURABLE = "audit-log"
_FETCH_MAX = 100
_FETCH_SECONDS = 2.0
_ACK_WAIT_SECONDS = 15.0
_AGAIN_SECONDS = 1.0
_log = get_logger("acts")


class NoAct(ValueError):
    """A message that can't be an audit entry; the text says why."""


class ActIntake:
    """Runs in any number of processes at once."""

    def __init__(
        self, *, database: Database, bus: Bus, stream: StreamSpec, clock: Clock, telemetry: ActTelemetry
    ) -> None:
        self._database = database
        self._bus = bus
        self._stream = stream
        self._clock = clock
        self._telemetry = telemetry

    async def run(self) -> None:
        """Until it is cancelled. Waits while the bus is away; raises `Unavailable`, and begun again goes on where it
        was."""
        while True:
            try:
                await self._follow()
            except BusError as error:
                if self._bus.connected:
                    _log.warning("acts can't be read, trying again", reason=str(error))
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _follow(self) -> None:
        if left := await self._bus.ensure_stream(self._stream):
            _log.warning("the stream of acts stays as it is", reason=left)
        consumer = await self._bus.pull(
            ACTS, _DURABLE, filter_subject="acts.>", ack_wait_seconds=_ACK_WAIT_SECONDS, max_ack_pending=_FETCH_MAX
        )
        while True:
            await self.turn(consumer, _FETCH_SECONDS)

    async def turn(self, consumer: BatchConsumer, seconds: float) -> None:
        """Takes what waits, or waits so long for something."""
        messages = await consumer.fetch(_FETCH_MAX, seconds)
        for index, message in enumerate(messages):
            try:
                await self._take(message)
            except BaseException:
                # Else a figure of before would say that nothing waits, for as long as none can be taken.
                self._tell_oldest(message.published_at)
                for each in messages[index:]:
                    await each.nak(1.0)
                raise
        self._tell_oldest(await consumer.oldest_pending_at())

    def _tell_oldest(self, published_at: float | None) -> None:
        age = 0.0 if published_at is None else (self._clock.now() - published_at) / 1000
        self._telemetry.waiting_seconds.set(max(0.0, age))

    async def _take(self, message: Message) -> None:
        try:
            act = _read(message.payload)
            async with self._database.transaction(tenancy=ACCOUNTS.within([UUID(act.organization_id)])) as tx:
                await self._append(tx, act)
        except NoAct as error:
            self._telemetry.refused.inc()
            _log.error("no act, left on the stream", sequence=message.sequence, reason=str(error))
        else:
            await self._bus.delete_message(ACTS, message.sequence)
        await message.ack()

    async def _append(self, tx: Connection, act: Act) -> None:
        organization_id = UUID(act.organization_id)
        act_id = UUID(act.act_id)
        if await has_act(tx, organization_id, act_id):
            return
        if await tx.fetchval("SELECT id FROM organizations WHERE id = $1 FOR KEY SHARE", organization_id) is None:
            raise NoAct("there is no such organization")
        actor_id = UUID(act.actor_id)
        name = act.actor_name or await actor_name(tx, act.actor_kind, actor_id) or act.actor_id
        maker = await token_maker(tx, actor_id) if act.actor_kind == "token" else None
        change = Change(
            organization_id=organization_id,
            project_id=UUID(act.project_id) if act.project_id else None,
            entity=act.entity,
            entity_key=act.entity_key,
            action=act.action,
            actor=Actor(kind=_kind(act.actor_kind), id=actor_id, name=name, maker=maker),
            before=_document(act.before),
            after=_document(act.after),
            origin=Origin(
                address=act.address or None,
                request_id=act.request_id or None,
                reason=act.reason or None,
                right=act.used_right or None,
                act_id=act_id,
                at=datetime.fromtimestamp(act.at / 1000, UTC),
            ),
        )
        await record(tx, change)
        self._telemetry.appended.inc()


def _read(payload: bytes) -> Act:
    """Checked as far as it can be without the database. Raises NoAct."""
    act = Act()
    try:
        act.ParseFromString(payload)
        for identity in (act.organization_id, act.act_id, act.actor_id, *filter(None, [act.project_id])):
            UUID(identity)
        datetime.fromtimestamp(act.at / 1000, UTC)
        _kind(act.actor_kind)
        _document(act.before), _document(act.after)
    except (DecodeError, ValueError, OverflowError, OSError, msgspec.MsgspecError) as error:
        raise NoAct(f"{type(error).__name__}: {error}") from None
    texts = (
        act.entity,
        act.entity_key,
        act.action,
        act.actor_name,
        act.address,
        act.request_id,
        act.reason,
        act.used_right,
    )
    if not (act.entity and act.action) or any("\x00" in each for each in texts):
        raise NoAct("it does not say what was done")
    return act


def _kind(kind: str) -> Any:
    if kind not in ("user", "token", "system"):
        raise ValueError(f"no kind of actor: {kind!r}")
    return kind


def _document(content: bytes) -> dict[str, Any] | None:
    return msgspec.json.decode(content, type=dict[str, Any]) if content else None
