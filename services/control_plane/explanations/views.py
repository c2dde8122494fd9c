"""From an explanation and the last change to what is answered."""

from __future__ import annotations

from bucketing.explanation import Explanation, abridged_explanation

from control_plane.changes.versions import Version
from control_plane.explanations.schemas import ExplanationView, LastChange


def explanation_view(explained: tuple[Explanation, Version | None]) -> ExplanationView:
    explanation, change = explained
    last = None if change is None else _last_change(change)
    told = abridged_explanation(explanation.to_dict())
    return ExplanationView.model_validate({**told, "last_changed_by": last})


def _last_change(change: Version) -> LastChange:
    return LastChange(
        who={"kind": change.actor_kind, "id": change.actor_id, "name": change.actor_name},
        when=change.at,
        entry=change.number,
        entity=change.entity,
        entity_key=change.entity_key,
        action=change.action,
        version=change.version,
        reason=change.reason,
    )
