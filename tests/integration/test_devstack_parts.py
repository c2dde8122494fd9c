"""Each embedded server starts, survives kill -9 with its data, pauses, and leaves no process behind."""

from __future__ import annotations

import http.client
import itertools
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sized
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import asyncpg
import nats
import psutil
import pytest
import redis
from nats.js.api import StreamConfig

from devstack.parts import ClickHouse, Nats, Part, Postgres, Redis
from devstack.ports import free_port
from devstack.processes import PartFailedError, Process, Program
from devstack.stack import Stack
from tests.processes import running
from tests.waiting import same, until_blocking

KINDS: list[type[Part]] = [Postgres, Nats, Redis, ClickHouse]


async def test_postgres_keeps_committed_rows_over_kill_and_restart(fresh_postgres: Postgres) -> None:
    connection = await asyncpg.connect(fresh_postgres.url)
    await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    fresh_postgres.kill()
    connection.terminate()
    fresh_postgres.start()
    connection = await asyncpg.connect(fresh_postgres.url)
    assert await connection.fetchval("SELECT n FROM kept") == 7
    await connection.close()


async def test_nats_keeps_acknowledged_messages_over_kill_and_restart(fresh_nats: Nats) -> None:
    client = await nats.connect(fresh_nats.url)
    stream = client.jetstream()
    await stream.add_stream(StreamConfig(name="KEPT", subjects=["kept"]))
    await stream.publish("kept", b"7")
    await client.close()
    fresh_nats.kill()
    fresh_nats.start()
    client = await nats.connect(fresh_nats.url)
    message = await client.jetstream().get_last_msg("KEPT", "kept")
    assert message.data == b"7"
    await client.close()


def test_redis_keeps_its_keys_over_kill_and_restart(fresh_redis: Redis) -> None:
    with redis.Redis.from_url(fresh_redis.url) as client:
        client.set("kept", "7")
    fresh_redis.kill()
    fresh_redis.start()
    with redis.Redis.from_url(fresh_redis.url) as client:
        assert client.get("kept") == b"7"


def test_clickhouse_keeps_acknowledged_inserts_over_kill_and_restart(fresh_clickhouse: ClickHouse) -> None:
    fresh_clickhouse.run_sql("CREATE TABLE kept (n UInt32) ENGINE = MergeTree ORDER BY n")
    for round_number in range(3):
        fresh_clickhouse.run_sql(f"INSERT INTO kept VALUES ({round_number})")
        fresh_clickhouse.kill()
        fresh_clickhouse.start()
    assert fresh_clickhouse.run_sql("SELECT n FROM kept ORDER BY n") == "0\n1\n2\n"


def _reached(acknowledged: Sized, enough: int) -> bool:
    return len(acknowledged) > enough


def test_clickhouse_loses_no_acknowledged_insert_when_killed_under_load(fresh_clickhouse: ClickHouse) -> None:
    fresh_clickhouse.run_sql("CREATE TABLE kept (batch UInt32, n UInt32) ENGINE = MergeTree ORDER BY batch")
    batches = itertools.count()
    acknowledged: list[int] = []
    over = threading.Event()

    def insert() -> None:
        while not over.is_set():
            batch = next(batches)
            values = ",".join(f"({batch},{n})" for n in range(50))
            with suppress(PartFailedError):
                fresh_clickhouse.run_sql(f"INSERT INTO kept VALUES {values}")
                acknowledged.append(batch)

    with ThreadPoolExecutor(3) as pool:
        work = [pool.submit(insert) for _ in range(3)]
        for _ in range(4):
            enough = len(acknowledged) + 20
            until_blocking(partial(_reached, acknowledged, enough))
            fresh_clickhouse.kill()
            fresh_clickhouse.start()
        over.set()
        for each in work:
            each.result(timeout=60)
    lines = fresh_clickhouse.run_sql("SELECT batch, count() FROM kept GROUP BY batch").splitlines()
    stored = {int(batch): int(count) for batch, count in (line.split("\t") for line in lines)}
    assert {batch: stored.get(batch) for batch in acknowledged} == dict.fromkeys(acknowledged, 50)
    assert set(stored.values()) == {50}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_stop_leaves_no_process_and_restart_keeps_the_port(kind: type[Part], tmp_path: Path) -> None:
    with Stack(tmp_path, (kind.name,), durable=False) as stack:
        (part,) = stack.parts
        port = part.port
        before = psutil.Process(part.pid)
        children = before.children(recursive=True)
        part.restart()
        assert part.port == port
        assert part.pid != before.pid
        after = [psutil.Process(part.pid), *psutil.Process(part.pid).children(recursive=True)]
    assert running([before, *children, *after]) == []


def test_an_interrupted_statement_leaves_no_client_behind(postgres_server: Postgres) -> None:
    running = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"

    def interrupt() -> None:
        until_blocking(lambda: same(postgres_server.run_sql(running), "1"))
        os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    try:
        with ThreadPoolExecutor(1) as pool:
            interrupting = pool.submit(interrupt)
            with pytest.raises(KeyboardInterrupt):
                postgres_server.run_sql("SELECT pg_sleep(60)")
            interrupting.result()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert "psql" not in {child.name() for child in psutil.Process().children()}


