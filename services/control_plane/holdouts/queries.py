"""Queries about holdouts, for other features."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from bucketing.document.serves import hundredths

from control_plane.database import Connection
from control_plane.entities.table import Scope
from control_plane.holdouts.models import HOLDOUTS, HoldoutRow


async def holdouts_of_keys(tx: Connection, scope: Scope, keys: Collection[str]) -> dict[str, HoldoutRow]:
    """By key; a key without a holdout is left out."""
    return await HOLDOUTS.of_keys(tx, scope, keys)


async def holdout_shares(tx: Connection, environment_id: UUID) -> dict[str, int]:
    """Hundredths of a percent by key, for the environment's project."""
    return {row.key: row.share for row in await HOLDOUTS.of_environment(tx, environment_id)}


def share_of_document(document: Mapping[str, Any]) -> int:
    """Hundredths of a percent, from what the audit log has kept."""
    return hundredths(document["share"], "share")
