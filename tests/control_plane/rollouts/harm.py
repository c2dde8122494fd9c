"""Harm that the monitor finds, ruled on as if it had come from the bus."""

from __future__ import annotations

from uuid import UUID

from control_plane.app import rollouts_of
from control_plane.database import EVERY_TENANT, Database
from control_plane.quotas import Quotas, QuotaTelemetry
from control_plane.rollouts.automation import RolloutAutomation
from control_plane.rollouts.queries import rollout_of_id
from control_plane.verdicts.rulings import rule
from messages.verdicts import FindingState, GuardFinding, Verdict, VerdictAction
from service_kit.telemetry import new_registry


async def find_harm(database: Database, rollout_id: str) -> None:
    """A guard of a rollout that has begun asks to tell of it."""
    finding = GuardFinding(
        guard="no-data",
        state=FindingState.NO_DATA,
        statistic="silence",
        sentence="Nothing was heard for a minute.",
        action=VerdictAction.NOTIFY,
    )
    async with database.transaction(tenancy=EVERY_TENANT) as tx:
        row = await rollout_of_id(tx, UUID(rollout_id))
        assert row is not None
        verdict = Verdict(
            environment_id=str(row.environment_id),
            rollout_id=rollout_id,
            revision=row.revision,
            epoch=1,
            looked_at=1_767_607_200_000,
            monitor_id="monitor",
            action=VerdictAction.NOTIFY,
            findings=(finding,),
        )
        quotas = Quotas({}, 0.05, QuotaTelemetry(new_registry()))
        await rule(tx, verdict, 1, RolloutAutomation(rollouts_of(quotas)))
