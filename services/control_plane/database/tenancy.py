"""The tenancy of a transaction: whose rows it sees and writes. Row-level security holds it to that
(`migrations/0039_tenants.sql`), whatever its statements say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from uuid import UUID

APP, ACCOUNTS_ROLE, SYSTEM = "verdict_app", "verdict_accounts", "verdict_system"


@dataclass(frozen=True, slots=True)
class Tenancy:
    """A role of the database, the organizations whose rows it works on, and the person whose own rows."""

    role: str | None
    """None: as the session is logged in."""
    tenants: frozenset[UUID] = frozenset()
    account: UUID | None = None

    def within(self, organizations: Iterable[UUID]) -> Tenancy:
        """With these besides."""
        return replace(self, tenants=self.tenants.union(organizations))

    def beginning(self, session: str | None) -> str:
        """What follows BEGIN in a session that works as `session` otherwise. All of it is LOCAL."""
        said = "" if self.role in (None, session) else f"; SET LOCAL ROLE {self.role}"
        if self.tenants:
            said += f"; {self.naming_tenants()}"
        if self.account is not None:
            said += f"; SET LOCAL verdict.account = '{UUID(int=self.account.int)}'"
        return said

    def naming_tenants(self) -> str:
        listed = ",".join(sorted(str(UUID(int=each.int)) for each in self.tenants))
        return f"SET LOCAL verdict.tenants = '{{{listed}}}'"


NOBODY = Tenancy(APP)
"""For what belongs to no tenant, such as public keys."""
ACCOUNTS = Tenancy(ACCOUNTS_ROLE)
"""Who somebody is, before a tenant is known: people, what they sign in with and what they may, in all organizations;
and of those that it enters, everything."""
EVERY_TENANT = Tenancy(SYSTEM)
"""For work that serves all tenants: the relay, whoever runs the server, what is due in the background."""
OWNER = Tenancy(None)
"""For migrations."""

_present: ContextVar[Tenancy | None] = ContextVar("tenancy", default=None)


class NoTenancy(RuntimeError):
    """A transaction was begun, and nobody has said whose rows it works on."""


def of_tenants(organizations: Iterable[UUID], account: UUID | None = None) -> Tenancy:
    """What belongs to these organizations, and what is this person's own."""
    return Tenancy(APP, frozenset(organizations), account)


def present_tenancy() -> Tenancy:
    """That of whoever is being served. Raises `NoTenancy`."""
    tenancy = _present.get()
    if tenancy is None:
        raise NoTenancy("nobody was identified, so a transaction has to say for which tenants it works")
    return tenancy


def set_present_tenancy(tenancy: Tenancy) -> None:
    """For the rest of the request: who asks has been identified."""
    _present.set(tenancy)


@contextmanager
def nobody_identified() -> Iterator[None]:
    """Begins a request: what was known before it is not known inside, and nothing of it is known after."""
    token = _present.set(None)
    try:
        yield
    finally:
        _present.reset(token)
