"""The refusals of a write to a project entity.

`refused_fields` tells as field errors what the rule engine refuses.

InvalidInput 422
└── ReasonRequired  `reason_required`: an environment wants to know why what it serves is changed
Conflict 409
├── KeyTaken      `key_taken`: the project has this entity already
├── InUse         `in_use`: others name it; the detail says who
├── NotArchived   `not_archived`: only an archived entity is deleted
└── Archived      `archived`: what is archived is restored before it changes
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bucketing.errors import InvalidConfig
from service_kit.problems import Conflict, FieldError, InvalidInput
from service_kit.reasons import REASON_HEADER

from control_plane.entities.usages import Usage

_NAMED_MAX = 10
_OF_APPLICATIONS = ("flag", "config")
_SHARED_KEY = (
    "the project has a flag or a remote config {key!r} already, or one whose key differs only in capital letters"
)


class ReasonRequired(InvalidInput):
    default_code = "reason_required"

    def __init__(self, environment: str) -> None:
        wanted = FieldError(
            REASON_HEADER, "reason_required", f"say why: {environment} asks for a reason of each change"
        )
        super().__init__([wanted])


class KeyTaken(Conflict):
    default_code = "key_taken"

    def __init__(self, kind: str, key: str) -> None:
        own = f"the project has a {kind} {key!r} already"
        super().__init__(_SHARED_KEY.format(key=key) if kind in _OF_APPLICATIONS else own)


class InUse(Conflict):
    default_code = "in_use"

    def __init__(self, what: str, usages: Sequence[Usage]) -> None:
        named = ", ".join(str(each) for each in usages[:_NAMED_MAX])
        more = f" and {len(usages) - _NAMED_MAX} more" if len(usages) > _NAMED_MAX else ""
        super().__init__(f"{what} is used by {named}{more}")


class NotArchived(Conflict):
    default_code = "not_archived"

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"the {kind} {key!r} is not archived: archive it before it is deleted")


class Archived(Conflict):
    default_code = "archived"

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"the {kind} {key!r} is archived: restore it before it changes")


@contextmanager
def refused_fields() -> Iterator[None]:
    """Turns the engine's `InvalidConfig` into `InvalidInput` (422), path by path."""
    try:
        yield
    except InvalidConfig as error:
        raise InvalidInput([FieldError(each.field, each.code, each.reason) for each in error.errors]) from error
