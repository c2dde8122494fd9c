"""The trace of sign-ins that failed or were refused: an audit entry at most once a minute for each account, with all
attempts since the last one. Written beside the requests, so that an answer takes as long for nobody as for somebody."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
from service_kit.clock import Clock

from control_plane.access import repository
from control_plane.access.actor import Actor
from control_plane.changes import Change, record
from control_plane.database import ACCOUNTS, Database

_ENTRY_EVERY_SECONDS = 60.0
_NETWORKS_SHOWN_MAX = 10
_ANYBODY = Actor(kind="system", id=UUID(int=0), name="sign-in")


@dataclass(slots=True)
class _Attempts:
    email: str
    networks: Counter[str] = field(default_factory=Counter)
    elsewhere: int = 0
    """From networks beyond those that are shown."""

    def add(self, network: str) -> None:
        if network in self.networks or len(self.networks) < _NETWORKS_SHOWN_MAX:
            self.networks[network] += 1
        else:
            self.elsewhere += 1


class SignInTrace:
    """Attempts on accounts that exist; of others there is no organization to tell."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: dict[tuple[UUID, str], _Attempts] = {}
        self._written: dict[tuple[UUID, str], float] = {}

    def failed(self, person: asyncpg.Record | None, network: str) -> None:
        self._add(person, "fail_sign_in", network)

    def refused(self, person: asyncpg.Record | None, network: str) -> None:
        self._add(person, "refuse_sign_in", network)

    def _add(self, person: asyncpg.Record | None, action: str, network: str) -> None:
        if person is not None:
            self._waiting.setdefault((person["id"], action), _Attempts(person["email"])).add(network)

    async def write(self) -> None:
        """What is due. Raises `Unavailable`; then it is written another time."""
        now = self._clock.monotonic()
        self._written = {key: at for key, at in self._written.items() if now - at < _ENTRY_EVERY_SECONDS}
        for key in [each for each in self._waiting if each not in self._written]:
            await self._write(key)
            self._written[key] = now

    async def write_all(self) -> None:
        """Before the process ends."""
        for key in list(self._waiting):
            await self._write(key)

    async def _write(self, key: tuple[UUID, str]) -> None:
        user_id, action = key
        attempts = self._waiting.pop(key)
        after = {"networks": dict(attempts.networks), "elsewhere": attempts.elsewhere}
        try:
            async with self._database.transaction(tenancy=ACCOUNTS) as tx:
                for organization_id in await repository.organization_ids(tx, user_id):
                    change = Change(
                        organization_id=organization_id,
                        project_id=None,
                        entity="user",
                        entity_key=attempts.email,
                        action=action,
                        actor=_ANYBODY,
                        after=after,
                    )
                    await record(tx, change)
        except BaseException:
            later = self._waiting.setdefault(key, attempts)
            if later is not attempts:
                later.networks.update(attempts.networks)
                later.elsewhere += attempts.elsewhere
            raise
