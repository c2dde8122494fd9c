"""The types of events that a webhook is told: what the audit log keeps, as `noun.verb` in the past (`flag.updated`).

The list is closed for filters, so that a typing error is found when it is made. An entry that isn't on it still has a
type, and reaches who asked for all events or all of its noun.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from control_plane.changes.sentences import regular_past

ANY = "*"
TEST = "webhook.tested"
_OF_ENTITIES = ("create", "update", "archive", "restore", "delete")
_ACTIONS: Mapping[str, Iterable[str]] = {
    "flag": _OF_ENTITIES,
    "flag_settings": ("update",),
    "override": ("create", "update", "delete"),
    "rollout": (
        "create",
        "update",
        "delete",
        "start",
        "advance",
        "approve",
        "pause",
        "resume",
        "hold",
        "notify",
        "complete",
        "roll_back",
        "cancel",
        "retire",
    ),
    "incident": ("open",),
    "rollout_template": ("create", "update", "delete"),
    "config": _OF_ENTITIES,
    "config_settings": ("update",),
    "segment": _OF_ENTITIES,
    "metric": _OF_ENTITIES,
    "layer": _OF_ENTITIES,
    "holdout": _OF_ENTITIES,
    "experiment": (
        *_OF_ENTITIES,
        "start",
        "stop",
        "pause",
        "resume",
        "begin_phase",
        "ship",
        "schedule",
        "unschedule",
        "fail_start",
        "fail_stop",
    ),
    "persona": ("create", "update", "delete"),
    "saved_view": ("create", "update", "delete"),
    "bulk_change": ("tag", "archive", "restore", "switch"),
    "disturbance": ("accept", "mark"),
    "change_request": (
        "propose",
        "update",
        "approve",
        "reject",
        "schedule",
        "cancel",
        "apply",
        "bypass",
        "fail_apply",
        "withdraw",
    ),
    "approval_policy": ("update",),
    "organization": ("create", "update"),
    "project": ("create", "update", "archive", "restore"),
    "environment": ("create", "update", "archive", "restore"),
    "sdk_key": ("create", "rotate", "revoke"),
    "publication": ("republish", "accept_database", "remove_from_the_stream"),
    "member": ("create", "update", "delete"),
    "invitation": ("create", "withdraw"),
    "project_role": ("create", "update", "delete"),
    "token": ("create", "revoke"),
    "identity_provider": ("create", "update", "delete"),
    "email_domain": ("create", "verify", "delete"),
    "provisioning_token": ("create", "revoke"),
    "directory_user": ("create", "update", "delete"),
    "group": ("create", "update", "delete", "add_member", "remove_member"),
    "role": ("create", "update", "delete"),
    "binding": ("create", "delete"),
    "audit_head": ("sign",),
    "user": (
        "sign_in",
        "sign_out",
        "end_session",
        "end_sessions",
        "fail_sign_in",
        "refuse_sign_in",
        "request_password_reset",
        "reset_password",
        "change_password",
    ),
    "quotas": ("update",),
    "result_snapshot": ("take",),
    "experiment_units": ("read",),
    "export": ("create", "update", "delete", "run", "test"),
    "user_data": ("erase",),
    "dead_letters": ("read", "replay"),
    "webhook": ("create", "update", "delete", "rotate", "pause", "test", "resend"),
}
_IRREGULAR = {
    "hold": "held",
    "read": "read",
    "roll_back": "rolled_back",
    "reset": "reset",
    "remove_from_the_stream": "removed_from_the_stream",
    "run": "run",
    "take": "taken",
    "sign_in": "signed_in",
    "sign_out": "signed_out",
    "stop": "stopped",
    "begin": "begun",
    "ship": "shipped",
    "resend": "resent",
    "withdraw": "withdrawn",
    "tag": "tagged",
    "undo": "undone",
}


def event_type(entity: str, action: str) -> str:
    """`flag` and `update` are `flag.updated`; `user` and `fail_sign_in` are `user.sign_in_failed`."""
    verb, _, rest = action.partition("_")
    if action in _IRREGULAR or not rest:
        return f"{entity}.{_past(action)}"
    return f"{entity}.{rest}_{_past(verb)}"


def _past(verb: str) -> str:
    return _IRREGULAR.get(verb) or regular_past(verb)


EVENT_TYPES = frozenset(event_type(entity, action) for entity, actions in _ACTIONS.items() for action in actions)
NOUNS = frozenset(name.partition(".")[0] for name in EVENT_TYPES)


def is_pattern(text: str) -> bool:
    """Whether a filter may name it: a type, `noun.*` or `*`."""
    noun, _, verb = text.partition(".")
    return text == ANY or text in EVENT_TYPES or (noun in NOUNS and verb == ANY)


def fits(event: str, patterns: Iterable[str]) -> bool:
    noun = event.partition(".")[0]
    return not {ANY, event, f"{noun}.{ANY}"}.isdisjoint(patterns)
