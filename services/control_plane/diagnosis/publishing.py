"""A look at publishing: who leads, what waits, and whether what stands on the stream is what the database says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from prometheus_client import CollectorRegistry
from service_kit.clock import Clock
from streams import Bus

from control_plane.database import Database
from control_plane.diagnosis.findings import Findings, counted
from control_plane.publishing.comparison import EnvironmentDifference
from control_plane.publishing.lease import lease_state
from control_plane.publishing.recovery import Recovery
from control_plane.publishing.status import PublishingStatus
from control_plane.publishing.telemetry import PublishingTelemetry

AGAIN_SECONDS = 3.0
"""What was under way at the first look has arrived by the second."""
_SHOW = "see `control_plane recover --show`"
_NAMED_MAX = 10


async def look(findings: Findings, *, database: Database, bus: Bus, clock: Clock) -> None:
    """Raises `Unavailable`, `BusError`."""
    status = PublishingStatus(database, clock, PublishingTelemetry(CollectorRegistry()))
    await status.look()
    if (wrong := await status.check()) is not None:
        findings.fault(wrong, "see the log of the relay; `control_plane relay` is one by itself", _page(wrong))
    async with database.transaction() as tx:
        scheduled = await lease_state(tx, "schedule")
    if not scheduled.led:
        findings.fault(
            "nobody takes what is scheduled: rollouts stand still",
            "start `control_plane serve` or `schedule`",
            "VerdictScheduleLeader",
        )
    recovery = Recovery(database=database, bus=bus, clock=clock)
    comparison = await recovery.compare()
    if suspected := [each.environment_id for each in comparison.environments if not _agrees(each)]:
        await asyncio.sleep(AGAIN_SECONDS)
        differing = [each for each in (await recovery.compare(suspected)).environments if not _agrees(each)]
        _tell(findings, differing)
    if wrong is None and not suspected:
        findings.well(f"{counted(len(comparison.environments), 'environment')} published as the database has it")
    if comparison.foreign:
        findings.warning(
            f"the stream has {counted(len(comparison.foreign), 'environment')} that the database doesn't know",
            _SHOW,
            "VerdictForeignEnvironments",
        )


def _agrees(difference: EnvironmentDifference) -> bool:
    return difference.same and difference.stream_version is not None


def _tell(findings: Findings, differing: Sequence[EnvironmentDifference]) -> None:
    for each in differing[:_NAMED_MAX]:
        name = f"{each.project}/{each.environment}"
        if each.stream_version is None:
            findings.fault(f"{name} was never published, or the stream has lost it", _SHOW, "VerdictPublishingLate")
        elif each.database_version is not None and each.database_version > each.stream_version:
            findings.fault(
                f"{name}: the database is at version {each.database_version}, the stream at {each.stream_version}",
                _SHOW,
                "VerdictPublishingLate",
            )
        else:
            count = sum(map(len, (each.entities.changed, each.entities.only_on_the_stream)))
            count += len(each.entities.only_in_the_database)
            findings.fault(
                f"{name}: {count} of what stands on the stream differs from what the database compiles to at version "
                f"{each.database_version}",
                _SHOW,
                "VerdictPublishingDrift",
            )
    if len(differing) > _NAMED_MAX:
        findings.fault(f"and {len(differing) - _NAMED_MAX} environments more", _SHOW)


def _page(wrong: str) -> str:
    if "recover" in wrong:
        return "VerdictPublishingBlocked"
    return "VerdictPublishingNotLed" if "leads" in wrong else "VerdictPublishingLate"
