"""Exports to Snowflake: the real driver over HTTP against fakesnow."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import fakesnow
import msgspec
import pytest
import snowflake.connector
from analytics.exports.credentials import seal
from analytics.exports.destinations.policy import DestinationPolicy
from analytics.exports.destinations.snowflake import SnowflakeDestination
from analytics.exports.errors import DestinationAway, DestinationError, DestinationRefused
from analytics.exports.models import Export, Run
from analytics.exports.repository import ExportRepository
from analytics.exports.seal import Sealer
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.exports import ExportStore
from service_kit.outbound import OutboundGuard

from devstack.ports import free_port
from tests.analytics.exports.export_parts import NOW, SECRET, export_of, export_worker, store_exposures, store_purchases
from tests.analytics.exports.exported_rows import stored

POLICY = DestinationPolicy(None, [], OutboundGuard(["127.0.0.1"]))
PASSWORD = {"password": "a-password-nobody-knows"}


@pytest.fixture(scope="module")
def snowflake_server() -> Iterator[dict[str, Any]]:
    """The driver's arguments for a server of this module's own."""
    with fakesnow.server(host="127.0.0.1") as arguments:
        yield arguments


@pytest.fixture
def destination(snowflake_server: dict[str, Any]) -> SnowflakeDestination:
    """A database of the test's own, with its schema."""
    database = f"DB_{uuid.uuid4().hex[:8]}".upper()
    asked(snowflake_server, database, f"CREATE SCHEMA IF NOT EXISTS {database}.EXPORTS")
    return SnowflakeDestination(
        account="fakesnow",
        user="exporter",
        database=database,
        schema="exports",
        endpoint=f"http://127.0.0.1:{snowflake_server['port']}",
    )


@pytest.fixture
def repository(warehouse: ArrowWarehouse) -> ExportRepository:
    return ExportRepository(ExportStore(warehouse))


@pytest.fixture
async def export(repository: ExportRepository, destination: SnowflakeDestination) -> Export:
    made = export_of(destination, schedule="manual")
    assert await repository.save(made, 1, seal(Sealer(SECRET), made, PASSWORD))
    return made


def asked(arguments: dict[str, Any], database: str, sql: str) -> list[dict[str, Any]]:
    """The answer of a statement, column names in small letters."""
    with (
        snowflake.connector.connect(**arguments, database=database, schema="EXPORTS") as connection,
        connection.cursor(snowflake.connector.DictCursor) as cursor,
    ):
        found = cursor.execute(sql)
        assert found is not None
        return [{str(name).lower(): value for name, value in row.items()} for row in found.fetchall()]


async def run(
    warehouse: ArrowWarehouse, repository: ExportRepository, export: Export, mode: Any = "incremental"
) -> Run:
    worker = export_worker(warehouse, policy=POLICY, rows=100)
    earlier = await repository.all_runs(export)
    number = earlier[0].number + 1 if earlier else 1
    assert await repository.save_run(export, Run(number=number, mode=mode, cause="manual", requested_at=NOW), 1)
    await worker.look()
    await worker.settle()
    return (await repository.all_runs(export))[0]


def numbers(start: int, stop: int) -> list[str]:
    return [str(each) for each in range(start, stop)]


async def test_full_and_incremental_runs_merge_each_event_once(
    warehouse: ArrowWarehouse,
    repository: ExportRepository,
    export: Export,
    destination: SnowflakeDestination,
    snowflake_server: dict[str, Any],
) -> None:
    await store_exposures(warehouse, numbers(0, 250))
    await store_purchases(warehouse, numbers(0, 120))
    ended = await run(warehouse, repository, export)
    assert (ended.status, ended.error) == ("succeeded", "")
    await store_exposures(warehouse, numbers(200, 300), received_at=NOW + 9)
    ended = await run(warehouse, repository, export)
    assert (ended.status, ended.error) == ("succeeded", "")
    assert (await repository.store.counts("org-1", export.id, [2]))[2]["exposures"] == 50

    for dataset, name in (("exposures", "FLAG"), ("metric_events", "METRIC")):
        columns = f"SELECT * FROM VERDICT_{dataset} ORDER BY {name}, USER_KEY, EVENT_ID"
        rows = asked(snowflake_server, destination.database, columns)
        assert {row.pop("export_generation") for row in rows} == {1}
        assert rows == await stored(warehouse, dataset)
    flags = asked(snowflake_server, destination.database, "SELECT * FROM VERDICT_FLAGS")
    assert [(each["flag"], each["enabled"], each["variations"]) for each in flags] == [
        ("checkout", True, '{"on":true,"off":false}')
    ]
    results = asked(snowflake_server, destination.database, "SELECT * FROM VERDICT_RESULTS")
    assert {each["variation"] for each in results} == {"on", "off"}


