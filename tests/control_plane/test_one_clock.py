"""Every time that the control plane stores is its clock's, and one transaction stores one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from control_plane.database import Database
from control_plane.publishing.relay import Relay
from control_plane.publishing.telemetry import RelayTelemetry
from prometheus_client import CollectorRegistry
from service_kit.clock import Clock, ManualClock
from streams.memory import MemoryBus

from tests.control_plane.conftest import joined

BY_THE_DATABASE = {
    ("schema_migrations", "applied_at"),
    ("leases", "expires_at"),
    ("lease_candidates", "said_at"),
    ("lease_candidates", "reaches_since"),
    ("environments", "repair_requested_at"),
}
DAY = 86_400
_COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND data_type = 'timestamp with time zone' ORDER BY 1, 2
"""
FLAG = {
    "key": "checkout",
    "name": "Checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}


async def stored(database: Database) -> dict[tuple[str, str], set[datetime]]:
    """Every time that stands in any table, by table and column."""
    async with database.connection() as connection:
        columns = [tuple(row) for row in await connection.fetch(_COLUMNS)]
        return {
            (table, column): {
                row[0]
                for row in await connection.fetch(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")
            }
            for table, column in columns
        }


async def test_every_stored_time_is_the_clocks(tenant: Any, database: Database, clock: ManualClock) -> None:
    api, project, organization = tenant.api, f"/projects/{tenant.project}", f"/organizations/{tenant.organization}"
    clock.advance(60)
    eve = await joined(api, tenant.organization, "eve@example.com", "viewer")
    member = (await eve.ok("GET", "/me"))["id"]
    await api.ok("POST", f"{organization}/invitations", {"email": "ann@example.com", "role": "viewer"})
    await api.ok("POST", f"{organization}/members/{member}/password-reset")
    token = await api.ok("POST", f"{organization}/tokens", {"name": "CI", "role": "developer"})
    key = await api.ok("POST", f"{tenant.path}/sdk-keys", {"name": "Web", "kind": "client"})
    await api.ok("POST", f"{project}/flags", FLAG)
    await api.ok("POST", f"{project}/segments", {"key": "beta", "name": "Beta", "included": ["u1"]})
    metric = {"key": "bought", "name": "Bought", "aggregation": "conversion", "event": "purchase"}
    await api.ok("POST", f"{project}/metrics", metric)
    experiment = {"key": "test", "environment": "production", "flag": "checkout"}
    shares = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]
    await api.ok("POST", f"{project}/experiments", {**experiment, "variations": shares})
    clock.advance(60)
    await api.ok("DELETE", f"{organization}/tokens/{token['id']}")
    await api.ok("POST", f"{tenant.path}/sdk-keys/{key['id']}/rotate", {"overlap_seconds": 0})
    await api.ok("DELETE", f"{tenant.path}/sdk-keys/{key['id']}")
    await api.changed("POST", f"{project}/flags/checkout/archive", read=f"{project}/flags/checkout")
    await api.changed("POST", f"{tenant.path}/archive", read=tenant.path)
    await api.changed("POST", f"{project}/archive", read=project)
    relay = Relay(database=database, bus=MemoryBus(), clock=clock, telemetry=RelayTelemetry(CollectorRegistry()))
    await relay.turn()

    begun = ManualClock().now()
    moments = {
        datetime.fromtimestamp((begun + seconds * 1000) / 1000, UTC)
        for begins in (0, 60, 120)
        # Now, and what ends after an hour, a day, a week and thirty days.
        for seconds in (begins, begins + 60, *(begins + ends for ends in (3600, DAY, 7 * DAY, 30 * DAY)))
    }
    times = await stored(database)
    assert {name for name, found in times.items() if not found <= moments} <= BY_THE_DATABASE
    written = {name for name, found in times.items() if found}
    assert {
        ("users", "created_at"),
        ("organizations", "created_at"),
        ("memberships", "created_at"),
        ("projects", "created_at"),
        ("projects", "archived_at"),
        ("environments", "created_at"),
        ("environments", "archived_at"),
        ("environments", "published_at"),
        ("sdk_keys", "created_at"),
        ("sdk_keys", "expires_at"),
        ("sdk_keys", "revoked_at"),
        ("api_tokens", "created_at"),
        ("api_tokens", "revoked_at"),
        ("audit_entries", "at"),
    } <= written


class RunningClock(Clock):
    """Each reading is a second after the one before."""

    def __init__(self) -> None:
        self._readings = 0

    def now(self) -> int:
        self._readings += 1
        return ManualClock().now() + self._readings * 1000

    def monotonic(self) -> float:
        return 0.0


async def test_a_transaction_reads_the_clock_once(postgres_url: str, database: Database) -> None:
    other = await Database.connect(postgres_url, RunningClock(), pool_size=2)
    try:
        async with other.transaction() as tx:
            first = tx.now
            assert tx.now == first
        async with other.transaction() as tx:
            assert tx.now > first
    finally:
        await other.close()
