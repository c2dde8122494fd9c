"""Listens to the connections of the control plane's pool while it works."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from unittest.mock import patch

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from tests.upgrades.recording import Statement, ids_in

_METHODS = ("execute", "executemany", "fetch", "fetchrow", "fetchval")


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """What is said while the block runs, transactions' ends included."""
    said: list[Statement] = []
    with contextmanager(_patched)(said):
        yield said


def _patched(said: list[Statement]) -> Iterator[None]:
    replacements: dict[str, Any] = {name: _listening(name, said) for name in _METHODS}
    plain = PoolConnectionProxy.transaction

    @asynccontextmanager
    async def transaction(self: Any, **options: Any) -> AsyncIterator[None]:
        said.append(Statement("execute", "BEGIN"))
        try:
            async with plain(self, **options):
                yield
        except BaseException:
            said.append(Statement("execute", "ROLLBACK"))
            raise
        said.append(Statement("execute", "COMMIT"))

    with patch.multiple(PoolConnectionProxy, transaction=transaction, **replacements):
        yield


def _listening(name: str, said: list[Statement]) -> Any:
    plain = getattr(PoolConnectionProxy, name)

    async def listening(self: Any, sql: str, *arguments: Any, **options: Any) -> Any:
        result = await plain(self, sql, *arguments, **options)
        said.append(statement(name, sql, arguments, result))
        return result

    return listening


def statement(method: str, sql: str, arguments: tuple[Any, ...], result: Any) -> Statement:
    """A statement and what came back, as a recording keeps it."""
    if method == "execute":
        # The command's tag, such as `UPDATE 3`.
        _, _, affected = str(result).rpartition(" ")
        return Statement(method, sql, arguments, rows=int(affected) if affected.isdigit() else 0)
    rows = result if isinstance(result, list) else [] if result is None else [result]
    records = [dict(each) for each in rows if isinstance(each, asyncpg.Record)]
    columns = tuple(records[0]) if records else ()
    ids = tuple(ids_in(records or rows))
    return Statement(method, sql, arguments, columns, len(rows), ids)
