"""The rows of environments' approval policies."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import asyncpg

from control_plane.database import Connection
from control_plane.environments.queries import EnvironmentRow
from control_plane.reviews.models import PolicyRow
from control_plane.reviews.policies import Policy, Rule

_COLUMNS = """environment_id, required, people, reviewer_right, own_approvals, edits_void_approvals, rules, revision,
updated_at"""
UNSET = PolicyRow(Policy(), 1, None)


async def policies_of(
    tx: Connection, organization_id: UUID, environment_ids: Collection[UUID]
) -> dict[UUID, PolicyRow]:
    """The policy of each of these environments; of those that have none, the one that asks for nothing."""
    records = await tx.fetch(
        f"SELECT {_COLUMNS} FROM approval_policies "  # noqa: S608 - column names of our own
        "WHERE organization_id = $1 AND environment_id = ANY($2::uuid[])",
        organization_id,
        list(environment_ids),
    )
    found = {record["environment_id"]: _row(record) for record in records}
    return {each: found.get(each, UNSET) for each in environment_ids}


async def save(tx: Connection, environment: EnvironmentRow, policy: Policy, revision: int) -> PolicyRow:
    record = await tx.fetchrow(
        "INSERT INTO approval_policies (environment_id, organization_id, required, people, reviewer_right, "  # noqa: S608
        "own_approvals, edits_void_approvals, rules, revision, updated_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
        "ON CONFLICT (environment_id) DO UPDATE SET required = excluded.required, people = excluded.people, "
        "reviewer_right = excluded.reviewer_right, own_approvals = excluded.own_approvals, "
        "edits_void_approvals = excluded.edits_void_approvals, rules = excluded.rules, revision = excluded.revision, "
        f"updated_at = excluded.updated_at RETURNING {_COLUMNS}",
        environment.id,
        environment.organization_id,
        policy.required,
        policy.people,
        policy.right,
        policy.own_approvals,
        policy.edits_void_approvals,
        [stored_rule(each) for each in policy.rules],
        revision,
        tx.now,
    )
    assert record is not None  # noqa: S101 - inserted or updated
    await tx.execute(
        "UPDATE environments SET approval_required = $3 WHERE organization_id = $1 AND id = $2",
        environment.organization_id,
        environment.id,
        policy.required,
    )
    return _row(record)


def stored_rule(rule: Rule) -> dict[str, Any]:
    return {
        "entities": sorted(rule.entities),
        "actions": sorted(rule.actions),
        "people": rule.people,
        "changed_percent": rule.changed_percent,
    }


def read_rule(stored: dict[str, Any]) -> Rule:
    return Rule(
        frozenset(stored["entities"]),
        frozenset(stored["actions"]),
        stored["people"],
        # Rules of before don't have it.
        stored.get("changed_percent"),
    )


def _row(record: asyncpg.Record) -> PolicyRow:
    policy = Policy(
        required=record["required"],
        people=record["people"],
        right=record["reviewer_right"],
        own_approvals=record["own_approvals"],
        edits_void_approvals=record["edits_void_approvals"],
        rules=tuple(read_rule(each) for each in record["rules"]),
    )
    return PolicyRow(policy, record["revision"], record["updated_at"])
