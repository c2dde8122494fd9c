"""The limits that an operator sets for one organization, in the place of the installation's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from control_plane.changes import Change, record
from control_plane.database import Connection
from control_plane.quotas import queries
from control_plane.quotas.limits import TERMS, Quota, parse_limits

DEFAULT = "default"
_SET = """
INSERT INTO quota_overrides (organization_id, quota, maximum) VALUES ($1, $2, $3)
ON CONFLICT (organization_id, quota) DO UPDATE SET maximum = excluded.maximum
"""


class Operator:
    """Whoever has a shell at the control plane."""

    kind = "system"
    name = "operator"
    id = UUID(int=0)
    maker = None


async def set_overrides(
    tx: Connection, organization: str, given: Sequence[str], limits: Mapping[Quota, int]
) -> list[str]:
    """Sets what is given (`flags=1000`, `flags=default`) and answers every limit of the organization as a line.

    Raises LookupError for an organization that isn't there, ValueError for what can't be read.
    """
    organization_id = await _find(tx, organization)
    before = await queries.overrides_of(tx, organization_id)
    changed = dict(before)
    for each in given:
        name, _, value = each.partition("=")
        if value == DEFAULT and name in list(Quota):
            changed.pop(Quota(name), None)
        else:
            changed.update(parse_limits(each))
    if changed != before:
        await _store(tx, organization_id, before, changed)
    return [
        f"{quota}={changed.get(quota, limits.get(quota, terms.default))}" + (" (its own)" if quota in changed else "")
        for quota, terms in TERMS.items()
    ]


async def _find(tx: Connection, organization: str) -> UUID:
    found: UUID | None = await tx.fetchval("SELECT id FROM organizations WHERE key = $1 OR id::text = $1", organization)
    if found is None:
        raise LookupError(f"there is no organization {organization!r}")
    return found


async def _store(
    tx: Connection, organization_id: UUID, before: Mapping[Quota, int], changed: Mapping[Quota, int]
) -> None:
    for quota, maximum in changed.items():
        await tx.execute(_SET, organization_id, quota.value, maximum)
    gone = [quota.value for quota in before if quota not in changed]
    await tx.execute(
        "DELETE FROM quota_overrides WHERE organization_id = $1 AND quota = ANY($2::text[])", organization_id, gone
    )
    change = Change(
        organization_id=organization_id,
        project_id=None,
        entity="quotas",
        entity_key=str(organization_id),
        action="update",
        actor=Operator(),
        before={quota.value: maximum for quota, maximum in before.items()},
        after={quota.value: maximum for quota, maximum in changed.items()},
    )
    await record(tx, change)
