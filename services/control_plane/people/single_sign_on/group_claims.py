"""Groups by an identity provider's claim: of the groups that are mapped, a person is in those that it names."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from control_plane.changes import Change, record
from control_plane.database import Connection
from control_plane.people.provisioned_members import Host
from control_plane.people.single_sign_on.models import IdentityProvider


async def follow(
    tx: Connection, host: Host, provider: IdentityProvider, user_id: UUID, claimed: Collection[str]
) -> None:
    """Groups that nothing is mapped to stay as they are."""
    mapped = set(provider.groups.values())
    wanted = {group for value, group in provider.groups.items() if value in claimed}
    rows = await tx.fetch(
        "SELECT groups.id, groups.key, EXISTS (SELECT FROM group_members m WHERE m.group_id = groups.id "
        "AND m.user_id = $3) AS inside FROM groups WHERE organization_id = $1 AND id = ANY($2::uuid[]) "
        "ORDER BY groups.id FOR NO KEY UPDATE",
        host.organization_id,
        list(mapped),
        user_id,
    )
    for row in rows:
        if row["inside"] == (row["id"] in wanted):
            continue
        if row["inside"]:
            sql = "DELETE FROM group_members WHERE organization_id = $1 AND group_id = $2 AND user_id = $3"
        else:
            sql = (
                "INSERT INTO group_members (organization_id, group_id, user_id) VALUES ($1, $2, $3) "
                "ON CONFLICT DO NOTHING"
            )
        await tx.execute(sql, host.organization_id, row["id"], user_id)
        email = await tx.fetchval("SELECT email FROM users WHERE id = $1", user_id)
        change = Change(
            organization_id=host.organization_id,
            project_id=None,
            entity="group",
            entity_key=row["key"],
            action="remove_member" if row["inside"] else "add_member",
            actor=host.actor,
            before={"member": email} if row["inside"] else None,
            after=None if row["inside"] else {"member": email},
            everywhere=True,
        )
        await record(tx, change)
