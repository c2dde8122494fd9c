"""The HTTP front speaks ClickHouse's interface: to clickhouse-connect (both clients) and to plain HTTP."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import http.client
import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import clickhouse_connect
import httpx
import lz4.frame
import pytest
from backports import zstd
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError

from devstack.parts import ClickHouse


@pytest.fixture
def client(clickhouse_server: ClickHouse, clickhouse_database: str) -> Iterator[Client]:
    client = clickhouse_connect.get_client(
        host="127.0.0.1", port=clickhouse_server.port, database=clickhouse_database, tz_mode="aware"
    )
    yield client
    client.close()


def ask(
    server: ClickHouse, body: bytes, headers: dict[str, str] | None = None, method: str = "POST", **fields: Any
) -> tuple[int, dict[str, str], bytes]:
    """One plain HTTP request: status, headers, body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, "/?" + urlencode(fields), body=body, headers=headers or {})
    response = connection.getresponse()
    answer = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return answer


TYPES: dict[str, tuple[str, list[Any]]] = {
    "unsigned": ("UInt64", [0, 2**64 - 1]),
    "signed": ("Int32", [-(2**31), 7]),
    "float": ("Float64", [0.1, -1e300]),
    "decimal": ("Decimal(18, 4)", [Decimal("1.2345"), Decimal("-0.0001")]),
    "boolean": ("Bool", [True, False]),
    "text": ("String", ["", "a\n\nb\t'\\ ü \N{SNAKE}"]),
    "low_cardinality": ("LowCardinality(String)", ["x", "x"]),
    "nullable": ("Nullable(String)", [None, ""]),
    "fixed": ("FixedString(3)", [b"abc", b"\x00\x01\n"]),
    "uuid": ("UUID", [uuid.UUID(int=1), uuid.UUID(int=2**127)]),
    "date": ("Date", [dt.date(2026, 1, 5), dt.date(1970, 1, 1)]),
    "time": ("DateTime64(3, 'UTC')", [dt.datetime(2026, 1, 5, 1, 2, 3, 456000, dt.UTC)] * 2),
    "array": ("Array(String)", [[], ["a", "b"]]),
    "map": ("Map(String, UInt64)", [{}, {"a": 1}]),
    "enum": ("Enum8('a' = 1, 'b' = 2)", ["a", "b"]),
}


@pytest.mark.parametrize("name", TYPES)
def test_a_type_comes_back_as_it_went_in(client: Client, name: str) -> None:
    kind, values = TYPES[name]
    client.command(f"CREATE TABLE t (n UInt8, v {kind}) ENGINE = MergeTree ORDER BY n")
    client.insert("t", [[0, values[0]], [1, values[1]]], column_names=["n", "v"])
    assert [row[0] for row in client.query("SELECT v FROM t ORDER BY n").result_rows] == values


def test_parameters_reach_the_engine_as_parameters(client: Client) -> None:
    hostile = "'; DROP TABLE t; -- \\ \t\n{x:String}"
    answer = client.query(
        "SELECT {x:String}, {y:Array(UInt32)}, {z:Nullable(String)}, {d:Date}",
        parameters={"x": hostile, "y": [1, 2], "z": None, "d": dt.date(2026, 1, 5)},
    )
    assert answer.result_rows == [(hostile, [1, 2], None, dt.date(2026, 1, 5))]


def test_parameters_too_long_for_an_address_come_as_a_form(client: Client) -> None:
    long = "ü" * 100_000
    assert client.query("SELECT length({x:String})", parameters={"x": long}).result_rows == [(200_000,)]


def test_a_result_without_rows_has_its_columns(client: Client) -> None:
    client.command("CREATE TABLE t (n UInt8, v Array(Nullable(String))) ENGINE = MergeTree ORDER BY n")
    answer = client.query("SELECT n, v, {p:UInt8} AS p FROM t WHERE n > {p:UInt8}", parameters={"p": 3})
    assert answer.result_rows == []
    assert answer.column_names == ("n", "v", "p")
    assert [kind.name for kind in answer.column_types] == ["UInt8", "Array(Nullable(String))", "UInt8"]


def test_settings_hold_for_one_request_alone(client: Client) -> None:
    query = "SELECT getSetting('max_threads')"
    before = client.command(query)
    assert client.command(query, settings={"max_threads": 1}) == 1
    assert client.command(query) == before


def test_an_insert_reports_what_it_wrote_and_takes_settings(client: Client) -> None:
    client.command(
        "CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100"
    )
    settings = {"insert_deduplication_token": "batch-1", "async_insert": 0}
    first = client.insert("t", [[1], [2]], column_names=["n"], settings=settings)
    client.insert("t", [[1], [2]], column_names=["n"], settings=settings)
    assert first.written_rows == 2
    assert client.command("SELECT count() FROM t") == 2


