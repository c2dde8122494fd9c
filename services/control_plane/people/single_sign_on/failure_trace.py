"""The trace of sign-ins by an identity provider that failed: an audit entry at most once a minute for each provider and
reason, with how many there were since the last one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from service_kit.clock import Clock

from control_plane.access.actor import Actor
from control_plane.changes import Change, record
from control_plane.database import Database, of_tenants
from control_plane.people.single_sign_on.errors import SignInFailed
from control_plane.people.single_sign_on.models import IdentityProvider

_ENTRY_EVERY_SECONDS = 60.0


@dataclass(slots=True)
class _Failures:
    provider: IdentityProvider
    detail: str
    count: int = 0


class FailureTrace:
    """Written beside the requests."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: dict[tuple[UUID, str], _Failures] = {}
        self._written: dict[tuple[UUID, str], float] = {}

    def failed(self, provider: IdentityProvider, error: SignInFailed) -> None:
        waiting = self._waiting.setdefault((provider.id, error.code), _Failures(provider, error.detail))
        waiting.count += 1
        waiting.detail = error.detail or waiting.detail

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
        failures = self._waiting.pop(key)
        change = Change(
            organization_id=failures.provider.organization_id,
            project_id=None,
            entity="identity_provider",
            entity_key=str(failures.provider.id),
            action="fail_sign_in",
            actor=Actor(kind="system", id=UUID(int=0), name="sign-in"),
            after={"code": key[1], "detail": failures.detail, "attempts": failures.count},
        )
        try:
            async with self._database.transaction(tenancy=of_tenants([change.organization_id])) as tx:
                await record(tx, change)
        except BaseException:
            self._waiting.setdefault(key, _Failures(failures.provider, failures.detail)).count += failures.count
            raise