async def test_a_batch_that_is_merged_twice_counts_once(
    warehouse: ArrowWarehouse,
    repository: ExportRepository,
    export: Export,
    destination: SnowflakeDestination,
    snowflake_server: dict[str, Any],
) -> None:
    await store_exposures(warehouse, numbers(0, 40))
    await run(warehouse, repository, export)
    # As after a crash between the merge and the commit: the rows are there, the commit is not.
    await warehouse.command("TRUNCATE TABLE export_batches")
    await warehouse.command("TRUNCATE TABLE exported_events")

    ended = await run(warehouse, repository, export)

    assert ended.status == "succeeded"
    counted = asked(snowflake_server, destination.database, "SELECT COUNT(*) AS N FROM VERDICT_EXPOSURES")
    assert counted == [{"n": 40}]


async def test_a_full_run_takes_away_what_is_gone(
    warehouse: ArrowWarehouse,
    repository: ExportRepository,
    export: Export,
    destination: SnowflakeDestination,
    snowflake_server: dict[str, Any],
) -> None:
    await store_exposures(warehouse, numbers(0, 20))
    await run(warehouse, repository, export)
    asked(
        snowflake_server,
        destination.database,
        "INSERT INTO VERDICT_EXPOSURES (EVENT_ID, ENVIRONMENT_ID, EXPORT_GENERATION) VALUES ('other', 'env-9', 1)",
    )
    await warehouse.command("DELETE FROM events_exposure WHERE user_key = 'user-7'")

    ended = await run(warehouse, repository, export, "full")

    assert (ended.status, ended.error, ended.generation) == ("succeeded", "", 2)
    rows = asked(snowflake_server, destination.database, "SELECT EVENT_ID FROM VERDICT_EXPOSURES")
    assert {each["event_id"] for each in rows} == {"other", *(f"e-{each}" for each in range(20) if each != 7)}


@contextmanager
def refusing(code: str, message: str) -> Iterator[str]:
    """A server that answers every sign-in with an error of Snowflake's; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.dumps({"success": False, "code": code, "message": message, "data": {}}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def problem_of(destination: SnowflakeDestination, credentials: dict[str, str]) -> DestinationError:
    sink = destination.sink(POLICY, "org-1", credentials)
    try:
        with pytest.raises(DestinationError) as raised:
            sink.test()
    finally:
        sink.close()
    return raised.value


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("390100", "Incorrect username or password was specified.", "wrong_credentials"),
        ("390189", "Role 'NOPE' specified in the connect string does not exist or not authorized.", "wrong_role"),
        ("390201", "The requested database does not exist or not authorized.", "no_such_database"),
        ("390422", "Incoming request with IP 203.0.113.9 is not allowed to access Snowflake.", "address_not_allowed"),
    ],
    ids=["password", "role", "database", "address"],
)
def test_a_refused_sign_in_is_said_in_words(
    destination: SnowflakeDestination, code: str, message: str, expected: str
) -> None:
    with refusing(code, message) as address:
        problem = problem_of(msgspec.structs.replace(destination, endpoint=address), PASSWORD)
    assert isinstance(problem, DestinationRefused)
    assert problem.code == expected
    assert PASSWORD["password"] not in problem.words


def test_a_key_that_is_none_is_said_in_words(destination: SnowflakeDestination) -> None:
    assert problem_of(destination, {"private_key": "not a key"}).code == "wrong_credentials"


def test_nobody_there_is_said_in_words(destination: SnowflakeDestination, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.exports.destinations.snowflake._LOGIN_SECONDS", 1)
    nobody = msgspec.structs.replace(destination, endpoint=f"http://127.0.0.1:{free_port()}")
    problem = problem_of(nobody, PASSWORD)
    assert isinstance(problem, DestinationAway)
    assert problem.code == "snowflake_unreachable"


def test_a_working_connection_is_found_good(destination: SnowflakeDestination) -> None:
    sink = destination.sink(POLICY, "org-1", PASSWORD)
    sink.test()
    sink.close()