def test_an_insert_refused_at_its_last_row_is_an_error_and_stores_nothing(
    clickhouse_server: ClickHouse, clickhouse_database: str
) -> None:
    place: dict[str, Any] = {"database": clickhouse_database}
    columns = b"n UInt32, CONSTRAINT low CHECK n < 9"
    ask(clickhouse_server, b"CREATE TABLE t (%s) ENGINE = MergeTree ORDER BY n" % columns, **place)
    ask(clickhouse_server, b"INSERT INTO t FORMAT CSV\n1\n2\n", **place)
    native = ask(clickhouse_server, b"SELECT n FROM t FORMAT Native", **place)[2]
    for rows, code in (
        (b"FORMAT CSV\n3\n4\nfive\n", "117"),
        (b"FORMAT CSV\n3\n4\n10\n", "469"),
        (b"FORMAT Native\n" + native[:-2], "33"),
    ):
        status, headers, _ = ask(clickhouse_server, b"INSERT INTO t SETTINGS async_insert = 0 " + rows, **place)
        assert (status != 200, headers.get("x-clickhouse-exception-code")) == (True, code)
    assert ask(clickhouse_server, b"SELECT count() FROM t", **place)[2] == b"2\n"


@pytest.mark.parametrize("compression", ["lz4", "zstd", "gzip", False])
def test_every_compression_of_the_client_works(
    clickhouse_server: ClickHouse, clickhouse_database: str, compression: str | bool
) -> None:
    client = clickhouse_connect.get_client(
        host="127.0.0.1", port=clickhouse_server.port, database=clickhouse_database, compress=compression
    )
    client.command("CREATE TABLE t (n UInt32, v String) ENGINE = MergeTree ORDER BY n")
    # Row 2570 is 0x0A0A: two newlines in the binary block, which end the data of an insert in a plain statement.
    client.insert("t", [[n, f"row {n}"] for n in range(100_000)], column_names=["n", "v"])
    assert client.query("SELECT count(), sum(n), uniqExact(v) FROM t").result_rows == [
        (100_000, 4_999_950_000, 100_000)
    ]
    client.close()


def test_rows_stream_in_blocks(client: Client) -> None:
    with client.query_row_block_stream("SELECT number FROM numbers(300000)") as blocks:
        sizes = [len(block) for block in blocks]
    assert sum(sizes) == 300_000
    assert len(sizes) > 1


def test_an_error_after_the_first_rows_reaches_the_client(client: Client) -> None:
    # Ten rows every tenth of a second: many are on their way before the last block fails.
    query = "SELECT sleepEachRow(0.01), throwIf(number=150) FROM numbers(200) SETTINGS max_block_size=10, max_threads=1"
    with pytest.raises(StreamFailureError, match="FUNCTION_THROW_IF"), client.query_rows_stream(query) as rows:
        for _ in rows:
            pass


@pytest.mark.parametrize(
    ("statement", "status", "code"),
    [
        ("SELECT * FROM nowhere", 404, "60"),
        ("SELECT nothing", 404, "47"),
        ("SELEC 1", 400, "62"),
        ("", 400, "62"),
        ("SELECT throwIf(1)", 500, "395"),
        ("INSERT INTO nowhere FORMAT CSV\n1", 404, "60"),
        ("INSERT INTO nowhere VALUES (1)", 404, "60"),
    ],
)
def test_errors_carry_clickhouse_s_code(clickhouse_server: ClickHouse, statement: str, status: int, code: str) -> None:
    answer, headers, body = ask(clickhouse_server, statement.encode())
    assert answer == status
    assert headers["x-clickhouse-exception-code"] == code
    assert body.startswith(f"Code: {code}. DB::Exception: ".encode())


def test_an_unknown_setting_or_database_is_refused(clickhouse_server: ClickHouse) -> None:
    assert ask(clickhouse_server, b"SELECT 1", no_such_setting="1")[1]["x-clickhouse-exception-code"] == "115"
    odd: dict[str, Any] = {"bad name": "1"}
    assert ask(clickhouse_server, b"SELECT 1", **odd)[1]["x-clickhouse-exception-code"] == "115"
    assert ask(clickhouse_server, b"SELECT 1", database="nowhere")[1]["x-clickhouse-exception-code"] == "81"


def test_the_client_raises_the_engine_s_error(client: Client) -> None:
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE"):
        client.query("SELECT * FROM nowhere")


def test_plain_http_works_like_curl(clickhouse_server: ClickHouse, clickhouse_database: str) -> None:
    database = clickhouse_database
    assert (
        ask(clickhouse_server, b"", method="GET", query="SELECT 1 AS a", default_format="JSONEachRow")[2]
        == b'{"a":1}\n'
    )
    assert ask(clickhouse_server, b"CREATE TABLE t (n UInt8, v String) ENGINE = Memory", database=database)[0] == 200
    rows = b'{"n": 1, "v": "a"}\n\n{"n": 2, "v": "b"}\n'
    status, headers, _ = ask(clickhouse_server, rows, database=database, query="INSERT INTO t FORMAT JSONEachRow")
    assert (status, json.loads(headers["x-clickhouse-summary"])["written_rows"]) == (200, "2")
    assert ask(clickhouse_server, b"INSERT INTO t (n, v) FORMAT CSV\n3,c\n4,d\n", database=database)[0] == 200
    assert ask(clickhouse_server, b"INSERT INTO t SELECT 5, 'e'", database=database)[0] == 200
    assert ask(clickhouse_server, b"(6, 'f')", database=database, query="INSERT INTO t VALUES")[0] == 200
    status, headers, body = ask(
        clickhouse_server, b"SELECT groupArray(v) FROM (SELECT v FROM t ORDER BY n)", database=database
    )
    assert body == b"['a','b','c','d','e','f']\n"
    assert headers["x-clickhouse-format"] == "TabSeparated"


