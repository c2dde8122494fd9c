"""What a direct write of an environment is held against: where people have to agree, it becomes a change request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service_kit.origins import current_reason, note_right
from service_kit.problems import FieldError, InvalidInput
from service_kit.reasons import REASON_HEADER

from control_plane.access import Right
from control_plane.entities.bypass import bypass_asked
from control_plane.entities.models import Edit
from control_plane.entities.transactions import WriteTransaction
from control_plane.environments.queries import EnvironmentRow
from control_plane.reviews.application import Bypass
from control_plane.reviews.errors import ApprovalRequired
from control_plane.reviews.policies import Effect
from control_plane.reviews.policies_repository import policies_of


class PolicyAgreement:
    """Asks the policy of each environment whose answers a write changes; what switches off is never brought here."""

    async def check(self, write: WriteTransaction, environments: Sequence[EnvironmentRow]) -> None:
        """Raises `ApprovalRequired`; with a bypass `MissingRight`, or `InvalidInput` without a reason."""
        asking = [each for each in environments if each.approval_required]
        if not asking:
            return
        policies = await policies_of(write.tx, write.scope.organization_id, [each.id for each in asking])
        effect = Effect(write.entity, "update" if write.edit is None else write.edit.action, shrinking=False)
        waiting = [each for each in asking if policies[each.id].policy.people_for(effect)]
        if not waiting:
            return
        if not bypass_asked():
            create_url = f"/api/v1/projects/{write.scope.project_id}/change-requests"
            raise ApprovalRequired([each.key for each in waiting], create_url, edit_document(write.edit))
        for each in waiting:
            write.require(Right.CHANGE_BYPASS, each)
        requested_bypass()
        note_right(Right.CHANGE_BYPASS)


def requested_bypass() -> Bypass | None:
    """Of the request that is being served. Raises `InvalidInput` (`reason_required`) for one without a reason."""
    if not bypass_asked():
        return None
    reason = current_reason()
    if not reason:
        raise InvalidInput(
            [FieldError(REASON_HEADER, "reason_required", "say why nobody else has to agree")], code="reason_required"
        )
    return Bypass(reason)


def edit_document(edit: Edit | None) -> dict[str, Any] | None:
    """The edit as a change request takes it, without a version where none was named; None of what is no edit."""
    if edit is None or not edit.whole:
        return None
    document = {
        "entity": edit.entity,
        "key": edit.key,
        "environment": edit.environment,
        "action": edit.action,
        "document": dict(edit.document),
        "base_version": edit.base_version,
    }
    return {name: value for name, value in document.items() if value is not None}
