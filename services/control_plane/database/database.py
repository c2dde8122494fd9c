"""The database as the control plane's features work with it: one request or one message is one transaction, which
reaches the rows of the tenants that it works for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from service_kit.clock import Clock

from control_plane.database.connections import Connection, Isolation
from control_plane.database.migrate import migrate
from control_plane.database.patience import Connections, Patience
from control_plane.database.server import Server
from control_plane.database.tenancy import (
    ACCOUNTS,
    APP,
    EVERY_TENANT,
    OWNER,
    SYSTEM,
    NoTenancy,
    Tenancy,
    present_tenancy,
)

_OWN_TENANCY = {APP: None, SYSTEM: EVERY_TENANT, None: OWNER}


class Database:
    """Hands out transactions. What the server can't do now raises `Unavailable`, see `Server`.

    Connections of requests have no tenancy of their own: a transaction has that of whoever was identified, or says one.
    """

    def __init__(
        self, url: str, clock: Clock, connections: Connections = Connections(), patience: Patience = Patience()
    ) -> None:
        self._server = Server(url, clock, connections, patience)
        self._tenancy: Tenancy | None = _OWN_TENANCY[connections.role]

    @classmethod
    async def connect(cls, url: str, clock: Clock, *, pool_size: int = 10, wait_seconds: float = 30.0) -> Database:
        """A database that is open, to its owner: whatever is asked of it reaches all rows."""
        database = cls(url, clock, Connections(most=pool_size))
        await database.open(wait_seconds)
        return database

    def for_requests(self) -> Database:
        """The same connections without a tenancy of their own."""
        other = object.__new__(Database)
        other._server, other._tenancy = self._server, None
        return other

    async def open(self, wait_seconds: float = 30.0) -> None:
        """Opens the pools, trying for `wait_seconds` while the server is not there yet."""
        await self._server.open(wait_seconds)

    async def keep_opening(self, prepare: Callable[[Connection], Awaitable[None]]) -> None:
        """Opens the pools for others once `prepare` has done its part, trying for ever."""
        await self._server.keep_opening(prepare)

    async def close(self) -> None:
        """Returns when all connections are closed, by force after five seconds."""
        await self._server.close()

    @property
    def in_use(self) -> int:
        """How many connections work at this moment."""
        return self._server.in_use

    @asynccontextmanager
    async def transaction(
        self, isolation: Isolation = "read_committed", *, seconds: float | None = None, tenancy: Tenancy | None = None
    ) -> AsyncIterator[Connection]:
        """A transaction: committed at the end of the block, rolled back when it raises.

        Raises `NoTenancy` where nobody was identified and nothing was said."""
        tenancy = tenancy or self._tenancy or present_tenancy()
        async with self._server.connection(tenancy, seconds) as connection, connection.transaction(isolation):
            yield connection

    def connection(self, seconds: float | None = None) -> AbstractAsyncContextManager[Connection]:
        """A connection outside of a transaction, for `seconds` at most. Raises `NoTenancy` for those of requests."""
        if self._tenancy is None:
            raise NoTenancy("outside of a transaction no tenant is set: use `transaction`, or `accounts`")
        return self._server.connection(self._tenancy, seconds)

    def accounts(self, seconds: float | None = None) -> AbstractAsyncContextManager[Connection]:
        """A connection for single statements of the tenancy `ACCOUNTS`: who somebody is costs one round trip."""
        return self._server.account_connection(ACCOUNTS, seconds)

    async def migrate(self, wait_seconds: float = 0.0) -> list[str]:
        """Applies the migrations that are missing, as the role of the login; answers their names. Waits so long for the
        server to be there."""
        async with self._server.logged_in(wait_seconds) as connection:
            return await migrate(connection)

    async def check(self) -> str | None:
        """For readiness: None, or what is wrong."""
        return await self._server.check()

    async def check_tenants(self) -> str | None:
        """For readiness: None, or where row-level security does not hold."""
        return await self._server.check_tenants()

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Calls `heard` for each notification, and after each reconnection, until it is cancelled."""
        await self._server.listen(channel, heard)
