"""Acts: what people did in a service that keeps no audit log, told to the control plane, which appends them to its own.

An act is on the bus's disk before it is done, so that nothing is done without a trace; while the control plane is away,
acts wait in their stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import msgspec
from service_kit.clock import Clock
from service_kit.logs import current_request_id
from service_kit.origins import current_address, current_reason, current_right
from streams import Bus, StreamSpec

from messages.generated import act_pb2 as pb
from messages.subjects import acts_subject

NOBODY = str(UUID(int=0))
"""The id of an actor that is no person and no token."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who does something. `name` empty: the control plane knows it."""

    kind: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What is done to which entity. `before` and `after` are JSON objects without secrets."""

    organization_id: str
    project_id: str = ""
    entity: str
    entity_key: str
    action: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


class ActLog:
    """The way of acts onto their stream, which is made before the first one, and before the one after a failure."""

    def __init__(self, bus: Bus, stream: StreamSpec, clock: Clock) -> None:
        self._bus = bus
        self._stream = stream
        self._clock = clock
        self._is_made = False

    async def write(self, author: Author, act: Act) -> None:
        """Returns when it is stored; then, and not before, it may be done. Raises BusError."""
        told = pb.Act(
            act_id=str(uuid4()),
            organization_id=act.organization_id,
            project_id=act.project_id,
            actor_kind=author.kind,
            actor_id=author.id,
            actor_name=author.name,
            entity=act.entity,
            entity_key=act.entity_key,
            action=act.action,
            before=_json(act.before),
            after=_json(act.after),
            at=self._clock.now(),
            address=current_address(),
            request_id=current_request_id(),
            reason=current_reason(),
            used_right=current_right(),
        )
        subject, payload = acts_subject(act.organization_id), told.SerializeToString()
        if not self._is_made:
            await self._bus.ensure_stream(self._stream)
        self._is_made = False
        await self._bus.publish(subject, payload, message_id=told.act_id)
        self._is_made = True


def _json(value: Mapping[str, Any] | None) -> bytes:
    return b"" if value is None else msgspec.json.encode(value)
