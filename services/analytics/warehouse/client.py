"""ClickHouse over HTTP: queries with server-side parameters, inserts by columns, commands for migrations."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DataError, Error
from service_kit.traces import part
from urllib3.exceptions import HTTPError

from analytics.warehouse.errors import (
    RowsRefused,
    TablesMissing,
    WarehouseError,
    WarehouseUnavailable,
    insert_error,
    query_error,
)
from analytics.warehouse.placement import placed
from analytics.warehouse.refusals import Refusal
from analytics.warehouse.sessions import Session, answers
from analytics.warehouse.settings import WarehouseSettings

Row = dict[str, Any]
Columns = Mapping[str, tuple[str, Sequence[Any]]]
"""Column name to (ClickHouse type, values); all columns have the same length."""

_INSERT_SETTINGS = {
    "async_insert": 0,
    "wait_end_of_query": 1,
    "insert_deduplicate": 1,
    # A repeat that the table knows still reaches the aggregates that a crash kept from them.
    "deduplicate_blocks_in_dependent_materialized_views": 1,
}
_QUERY_SETTINGS = {
    # Filters are long: some fifty comparisons of a metric, and the metrics of an experiment in one query.
    "max_query_size": 16 * 1024 * 1024,
    "max_ast_elements": 2_000_000,
    "max_expanded_ast_elements": 5_000_000,
}
_ATTRIBUTES = {"db.system.name": "clickhouse"}
_TEXT_MAX = 300
_SILENCE_SECONDS = 3.0
AnswerT = TypeVar("AnswerT")


class Warehouse:
    """A call that gets no answer for a while is given up when the server says nothing on another connection either: it
    was stored or not, and is safe to repeat."""

    def __init__(self, settings: WarehouseSettings) -> None:
        self.settings = settings
        self._session = Session(settings)
        self.migrated = False
        self.refusal: Refusal | None = None
        """Why nothing can be said of what is stored, set by the tables' upkeep."""
        self.tables_missed = asyncio.Event()
        """Set when a table was not there."""

    async def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        """The answer's rows as dicts. `{name:Type}` in the text stands for a parameter, bound by the server."""
        with part("SELECT", attributes=_ATTRIBUTES):
            return await self._run(partial(self._rows, self.placed(sql), dict(parameters)), query_error)

    async def stream(
        self, sql: str, parameters: Mapping[str, Any], consume: Callable[[Iterator[Any]], AnswerT]
    ) -> AnswerT:
        """What `consume` makes, in a thread, of the answer as it comes: Arrow's record batches. A cancelled call ends
        its query at the server."""
        mark, left, text = str(uuid.uuid4()), threading.Event(), self.placed(sql)

        def work(client: Client) -> AnswerT:
            if left.is_set():
                raise WarehouseUnavailable("nobody waits for the answer any more")
            # The driver gives queries ids of its own.
            settings = {**_QUERY_SETTINGS, "log_comment": mark}
            with client.query_arrow_stream(text, dict(parameters), settings, use_strings=True) as blocks:
                return consume(blocks)

        try:
            return await self._run(work, query_error)
        except asyncio.CancelledError:
            left.set()
            with suppress(WarehouseError):
                await self.command(f"KILL QUERY WHERE Settings['log_comment'] = '{mark}' ASYNC")
            raise

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Runs a statement without an answer (DDL, deletions)."""
        text, given = self.placed(sql), dict(parameters or {})
        await self._run(lambda client: client.command(text, given), query_error)

    def placed(self, sql: str) -> str:
        """The statement as ClickHouse is told it: for where the rows it speaks of live."""
        return placed(sql, self.settings)

    async def insert(self, table: str, columns: Columns, *, token: str = "") -> None:
        """Inserts by columns and returns when the rows are stored. Repeats with the same token add nothing.

        RowsRefused: the rows are at fault. WarehouseUnavailable: try the same block again.
        """
        with part(f"INSERT INTO {table}", attributes=_ATTRIBUTES):
            await self._run(partial(self._insert, table, columns, token), insert_error)

    def of_own_tables(self) -> Warehouse:
        """One whose statements speak of the tables of the rows themselves; with shards another one, to be closed."""
        return type(self)(replace(self.settings, shards=1)) if self.settings.sharded else self

    async def create_database(self) -> None:
        """Creates the settings' databases (on each node of the cluster) unless they are there."""
        on_cluster = f" ON CLUSTER {self.settings.cluster}" if self.settings.cluster else ""
        for name in dict.fromkeys((self.settings.database, self.settings.asked_database)):
            sql = f"CREATE DATABASE IF NOT EXISTS {name}{on_cluster}"
            await self._answered(self._session.begin_without_database(sql), query_error)

    async def ping(self) -> str | None:
        """None if it answers and has its tables, else a sentence (a health check)."""
        if not self.migrated:
            return "the tables have not been made or checked yet"
        try:
            await self.rows("SELECT 1", {})
        except WarehouseUnavailable as error:
            return error.refusal.sentence
        except WarehouseError as error:
            return f"ClickHouse does not answer: {type(error).__name__}"
        return self.refusal.sentence if self.refusal is not None else None

    async def close(self) -> None:
        await self._session.close()

    async def _run(
        self, work: Callable[[Client], AnswerT], as_error: Callable[[int | None, str], WarehouseError]
    ) -> AnswerT:
        return await self._answered(self._session.begin(work), as_error)

    async def _answered(
        self, begun: asyncio.Task[AnswerT], as_error: Callable[[int | None, str], WarehouseError]
    ) -> AnswerT:
        session = self._session
        try:
            while not begun.done():
                await asyncio.wait({begun}, timeout=_SILENCE_SECONDS)
                if not begun.done() and not await answers(self.settings):
                    self._give_up(session)
                    raise WarehouseUnavailable("no answer, and none on another connection")
            if begun.cancelled():
                raise WarehouseUnavailable("no answer: another call found the server silent")
            return begun.result()
        except DataError as error:
            raise RowsRefused(_first_line(error)) from error
        except Error as error:
            told = as_error(error.code, _first_line(error))
            if isinstance(told, TablesMissing):
                self.tables_missed.set()
            raise told from error
        except (HTTPError, OSError) as error:
            raise WarehouseUnavailable(f"no answer: {type(error).__name__}") from error
        finally:
            begun.cancel()

    def _give_up(self, session: Session) -> None:
        if self._session is session:
            session.abandon()
            self._session = Session(self.settings)

    @staticmethod
    def _rows(sql: str, parameters: dict[str, Any], client: Client) -> list[Row]:
        result = client.query(sql, parameters=parameters, settings=_QUERY_SETTINGS)
        return [dict(zip(result.column_names, row, strict=True)) for row in result.result_rows]

    @staticmethod
    def _insert(table: str, columns: Columns, token: str, client: Client) -> None:
        settings: dict[str, Any] = dict(_INSERT_SETTINGS)
        if token:
            settings["insert_deduplication_token"] = token
        client.insert(
            table,
            [values for _, values in columns.values()],
            column_names=list(columns),
            column_type_names=[kind for kind, _ in columns.values()],
            column_oriented=True,
            settings=settings,
        )


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0][:_TEXT_MAX] if text else type(error).__name__
