"""Asks analytics what a change would do to recent units. Without an answer in time a preview says so, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from google.protobuf.message import DecodeError
from messages.generated.impact_pb2 import (
    IMPACT_TROUBLE_BUSY,
    IMPACT_TROUBLE_NO_STORE,
    IMPACT_TROUBLE_NOT_SERVED,
    IMPACT_TROUBLE_UNREADABLE,
    ChangedEntry,
    ImpactReply,
    ImpactRequest,
)
from messages.subjects import IMPACT
from streams import Bus, BusError, MessageTooLarge, NoResponder, RequestFailed, ResponderBusy

from control_plane.previews.entries import EntryChange

SECONDS_MAX = 5.0


@dataclass(frozen=True, slots=True)
class Silence:
    """Why nothing is known of an impact: a code and a sentence."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactInquiry:
    """What is asked of one environment."""

    organization_id: UUID
    environment_id: UUID
    changes: Sequence[EntryChange] = ()
    segments: Sequence[str] = ()
    examples: int = 0


class Impacts(Protocol):
    """Who knows the units of the last days."""

    async def ask(self, inquiry: ImpactInquiry) -> ImpactReply | Silence: ...


class NoImpacts:
    """Where there is no bus."""

    async def ask(self, inquiry: ImpactInquiry) -> ImpactReply | Silence:  # noqa: ARG002 - nobody is asked
        return Silence("not_answered", "nobody answers previews here")


class ImpactsByBus:
    """By request and reply."""

    def __init__(self, bus: Bus, seconds: float = SECONDS_MAX) -> None:
        self._bus = bus
        self._seconds = seconds

    async def ask(self, inquiry: ImpactInquiry) -> ImpactReply | Silence:
        request = ImpactRequest(
            organization_id=str(inquiry.organization_id),
            environment_id=str(inquiry.environment_id),
            changed=[ChangedEntry(kind=each.kind, key=each.key, content=each.after or b"") for each in inquiry.changes],
            segments=inquiry.segments,
            examples_max=inquiry.examples,
        )
        try:
            answer = await self._bus.request(IMPACT, request.SerializeToString(), self._seconds)
            reply = ImpactReply.FromString(answer)
        except BusError as error:
            return _silence(error)
        except DecodeError:
            return Silence("failed", "analytics answered what this version can't read")
        return _TROUBLES.get(reply.trouble, _UNTOLD) if reply.trouble else reply


def _silence(error: BusError) -> Silence:
    match error:
        case NoResponder():
            return Silence("not_answered", "no analytics service answers previews")
        case ResponderBusy():
            return _TROUBLES[IMPACT_TROUBLE_BUSY]
        case MessageTooLarge():
            return Silence("too_large", "the change or its answer is larger than a message of the bus may be")
        case RequestFailed():
            return Silence("failed", "analytics failed; its log says why")
    return Silence("timeout", "no answer came in time")


_UNTOLD = Silence("failed", "analytics could not answer")
_TROUBLES = {
    IMPACT_TROUBLE_NOT_SERVED: Silence("not_published", "the environment has not been published yet"),
    IMPACT_TROUBLE_NO_STORE: Silence("no_store", "analytics can't read what was measured at the moment"),
    IMPACT_TROUBLE_BUSY: Silence("busy", "other previews of the organization are being answered: ask again"),
    IMPACT_TROUBLE_UNREADABLE: Silence("unreadable", "this analytics service can't read the change; it may be older"),
}