def test_a_paused_server_is_silent_and_goes_on_when_resumed(fresh_redis: Redis) -> None:
    with redis.Redis.from_url(fresh_redis.url) as client:
        client.set("kept", "7")
    with redis.Redis.from_url(fresh_redis.url, socket_timeout=0.2, retry=None) as client:
        fresh_redis.pause()
        with pytest.raises(redis.TimeoutError):
            client.get("kept")
        fresh_redis.resume()
    with redis.Redis.from_url(fresh_redis.url) as client:
        assert client.get("kept") == b"7"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_taken_port_is_named(kind: type[Part], tmp_path: Path) -> None:
    part = kind(tmp_path, durable=False)
    with socket.create_server(("127.0.0.1", part.port)), pytest.raises(PartFailedError) as failure:
        part.start()
    assert f"{kind.name}: port {part.port} is taken" in str(failure.value)


def test_a_program_that_ends_while_starting_is_reported_with_its_log(tmp_path: Path) -> None:
    with Stack(tmp_path, ("nats",), durable=False):
        pass
    # A file where the server wants its store: nats-server refuses and says why in its log.
    part = Nats(tmp_path / "other", durable=False)
    part.folder.mkdir(parents=True)
    part.data.write_text("in the way")
    with pytest.raises(PartFailedError) as failure:
        part.start()
    message = str(failure.value)
    assert message.startswith("nats: ended with status 1 while starting")
    assert str(part.log) in message
    assert "not a directory" in message
    assert not part.running


def test_a_program_that_has_ended_is_not_ready_though_somebody_answers_at_its_port(tmp_path: Path) -> None:
    process = Process(Program("late", ["/bin/sh", "-c", "exit 3"], tmp_path / "log.txt"))
    process.start()
    process.wait(30)
    with pytest.raises(PartFailedError, match="late: ended with status 3 while starting"):
        process.wait_ready(lambda: None, 30)


def test_a_missing_binary_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Redis, "binary", lambda self: tmp_path / "no-such-server")
    with pytest.raises(
        PartFailedError, match=r"redis: ended with status 1 while starting[\s\S]*no-such-server: No such file"
    ):
        Redis(tmp_path).start()


def test_a_failed_part_takes_the_others_down_with_it(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis" / "data").write_text("a file where the data folder should stand")
    stack = Stack(tmp_path, ("nats", "redis"), durable=False)
    with pytest.raises(PartFailedError, match="redis"):
        stack.start()
    assert [part.name for part in stack.parts if part.running] == []


def test_two_stacks_run_side_by_side_but_not_in_one_folder(tmp_path: Path) -> None:
    with Stack(tmp_path / "one", ("redis",)) as one, Stack(tmp_path / "two", ("redis",)) as two:
        assert one.redis.port != two.redis.port
        with pytest.raises(PartFailedError, match=f"process {os.getpid()} runs a stack in this folder"):
            Stack(tmp_path / "one", ("redis",)).start()
    with Stack(tmp_path / "one", ("redis",)) as again:
        assert again.redis.running


def test_nothing_survives_a_killed_parent(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from devstack.stack import Stack\n"
        f"stack = Stack(Path({str(tmp_path)!r}), durable=False); stack.start()\n"
        "print(*(part.pid for part in stack.parts), flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        children = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        assert len(children) == 4
        os.kill(parent.pid, signal.SIGKILL)
    gone, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
    assert len(gone) == 4


def test_postgres_runs_below_a_private_folder_and_never_as_root(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    with Stack(private, ("postgres",), durable=False) as stack:
        user = psutil.Process(stack.postgres.pid).uids()
        assert user.real != 0
        assert os.geteuid() in (0, user.effective)
        assert stack.postgres.run_sql("SELECT 1") == "1"


def test_a_program_below_a_private_folder_is_seen_by_the_user_that_root_becomes(tmp_path: Path) -> None:
    """As `initdb` looks for `postgres` beside it, when the checkout is in a folder that only root may enter."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "program").touch(mode=0o755)
    user = "nobody" if os.geteuid() == 0 else None
    looking = Program("looking", ["/usr/bin/test", "-x", str(private / "program")], tmp_path / "log", user=user)
    assert subprocess.run(looking.launched(), check=False).returncode == 0


def test_the_whole_stack_runs_as_an_ordinary_user(tmp_path: Path) -> None:
    folder = tmp_path / "ordinary"
    folder.mkdir()
    user = None
    if os.geteuid() == 0:
        user = "nobody"
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)
    script = (
        "import os; from pathlib import Path; from devstack.stack import Stack\n"
        "assert os.geteuid() != 0\n"
        f"with Stack(Path({str(folder)!r}), durable=False) as stack: print('up', len(stack.parts))"
    )
    log = tmp_path / "log.txt"
    log.touch()
    process = Process(Program("ordinary", [sys.executable, "-c", script], log, user=user))
    process.start()
    assert process.wait(60) == 0, log.read_text()
    assert log.read_text() == "up 4\n"


def test_free_ports_are_free() -> None:
    for port in {free_port() for _ in range(20)}:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        with pytest.raises(ConnectionRefusedError):
            connection.connect()