def test_get_may_not_write(clickhouse_server: ClickHouse) -> None:
    status, headers, _ = ask(clickhouse_server, b"", method="GET", query="CREATE DATABASE not_by_get")
    assert (status, headers["x-clickhouse-exception-code"]) == (403, "164")


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("zstd", zstd.compress), ("lz4", lz4.frame.compress)]
)
def test_compressed_bodies(clickhouse_server: ClickHouse, encoding: str, compress: Any) -> None:
    body = compress(b"SELECT 42")
    assert ask(clickhouse_server, body, {"Content-Encoding": encoding})[2] == b"42\n"
    status, headers, _ = ask(clickhouse_server, b"\x00 not compressed", {"Content-Encoding": encoding})
    assert (status, headers["x-clickhouse-exception-code"]) == (500, "271")


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("zstd", zstd.compress), ("lz4", lz4.frame.compress)]
)
def test_a_body_of_many_frames_is_one_body_and_half_a_frame_is_none(
    clickhouse_server: ClickHouse, clickhouse_database: str, encoding: str, compress: Any
) -> None:
    database = clickhouse_database
    ask(clickhouse_server, b"CREATE TABLE t (n UInt32) ENGINE = Memory", database=database)
    lines = [b"".join(b"%d\n" % n for n in range(start, start + 5_000)) for start in range(0, 200_000, 5_000)]
    body = compress(b"INSERT INTO t FORMAT CSV\n") + b"".join(map(compress, lines))
    headers = {"Content-Encoding": encoding}
    assert ask(clickhouse_server, body, headers, database=database)[0] == 200
    assert ask(clickhouse_server, b"SELECT count(), sum(n) FROM t", database=database)[2] == b"200000\t19999900000\n"
    status, answer, _ = ask(clickhouse_server, body[:-20], headers, database=database)
    assert (status, answer["x-clickhouse-exception-code"]) == (500, "271")


def test_an_unknown_encoding_is_refused(clickhouse_server: ClickHouse) -> None:
    assert ask(clickhouse_server, b"SELECT 1", {"Content-Encoding": "snappy"})[0] == 501


def test_ping_and_the_headers_of_http_alone(clickhouse_server: ClickHouse) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", clickhouse_server.port, timeout=10)
    connection.request("GET", "/ping")
    assert connection.getresponse().read() == b"Ok.\n"
    fields = "session_id=a&wait_end_of_query=1&quota_key=k&query_id=mine&http_headers_progress_interval_ms=500"
    connection.request("POST", f"/?{fields}&query={quote('SELECT 1')}")
    response = connection.getresponse()
    assert (response.read(), response.headers["X-ClickHouse-Query-Id"]) == (b"1\n", "mine")
    connection.close()


def test_many_threads_insert_and_ask_at_once(clickhouse_server: ClickHouse, client: Client) -> None:
    client.command("CREATE TABLE t (thread UInt8, n UInt32) ENGINE = MergeTree ORDER BY (thread, n)")

    def work(thread: int) -> int:
        own = clickhouse_connect.get_client(
            host="127.0.0.1", port=clickhouse_server.port, database=str(client.database)
        )
        for batch in range(10):
            rows = [[thread, batch * 100 + n] for n in range(100)]
            own.insert("t", rows, column_names=["thread", "n"])
            assert own.command(f"SELECT count() FROM t WHERE thread = {thread}") == (batch + 1) * 100
        own.close()
        return thread

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(work, range(8))) == list(range(8))
    assert client.query("SELECT count(), uniqExact(thread, n) FROM t").result_rows == [(8_000, 8_000)]


async def test_asynchronous_clients_are_served_side_by_side(
    clickhouse_server: ClickHouse, clickhouse_database: str
) -> None:
    fields = {"database": clickhouse_database}
    async with httpx.AsyncClient(base_url=clickhouse_server.url, params=fields, timeout=30) as client:
        await client.post("/", content=b"CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n")
        inserts = [client.post("/", content=b"INSERT INTO t FORMAT CSV\n" + b"%d\n" % n * 10) for n in range(40)]
        assert {answer.status_code for answer in await asyncio.gather(*inserts)} == {200}
        queries = [client.post("/", content=b"SELECT count() FROM t WHERE n = %d" % n) for n in range(40)]
        assert {answer.text for answer in await asyncio.gather(*queries)} == {"10\n"}
