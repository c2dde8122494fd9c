"""A look at publishing: who leads, what waits, and whether what stands on the stream is what the database says."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry
from service_kit.clock import Clock
from streams import Bus

from control_plane.database import Database
from control_plane.diagnosis.findings import Findings
from control_plane.publishing import queries
from control_plane.publishing.lease import lease_state
from control_plane.publishing.status import PublishingStatus
from control_plane.publishing.stream_contents import read_manifests
from control_plane.publishing.telemetry import PublishingTelemetry

_SHOW = "see `control_plane recover --show`"


async def look(findings: Findings, *, database: Database, bus: Bus, clock: Clock) -> None:
    """Raises `Unavailable`, `BusError`."""
    status = PublishingStatus(database, clock, PublishingTelemetry(CollectorRegistry()))
    await status.look()
    if (wrong := await status.check()) is not None:
        findings.fault(wrong, "see the log of the relay; `control_plane relay` is one by itself")
    async with database.transaction() as tx:
        rows = await queries.environments_to_compare(tx)
        scheduled = await lease_state(tx, "schedule")
    if not scheduled.led:
        findings.fault(
            "nobody takes what is scheduled: rollouts stand still", "start `control_plane serve` or `schedule`"
        )
    streamed = (await read_manifests(bus)).environments
    behind: dict[str, tuple[int, int]] = {}
    for row in rows:
        there = streamed[str(row["id"])].version if str(row["id"]) in streamed else -1
        if there < row["published_version"]:
            behind[f"{row['project_key']}/{row['key']}"] = (there, row["published_version"])
    _tell_behind(findings, behind)
    if wrong is None and not behind:
        findings.well(f"{len(rows)} environments are published")


def _tell_behind(findings: Findings, behind: Mapping[str, tuple[int, int]]) -> None:
    for name, (there, published) in list(behind.items())[:10]:
        findings.fault(f"{name}: version {published} was published, the stream has {there}", _SHOW)
    if len(behind) > 10:
        findings.fault(f"and {len(behind) - 10} environments more", _SHOW)
