"""ClickHouse over HTTP: queries with server-side parameters, inserts by columns, commands for migrations."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DataError, Error
from urllib3.exceptions import HTTPError

from analytics.warehouse.errors import RowsRefused, WarehouseError, WarehouseUnavailable, insert_error, query_error
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
_TEXT_MAX = 300
AnswerT = TypeVar("AnswerT")


class Warehouse:
    """One pool of connections. The driver blocks, so every call runs in a thread of a small pool of its own."""

    def __init__(self, settings: WarehouseSettings) -> None:
        self.settings = settings
        self._threads = ThreadPoolExecutor(settings.connections_max, thread_name_prefix="clickhouse")
        self._lock = threading.Lock()
        self._client: Client | None = None
        self.migrated = False

    async def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        """The answer's rows as dicts. `{name:Type}` in the text stands for a parameter, bound by the server."""
        return await self._run(partial(self._rows, sql, dict(parameters)), query_error)

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Runs a statement without an answer (DDL, deletions)."""
        await self._run(lambda: self._connected().command(sql, dict(parameters or {})), query_error)

    async def insert(self, table: str, columns: Columns, *, token: str = "") -> None:
        """Inserts by columns and returns when the rows are stored. Repeats with the same token add nothing.

        RowsRefused: the rows are at fault. WarehouseUnavailable: try the same block again.
        """
        await self._run(partial(self._insert, table, columns, token), insert_error)

    async def create_database(self) -> None:
        """Creates the settings' database (on each node of the cluster) unless it is there."""
        on_cluster = f" ON CLUSTER {self.settings.cluster}" if self.settings.cluster else ""
        await self._run(
            lambda: self._without_database(f"CREATE DATABASE IF NOT EXISTS {self.settings.database}{on_cluster}"),
            query_error,
        )

    async def ping(self) -> str | None:
        """None if it answers and has its tables, else a sentence (a health check)."""
        if not self.migrated:
            return "the tables have not been made or checked yet"
        try:
            await self.rows("SELECT 1", {})
        except WarehouseError as error:
            return f"ClickHouse does not answer: {type(error).__name__}"
        return None

    async def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            await asyncio.get_running_loop().run_in_executor(self._threads, client.close)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], AnswerT], as_error: Callable[[int | None, str], WarehouseError]) -> AnswerT:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except DataError as error:
            raise RowsRefused(_first_line(error)) from error
        except Error as error:
            raise as_error(error.code, _first_line(error)) from error
        except (HTTPError, OSError) as error:
            raise WarehouseUnavailable(f"no answer: {type(error).__name__}") from error

    def _rows(self, sql: str, parameters: dict[str, Any]) -> list[Row]:
        result = self._connected().query(sql, parameters=parameters)
        return [dict(zip(result.column_names, row, strict=True)) for row in result.result_rows]

    def _insert(self, table: str, columns: Columns, token: str) -> None:
        settings: dict[str, Any] = dict(_INSERT_SETTINGS)
        if token:
            settings["insert_deduplication_token"] = token
        self._connected().insert(
            table,
            [values for _, values in columns.values()],
            column_names=list(columns),
            column_type_names=[kind for kind, _ in columns.values()],
            column_oriented=True,
            settings=settings,
        )

    def _connected(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = self._connect(self.settings.database)
            return self._client

    def _connect(self, database: str | None) -> Client:
        settings = self.settings
        return clickhouse_connect.get_client(
            **settings.connection(),  # type: ignore[arg-type]
            database=database,
            autogenerate_session_id=False,
            compress="lz4",
            connect_timeout=5,
            send_receive_timeout=settings.query_seconds_max + 10,
            settings={
                "max_execution_time": settings.query_seconds_max,
                "max_memory_usage": settings.query_memory_bytes_max,
                "async_insert": 0,
                # Joins of millions of units sort instead of holding one side in memory, and large states go to disk.
                "join_algorithm": "full_sorting_merge",
                "max_bytes_before_external_sort": settings.query_memory_bytes_max // 2,
                "max_bytes_before_external_group_by": settings.query_memory_bytes_max // 2,
            },
        )

    def _without_database(self, sql: str) -> None:
        client = self._connect(None)
        try:
            client.command(sql)
        finally:
            client.close()


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0][:_TEXT_MAX] if text else type(error).__name__
