"""Backups of the embedded servers' data, to lose it and to restore it as an operator would."""

from __future__ import annotations

import shutil

from .parts import Part, Postgres
from .processes import PartFailedError


def copy_database(postgres: Postgres, name: str, copy: str) -> None:
    """Copies a database of the running server as it is at one moment; whoever is connected has to connect again."""
    with_nobody_connected = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    postgres.drop_database(copy)
    postgres.run_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    try:
        postgres.run_sql(with_nobody_connected)
        postgres.create_database(copy, template=name)
    finally:
        postgres.run_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    postgres.run_sql(f"ALTER DATABASE {copy} ALLOW_CONNECTIONS true")


def restore_database(postgres: Postgres, copy: str, name: str) -> None:
    """Puts a copy in the place of the database, on the running server; the copy stays."""
    postgres.run_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    postgres.drop_database(name)
    postgres.create_database(name, template=copy)


def lose_data(part: Part) -> None:
    """Removes all that a server that doesn't run has stored."""
    _require_stopped(part)
    shutil.rmtree(part.data, ignore_errors=True)


def _require_stopped(part: Part) -> None:
    if part.running:
        raise PartFailedError(part.name, "runs: stop it before its data is touched", part.log)
