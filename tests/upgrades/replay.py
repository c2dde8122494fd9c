"""Says a recording to another database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from asyncpg import PostgresError
from control_plane.database import Connection

from tests.upgrades.recorder import statement
from tests.upgrades.recording import Statement


class Incompatible(AssertionError):
    """The version that was recorded can't work on this database."""


class Replay:
    """Knows which ids of the recording became which ones here: the database makes some of them itself."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ids: dict[UUID, UUID] = {}
        self._texts: dict[str, str] = {}

    async def say(self, statements: Iterable[Statement]) -> None:
        """Raises `Incompatible` for a statement that fails, or gives other columns or another number of rows."""
        for each in statements:
            arguments = tuple(self._here(argument) for argument in each.arguments)
            try:
                result = await getattr(self._connection, each.method)(each.sql, *arguments)
            except PostgresError as error:
                raise Incompatible(f"{type(error).__name__}: {error}\n{each.sql}") from error
            found = statement(each.method, each.sql, arguments, result)
            if (found.columns, found.rows) != (each.columns, each.rows):
                came, expected = (f"{one.rows} rows of {one.columns}" for one in (found, each))
                raise Incompatible(f"{came}, not {expected}\n{each.sql}")
            if "RETURNING" in each.sql:
                self._learn(each, found)

    def _learn(self, there: Statement, here: Statement) -> None:
        """Ids first come back from the statement that makes them, alone; later lists may be in another order."""
        for old, new in zip(there.ids, here.ids, strict=True):
            self._ids.setdefault(old, new)
            self._texts.setdefault(str(old), str(new))

    def _here(self, value: Any) -> Any:
        if isinstance(value, UUID):
            return self._ids.get(value, value)
        if isinstance(value, str):
            return self._texts.get(value, value)
        if isinstance(value, list):
            return [self._here(each) for each in value]
        if isinstance(value, dict):
            return {key: self._here(each) for key, each in value.items()}
        return value
