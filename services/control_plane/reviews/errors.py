"""The refusals of change requests.

Forbidden 403
├── PersonRequired    `person_required`: a program proposes, it never approves
└── OwnChange         `own_change`: whoever wrote an edit doesn't approve it here
Conflict 409
├── NotOpen           `not_open`: what has ended, or is rejected, is not reviewed, scheduled or applied
├── NotApproved       `not_approved`: the member `approvals` says who is missing where
├── Collision         `collision`: what it touches was changed meanwhile; the errors name the fields
├── TooManyComments   `too_many_comments`
└── ApprovalRequired  `approval_required`: a write that needs a change request; `edit` and `create_url` say which
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from service_kit.problems import Conflict, FieldError, Forbidden


class PersonRequired(Forbidden):
    default_code = "person_required"

    def __init__(self) -> None:
        super().__init__("only a person may approve or reject: a program may propose and comment")


class OwnChange(Forbidden):
    default_code = "own_change"

    def __init__(self) -> None:
        super().__init__("you wrote an edit of it, and here authors don't approve their own")


class NotOpen(Conflict):
    default_code = "not_open"

    def __init__(self, state: str) -> None:
        super().__init__(f"the change request is {state}")


class NotApproved(Conflict):
    default_code = "not_approved"

    def __init__(self, missing: Sequence[str], approvals: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(f"approvals are missing: {'; '.join(missing)}", members={"approvals": list(approvals)})


class Collision(Conflict):
    default_code = "collision"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        named = ", ".join(error.field for error in errors[:5])
        super().__init__(f"what it touches was changed meanwhile: {named}. Give it new edits", errors=errors)


class TooManyComments(Conflict):
    default_code = "too_many_comments"

    def __init__(self, most: int) -> None:
        super().__init__(f"a change request has at most {most} comments and reviews")


class ApprovalRequired(Conflict):
    default_code = "approval_required"

    def __init__(self, environments: Sequence[str], create_url: str, edit: Mapping[str, Any] | None) -> None:
        super().__init__(
            f"changes of {', '.join(environments)} need approval: send `edit` to `create_url` as a change request",
            members={"environments": list(environments), "create_url": create_url, "edit": edit},
        )
