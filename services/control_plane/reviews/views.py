"""From rows to what is answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from control_plane.reviews.approvals import Approval
from control_plane.reviews.differences import difference_of
from control_plane.reviews.models import CommentRow, PolicyRow, ProposedEdit, RequestRow
from control_plane.reviews.policies_repository import stored_rule
from control_plane.reviews.schemas import (
    ChangeRequestSummary,
    ChangeRequestView,
    CommentView,
    EditView,
    PersonView,
    PolicyView,
)


def policy_view(environment: str, row: PolicyRow) -> PolicyView:
    policy = row.policy
    return PolicyView.model_validate(
        {
            "environment": environment,
            "required": policy.required,
            "people": policy.people,
            "reviewer_right": policy.right,
            "own_approvals": policy.own_approvals,
            "edits_void_approvals": policy.edits_void_approvals,
            "rules": [stored_rule(each) for each in policy.rules],
            "version": row.revision,
            "updated_at": row.updated_at,
        }
    )


def summary(row: RequestRow, approvals: Sequence[Approval]) -> ChangeRequestSummary:
    return ChangeRequestSummary.model_validate(_summary(row, approvals))


def change_request_view(
    row: RequestRow, approvals: Sequence[Approval], collisions: Sequence[Sequence[str]]
) -> ChangeRequestView:
    """`collisions` are those of each edit."""
    return ChangeRequestView.model_validate(
        {
            **_summary(row, approvals),
            "description": row.description,
            "revision": row.revision,
            "edits": [_edit_view(each, found) for each, found in zip(row.edits, collisions, strict=True)],
            "approvals": [each.document() for each in approvals],
            "scheduled_by": row.scheduled_by,
            "ended_at": row.ended_at,
            "ended_by": row.ended_by,
            "impacts": [{"environment": key, **row.impacts[key]} for key in sorted(row.impacts)],
            "bypassed": row.bypassed,
            "environment_versions": row.environment_versions,
        }
    )


def audited(row: RequestRow) -> dict[str, Any]:
    """The change request as the audit log keeps it."""
    return {
        "number": row.number,
        "title": row.title,
        "description": row.description,
        "state": row.state.value,
        "revision": row.revision,
        "environments": row.environments,
        "edits": [
            {
                "entity": each.edit.entity,
                "key": each.edit.key,
                "environment": each.edit.environment,
                "action": each.edit.action,
                "document": dict(each.edit.document if each.audited is None else each.audited),
            }
            for each in row.edits
        ],
        "scheduled_at": None if row.scheduled_at is None else row.scheduled_at.isoformat(),
        "failure": row.failure,
        "bypassed": row.bypassed,
        "changed_percent": {key: row.changed_percent(key) for key in sorted(row.impacts)},
        "version": row.version,
    }


def comment_view(row: CommentRow) -> CommentView:
    return CommentView(
        number=row.number,
        author=PersonView.model_validate(row.author),
        verdict=row.verdict,
        text=row.text,
        revision=row.revision,
        created_at=row.created_at,
    )


def _summary(row: RequestRow, approvals: Sequence[Approval]) -> dict[str, Any]:
    names = (
        "number",
        "title",
        "state",
        "author",
        "environments",
        "scheduled_at",
        "failure",
        "version",
        "created_at",
        "updated_at",
    )
    return {
        **{name: getattr(row, name) for name in names},
        "edits_count": len(row.edits),
        "approved": all(each.missing == 0 for each in approvals),
    }


def _edit_view(proposed: ProposedEdit, collisions: Sequence[str]) -> EditView:
    edit = proposed.edit
    return EditView(
        entity=edit.entity,
        key=edit.key,
        environment=edit.environment,
        action=edit.action,
        document=dict(edit.document),
        base_version=edit.base_version,
        environments=list(proposed.environments),
        difference=difference_of(proposed),
        collisions=list(collisions),
    )
