"""Approval policies of environments: read and set."""

from __future__ import annotations

from service_kit.problems import FieldError, InvalidInput
from service_kit.versions import check_version

from control_plane.access import Actor, Right, require
from control_plane.changes import Change, record
from control_plane.database import Database
from control_plane.entities.transactions import lock_project
from control_plane.environments.queries import environment_by_key, refuse_archived_environment, resolve_project
from control_plane.reviews.policies import Policy
from control_plane.reviews.policies_repository import policies_of, read_rule, save
from control_plane.reviews.schemas import PolicyIn, PolicyView
from control_plane.reviews.views import policy_view


class ApprovalPolicies:
    """The policies of environments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, actor: Actor, project: str, key: str) -> PolicyView:
        async with self._database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            environment = await environment_by_key(tx, scope, key)
            require(actor, Right.ENVIRONMENT_READ, environment.within(scope))
            policies = await policies_of(tx, scope.organization_id, [environment.id])
            return policy_view(key, policies[environment.id])

    async def set(self, actor: Actor, project: str, key: str, expected: int, body: PolicyIn) -> PolicyView:
        """Writes of the project wait, so that none is made by half of two policies."""
        policy = _policy(body)
        async with self._database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            environment = await environment_by_key(tx, scope, key)
            require(actor, Right.ENVIRONMENT_UPDATE, environment.within(scope))
            await lock_project(tx, scope)
            refuse_archived_environment(archived=environment.archived)
            before = (await policies_of(tx, scope.organization_id, [environment.id]))[environment.id]
            check_version(expected, before.revision)
            view = policy_view(key, await save(tx, environment, policy, before.revision + 1))
            await record(
                tx,
                Change(
                    organization_id=scope.organization_id,
                    project_id=scope.project_id,
                    entity="approval_policy",
                    entity_key=key,
                    action="update",
                    actor=actor,
                    before=policy_view(key, before).audited(),
                    after=view.audited(),
                ),
            )
            return view


def _policy(body: PolicyIn) -> Policy:
    if body.reviewer_right not in frozenset(Right):
        raise InvalidInput(
            [FieldError("reviewer_right", "unknown_right", "is no right; `change:review` is the usual one")]
        )
    return Policy(
        required=body.required,
        people=body.people,
        right=body.reviewer_right,
        own_approvals=body.own_approvals,
        edits_void_approvals=body.edits_void_approvals,
        rules=tuple(read_rule(each.model_dump()) for each in body.rules),
    )
