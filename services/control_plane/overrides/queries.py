"""Queries about overrides, for other features."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bucketing.flagset import Flag, Target

from control_plane.database import Connection
from control_plane.entities.rows import Unreadable
from control_plane.overrides import repository

_NAMED_MAX = 100


async def with_overrides(
    tx: Connection, environment_id: UUID, flags: Iterable[Flag | Unreadable]
) -> list[Flag | Unreadable]:
    """The flags as the environment serves them, with its overrides in front of their own targets."""
    given = list(flags)
    # Of many flags all are read: there are fewer overrides than flags.
    keys = [each.key for each in given] if len(given) <= _NAMED_MAX else None
    found: dict[str, list[Target]] = defaultdict(list)
    for row in await repository.of_environment(tx, environment_id, keys):
        found[row.flag].append(row.target)
    return [_laid_over(each, found[each.key]) if each.key in found else each for each in given]


def with_override_of_document(flag: Flag, document: Mapping[str, Any] | None) -> Flag:
    """The flag with an override as the audit log has kept it; None: there was none."""
    if document is None:
        return flag
    expires_at = datetime.fromisoformat(document["expires_at"]).astimezone(UTC)
    target = Target(document["unit"], document["variation"], round(expires_at.timestamp() * 1000), override=True)
    return _with_targets(flag, [target])


def _laid_over(flag: Flag | Unreadable, targets: list[Target]) -> Flag | Unreadable:
    return flag if isinstance(flag, Unreadable) else _with_targets(flag, targets)


def _with_targets(flag: Flag, targets: list[Target]) -> Flag:
    """A variation that the flag no longer has is served to nobody."""
    served = (each for each in targets if each.variation in flag.variations)
    return replace(flag, targets=(*served, *flag.targets))
