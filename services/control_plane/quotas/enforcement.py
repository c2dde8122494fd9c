"""Holds writes against the quotas: what would grow over a limit is refused, whatever else is allowed.

A write that makes nothing grow, or switches something off, is never brought here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import asyncpg
from service_kit.logs import get_logger

from control_plane.database import Connection, Statement
from control_plane.quotas import queries
from control_plane.quotas.errors import HOW_ON, QuotaExceeded
from control_plane.quotas.limits import TERMS, Quota
from control_plane.quotas.models import Growth, Use
from control_plane.quotas.telemetry import QuotaTelemetry

STREAM = "config_stream"
_log = get_logger("quotas")


@dataclass(frozen=True, slots=True)
class Quotas:
    """The limits of this installation. `reserve` is the share of the CONFIG stream that growth leaves free."""

    limits: Mapping[Quota, int]
    reserve: float
    telemetry: QuotaTelemetry

    def limit(self, quota: Quota, overrides: Mapping[Quota, int]) -> int:
        return overrides.get(quota, self.limits.get(quota, TERMS[quota].default))

    async def claim(
        self, tx: Connection, quota: Quota, organization_id: UUID, holder_id: UUID, *, inserted: bool = False
    ) -> None:
        """Before (or after) a row is inserted that `holder_id` has at most so many of. Raises `QuotaExceeded`.

        The holder stays locked until the end of the transaction, so two claims at a time don't exceed it.
        """
        used = await queries.rows_of(tx, quota, organization_id, holder_id, lock=True)
        limit = self.limit(quota, await queries.overrides_of(tx, organization_id))
        self._hold(Use(quota, limit, used + (not inserted)), 1, organization_id)

    async def hold(self, tx: Connection, growth: Growth) -> list[Use]:
        """After the write's rows and its record, before the commit. Answers what is nearly used up.

        Raises `QuotaExceeded`: for the number of entities, for the bytes of an environment or the organization, or
        because what is to be published doesn't fit the CONFIG stream with its reserve. The audit chain's head is
        locked by the record, so that the writes of an organization come here one by one.
        """
        return self.judge(growth, await queries.hold(tx, growth))

    def obstacles(self, growth: Growth) -> Statement:
        """What `judge` goes by, to be asked with the record of a write."""
        return queries.obstacles(growth)

    def judge(self, growth: Growth, row: asyncpg.Record) -> list[Use]:
        """As `hold`, by what was asked."""
        overrides = queries.read_overrides(row["overrides"])
        uses: list[tuple[Use, int]] = []
        if growth.quota is not None:
            uses.append((Use(growth.quota, self.limit(growth.quota, overrides), int(row["entities"])), 1))
        if growth.bytes > 0:
            everywhere = growth.bytes * max(1, len(growth.environment_ids))
            for quota, used, added in (
                (Quota.ENVIRONMENT_BYTES, row["environment_bytes"], growth.bytes),
                (Quota.ORGANIZATION_BYTES, row["organization_bytes"], everywhere),
            ):
                uses.append((Use(quota, self.limit(quota, overrides), int(used)), added))
            self._hold_stream(row["stream_bytes"], row["stream_bytes_max"], int(row["unpublished"]))
        for use, added in uses:
            self._hold(use, added, growth.organization_id)
        return [use for use, _ in uses if use.near]

    async def of_organization(self, tx: Connection, organization_id: UUID) -> list[Use]:
        """How much the organization itself uses."""
        overrides = await queries.overrides_of(tx, organization_id)
        uses = [
            Use(quota, self.limit(quota, overrides), await queries.rows_of(tx, quota, organization_id, organization_id))
            for quota in (
                Quota.PROJECTS,
                Quota.MEMBERS,
                Quota.TOKENS,
                Quota.ROLES,
                Quota.BINDINGS,
                Quota.GROUPS,
                Quota.WEBHOOKS,
                Quota.IDENTITY_PROVIDERS,
                Quota.EMAIL_DOMAINS,
                Quota.PROVISIONING_TOKENS,
                Quota.DIRECTORY_USERS,
                Quota.DIRECTORY_GROUPS,
            )
        ]
        stored = await queries.organization_bytes(tx, organization_id)
        return [*uses, Use(Quota.ORGANIZATION_BYTES, self.limit(Quota.ORGANIZATION_BYTES, overrides), stored)]

    async def of_project(self, tx: Connection, organization_id: UUID, project_id: UUID) -> list[Use]:
        """How much the project uses, then each of its environments."""
        overrides = await queries.overrides_of(tx, organization_id)
        uses = [
            Use(quota, self.limit(quota, overrides), await queries.rows_of(tx, quota, organization_id, project_id))
            for quota in (Quota.ENVIRONMENTS, Quota.CHANGE_REQUESTS)
        ]
        entities = await queries.entities_of(tx, organization_id, project_id)
        uses += [
            Use(quota, self.limit(quota, overrides), entities.get(kind, 0))
            for quota, kind in queries.ENTITY_KINDS.items()
        ]
        for row in await queries.environments_of(tx, organization_id, project_id):
            uses += [
                Use(quota, self.limit(quota, overrides), int(row[column]), row["key"])
                for quota, column in ((Quota.ENVIRONMENT_BYTES, "bytes"), (Quota.SDK_KEYS, "sdk_keys"))
            ]
        return uses

    def _hold(self, use: Use, added: int, organization_id: UUID) -> None:
        if use.used > use.limit:
            self.telemetry.refused.labels(use.quota).inc()
            before = replace(use, used=use.used - added)
            raise QuotaExceeded(use.quota, limit=use.limit, used=before.used, detail=f"{before}. {HOW_ON}")
        if not use.near:
            return
        self.telemetry.near.labels(use.quota).inc()
        _log.warning(
            "a quota is nearly used up",
            quota=use.quota.value,
            organization=organization_id,
            used=use.used,
            limit=use.limit,
        )

    def _hold_stream(self, stored: int | None, most: int | None, unpublished: int) -> None:
        """`stored` is None until a relay has looked."""
        if stored is None or most is None:
            return
        limit = int(most * (1 - self.reserve))
        if stored + unpublished <= limit:
            return
        self.telemetry.refused.labels(STREAM).inc()
        detail = f"what is published may take {limit:,} bytes in all and takes {stored:,}; this change doesn't fit"
        raise QuotaExceeded(STREAM, limit=limit, used=stored, detail=f"{detail}. {HOW_ON}")
