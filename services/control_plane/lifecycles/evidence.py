"""Asks analytics how flags are used. Without an answer in time it is unknown, and why."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from google.protobuf.message import DecodeError
from messages.generated.usage_pb2 import (
    USAGE_TROUBLE_NO_STORE,
    USAGE_TROUBLE_TOO_MANY,
    EnvironmentUsage,
    UsageReply,
    UsageRequest,
)
from messages.subjects import USAGE
from service_kit.clock import Clock
from streams import Bus, BusError, NoResponder, RequestFailed, ResponderBusy

SECONDS_MAX = 2.0
FRESH_SECONDS = 60.0
_REMEMBERED_MAX = 500


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why nothing is known of the use of flags: a code and a sentence."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class UsageInquiry:
    """Which flags, in which environments; variations are counted from `since`, seconds of the epoch."""

    organization_id: UUID
    environment_ids: tuple[UUID, ...]
    flags: tuple[str, ...]
    since: int


Evidence = dict[UUID, EnvironmentUsage]
"""By environment."""


class FlagUse(Protocol):
    """Who knows how flags are used."""

    async def ask(self, inquiry: UsageInquiry) -> Evidence | Unanswered: ...


class NoFlagUse:
    """Where there is no bus."""

    async def ask(self, inquiry: UsageInquiry) -> Evidence | Unanswered:  # noqa: ARG002 - nobody is asked
        return Unanswered("not_answered", "no analytics service tells how flags are used")


class FlagUseByBus:
    """By request and reply; an answer is good for a minute."""

    def __init__(self, bus: Bus, clock: Clock, seconds: float = SECONDS_MAX) -> None:
        self._bus = bus
        self._clock = clock
        self._seconds = seconds
        self._answers: OrderedDict[tuple[object, ...], tuple[float, Evidence]] = OrderedDict()

    async def ask(self, inquiry: UsageInquiry) -> Evidence | Unanswered:
        now = self._clock.monotonic()
        # By the minute: the moment that is counted from goes on with the clock.
        key = (inquiry.organization_id, inquiry.environment_ids, inquiry.flags, inquiry.since // 60)
        held = self._answers.get(key)
        if held is not None and now - held[0] < FRESH_SECONDS:
            return held[1]
        answer = await self._asked(inquiry)
        if not isinstance(answer, Unanswered):
            self._answers[key] = (now, answer)
            while len(self._answers) > _REMEMBERED_MAX:
                self._answers.popitem(last=False)
        return answer

    async def _asked(self, inquiry: UsageInquiry) -> Evidence | Unanswered:
        request = UsageRequest(
            organization_id=str(inquiry.organization_id),
            environment_ids=[str(each) for each in inquiry.environment_ids],
            flags=inquiry.flags,
            since=inquiry.since,
        )
        try:
            reply = UsageReply.FromString(
                await self._bus.request(USAGE, request.SerializeToString(), self._seconds),
            )
        except BusError as error:
            return _unanswered(error)
        except DecodeError:
            return _FAILED
        if reply.trouble:
            return _TROUBLES.get(reply.trouble, _FAILED)
        return {UUID(each.environment_id): each for each in reply.environments}


def _unanswered(error: BusError) -> Unanswered:
    match error:
        case NoResponder():
            return Unanswered("not_answered", "no analytics service tells how flags are used")
        case ResponderBusy():
            return Unanswered("busy", "analytics answers others at the moment: ask again")
        case RequestFailed():
            return _FAILED
    return Unanswered("timeout", "analytics did not answer in time")


_FAILED = Unanswered("failed", "analytics could not answer; its log says why")
_TROUBLES = {
    USAGE_TROUBLE_NO_STORE: Unanswered("no_store", "analytics can't read what was counted at the moment"),
    USAGE_TROUBLE_TOO_MANY: Unanswered("too_many", "more flags or environments than one answer tells of"),
}
