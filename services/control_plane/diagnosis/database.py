"""A look at PostgreSQL: its version, what it promises, how full it is, and whether its tables are this version's."""

from __future__ import annotations

from service_kit.clock import Clock

from control_plane.database import Database, MigrationState, migration_state
from control_plane.diagnosis.findings import Findings, counted

OLDEST_MAJOR = 15
CONNECTIONS_SHARE = 0.8
LONGEST_TRANSACTION_SECONDS = 600.0
_STATE = """
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
    clock_timestamp() AS now, pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS read_only,
    current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commits,
    (SELECT sum(numbackends) FROM pg_stat_database)::int AS connections,
    current_setting('max_connections')::int AS connections_max, pg_database_size(current_database()) AS bytes,
    (SELECT COALESCE(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8 FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend') AS longest_seconds
"""


async def look(findings: Findings, *, database: Database, clock: Clock) -> None:
    """Raises `Unavailable`."""
    async with database.transaction() as tx:
        # The login sees what its own connections do, which its other roles don't.
        await tx.execute("SET LOCAL ROLE NONE")
        before = clock.now()
        state = await tx.fetchrow(_STATE)
        assert state is not None  # noqa: S101 - it selects no row of a table
        asked_at = (before + clock.now()) / 2000
        migrations = await migration_state(tx)
    used, most = state["connections"], state["connections_max"]
    findings.well(f"PostgreSQL {state['version']}, {_mebibytes(state['bytes'])}, {used} of {most} connections")
    if state["number"] < OLDEST_MAJOR * 10_000:
        findings.fault(f"it is older than {OLDEST_MAJOR}", "upgrade PostgreSQL")
    if state["read_only"]:
        findings.fault("it takes no writes", "switch over to the primary, or end its read-only mode")
    if state["fsync"] != "on" or state["commits"] == "off":
        findings.fault(
            f"a crash of its machine can lose what was answered (fsync={state['fsync']}, "
            f"synchronous_commit={state['commits']})",
            "set both to on",
        )
    if used >= CONNECTIONS_SHARE * most:
        findings.warning(
            f"{used} of {most} connections are used", "raise max_connections, or lower FF_DATABASE_POOL_SIZE"
        )
    findings.compare_clocks("its", state["now"].timestamp(), asked_at)
    if state["longest_seconds"] > LONGEST_TRANSACTION_SECONDS:
        findings.warning(
            f"a transaction has been open for {state['longest_seconds'] / 60:.0f} min: nothing is cleaned up meanwhile",
            "see pg_stat_activity for who holds it",
        )
    compare_migrations(findings, migrations)
    if (wrong := await database.check_tenants()) is not None:
        findings.fault(f"tenants are not kept apart: {wrong}", "run `control_plane migrate` as the tables' owner")


def compare_migrations(findings: Findings, state: MigrationState) -> None:
    """Of the tables and of this version."""
    if state.missing:
        findings.fault(
            f"{counted(len(state.missing), 'migration')} missing, the first is {state.missing[0]}",
            "run `control_plane migrate`",
        )
    if state.changed:
        findings.fault(f"{state.changed[0]} is not as it was applied", "install the version that was released")
    if state.later:
        findings.warning(
            f"its tables are those of a later version, which brought {state.later[-1]}",
            "finish the upgrade: this version works with them, and was left behind",
        )
    if not (state.missing or state.changed or state.later):
        findings.well("its tables are those of this version")


def _mebibytes(size: int) -> str:
    return f"{size / 1024**2:,.0f} MiB"
