"""Turns of heavy requests: each organization and each person has few at a time, and none waits behind another's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from service_kit.problems import TooManyRequests
from service_kit.shared_turns import Crowded, SharedTurns


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLimits:
    """How many questions are answered at once, in all, of an organization and of a person; how many of an
    organization may wait, and for how long."""

    at_once: int = 6
    per_organization: int = 2
    per_person: int = 2
    waiting_per_organization: int = 8
    waiting_seconds: float = 10.0


class Turns:
    """Who may ask now. Organizations take turns one after another, the questions of one in the order they came."""

    def __init__(self, limits: TurnLimits) -> None:
        self._seconds = limits.waiting_seconds
        self._turns = SharedTurns(
            limits.at_once,
            per_name=limits.per_organization,
            per_part=limits.per_person,
            waiting_max=limits.waiting_per_organization,
        )

    @asynccontextmanager
    async def turn(self, organization_id: str, person: str) -> AsyncIterator[None]:
        """Raises TooManyRequests when too many of the organization wait already, or when none ends in time."""
        try:
            await self._turns.begin(organization_id, person, seconds=self._seconds)
        except (Crowded, TimeoutError):
            raise _refusal() from None
        try:
            yield
        finally:
            self._turns.end(organization_id, person)


def _refusal() -> TooManyRequests:
    return TooManyRequests(
        "too many of your organization's questions are being answered; ask again later",
        limit="heavy_requests_per_organization",
        retry_after_seconds=5,
    )
