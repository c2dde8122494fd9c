"""Limits on what is asked in a time: requests and events, by key, person, token, organization and address."""

from __future__ import annotations

from dataclasses import dataclass

from actors.tokens import Actor
from service_kit.clock import Clock
from service_kit.rate_limits import RateLimit
from service_kit.workers.shared_counts import WorkerCounts

from event_ingestor.authentication.authenticator import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Per second, on average over ten of them, but for those of a day, where 0 is no limit."""

    requests_per_address: int
    requests_per_key: int
    requests_per_organization: int
    requests_per_actor: int
    events_per_key: int
    events_per_organization: int
    events_per_organization_per_day: int


class CallerLimits:
    """Counts requests and events, and refuses those of a caller that is over its limit. `all`: to roll and to join."""

    def __init__(self, rates: Rates, clock: Clock, counts: WorkerCounts | None = None) -> None:
        """`counts`: of the worker, where there are several."""

        def limit(kind: str, per_second: int) -> RateLimit:
            return RateLimit(kind, per_second, clock, counts)

        self._addresses = limit("requests_per_address", rates.requests_per_address)
        self._keys = limit("requests_per_key", rates.requests_per_key)
        self._organizations = limit("requests_per_organization", rates.requests_per_organization)
        self._actors = {
            "user": limit("reads_per_person", rates.requests_per_actor),
            "token": limit("reads_per_token", rates.requests_per_actor),
        }
        self._key_events = limit("events_per_key", rates.events_per_key)
        self._organization_events = limit("events_per_organization", rates.events_per_organization)
        per_day = rates.events_per_organization_per_day
        self._day_events = (
            RateLimit("events_per_organization_per_day", per_day, clock, counts, a_day=True) if per_day else None
        )
        self.all = (
            self._addresses,
            self._keys,
            self._organizations,
            *self._actors.values(),
            self._key_events,
            self._organization_events,
            *([] if self._day_events is None else [self._day_events]),
        )

    async def roll(self) -> None:
        for limit in self.all:
            limit.roll()

    def count_address(self, address: str) -> None:
        """Raises TooManyRequests."""
        _count(self._addresses, address, "too many requests from this address")

    def count_caller(self, caller: Caller) -> None:
        """Raises TooManyRequests, also when the caller has sent too many events already."""
        organization = caller.environment.organization_id
        _count(self._keys, caller.key.sha256, "too many requests with this key")
        _count(self._organizations, organization, "too many requests of this organization")
        _require(self._key_events, caller.key.sha256, "too many events with this key")
        _require(self._organization_events, organization, "too many events of this organization")
        if self._day_events is not None:
            _require(self._day_events, organization, "this organization has sent all its events of this day (UTC)")

    def count_actor(self, actor: Actor) -> None:
        """A person or a program that reads. Raises TooManyRequests."""
        whose = "of one person" if actor.kind == "user" else "with this token"
        _count(self._actors[actor.kind], actor.subject, f"too many reads {whose}")

    def count_events(self, caller: Caller, count: int) -> None:
        """What came in a request that was let in: it is taken whole, the next ones are refused."""
        self._key_events.allowance(caller.key.sha256).take(count)
        self._organization_events.allowance(caller.environment.organization_id).take(count)

    def count_stored(self, caller: Caller, count: int) -> None:
        """Of the day, what was stored: nothing is lost by what was refused or is sent again."""
        if self._day_events is not None:
            self._day_events.allowance(caller.environment.organization_id).take(count)


def _count(limit: RateLimit, name: str | bytes, detail: str) -> None:
    if not limit.allowance(name).take():
        raise limit.refusal(detail)


def _require(limit: RateLimit, name: str | bytes, detail: str) -> None:
    if limit.allowance(name).exhausted:
        raise limit.refusal(detail)
