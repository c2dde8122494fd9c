"""One sentence that says who did what to which entity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from control_plane.changes.patches import alike

_FIELDS_NAMED_MAX = 4
_UNTOLD = frozenset({"version", "revision", "created_at", "updated_at"})
"""Fields that change with every write."""
_VERBS = {
    "accept_database": "accepted the database's state as",
    "begin": "began",
    "begin_phase": "began a phase of",
    "bypass": "bypassed the approval of",
    "comment": "commented on",
    "copy": "copied",
    "hold": "held",
    "read": "read",
    "remove_from_the_stream": "removed from the stream",
    "resend": "resent",
    "reset": "reset",
    "run": "ran",
    "send": "sent",
    "ship": "shipped",
    "stop": "stopped",
    "submit": "submitted",
    "tag": "tagged",
    "take": "took",
    "undo": "undid",
    "update": "changed",
    "withdraw": "withdrew",
}
"""Actions whose past is another word, or that need more than one; others are regular verbs."""
_NOUNS = {
    "flag_settings": "flag",
    "config": "remote config",
    "config_settings": "remote config",
    "sdk_key": "SDK key",
    "user_data": "data of user",
    "user": "account",
}
_OF_SETTINGS = ("flag_settings", "config_settings", "rollout")
_FAILED = "fail_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Who did what to which entity, as an audit entry has it. `behalf`: whose program it was."""

    actor_kind: str
    actor_name: str
    behalf: str | None
    entity: str
    entity_key: str
    action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def summary_of(deed: Deed) -> str:
    """Such as: ada@example.com turned flag new-checkout on in production."""
    return f"{_who(deed)} {_what(deed)}"


def _who(deed: Deed) -> str:
    if deed.actor_kind == "token":
        whose = f" of {deed.behalf}" if deed.behalf else ""
        return f"token {deed.actor_name}{whose}"
    return deed.actor_name


def _what(deed: Deed) -> str:
    if deed.action in ("sign_in", "fail_sign_in", "refuse_sign_in"):
        return _signing_in(deed)
    noun, name, where = _entity(deed)
    fields = _fields(deed)
    if deed.entity == "flag_settings" and deed.action == "update" and fields[:1] == ["enabled"] and deed.after:
        others = f", and changed its {_listed(fields[1:])}" if fields[1:] else ""
        return f"turned {noun} {name} {'on' if deed.after.get('enabled') else 'off'}{where}{others}"
    told = f"{_verb(deed.action)} {noun} {name}{where}"
    return f"{told}: {_listed(fields)}" if deed.action == "update" and fields else told


def _verb(action: str) -> str:
    if action.startswith(_FAILED):
        return f"failed to {action.removeprefix(_FAILED).replace('_', ' ')}"
    verb, *rest = action.split("_")
    return _VERBS.get(action, " ".join((regular_past(verb), *rest)))


def regular_past(verb: str) -> str:
    """The past of a regular verb."""
    if verb.endswith("y") and verb[-2:-1] not in ("a", "e", "o", "u"):
        return f"{verb[:-1]}ied"
    return f"{verb}d" if verb.endswith("e") else f"{verb}ed"


def _signing_in(deed: Deed) -> str:
    if deed.action == "sign_in":
        return "signed in"
    return f"{'was refused' if deed.action == 'refuse_sign_in' else 'failed'} as {deed.entity_key}"


def _entity(deed: Deed) -> tuple[str, str, str]:
    """What kind of thing it is, what it is called, and in which environment it is."""
    document = deed.after or deed.before or {}
    noun = _NOUNS.get(deed.entity, deed.entity.replace("_", " "))
    name, environment = deed.entity_key, document.get("environment")
    if deed.entity in _OF_SETTINGS:
        name, _, environment = deed.entity_key.rpartition("/")
    elif deed.entity == "override" and "unit" in document:
        name = f"of {document.get('flag')} for {document['unit']}"
    elif _is_uuid(name):
        name = next((str(document[each]) for each in ("email", "name", "key") if document.get(each)), name)
    return noun, name, f" in {environment}" if isinstance(environment, str) and environment else ""


def _fields(deed: Deed) -> list[str]:
    """The entity's own fields that changed, on and off first."""
    if deed.before is None or deed.after is None:
        return []
    names = [name for name in {**deed.before, **deed.after} if name not in _UNTOLD]
    changed = [name for name in names if not alike(deed.before.get(name), deed.after.get(name))]
    return sorted(changed, key=lambda name: name != "enabled")


def _listed(names: Sequence[str]) -> str:
    shown = [name.replace("_", " ") for name in names[:_FIELDS_NAMED_MAX]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
