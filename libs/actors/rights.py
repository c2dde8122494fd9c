"""The rights that are asked outside of the control plane, of all that it has, and the refusal that names one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from service_kit.problems import Forbidden

Right = Literal["results:read", "exposures:read", "experiment:update", "export:manage", "data:erase"]
_EVERYBODY = ("owner", "administrator", "developer", "analyst", "viewer")
ROLES_OF_RIGHTS: Mapping[str, Sequence[str]] = {
    "results:read": _EVERYBODY,
    "exposures:read": _EVERYBODY,
    "experiment:update": ("owner", "administrator", "developer", "analyst"),
    "export:manage": ("owner", "administrator"),
    "data:erase": ("owner",),
}
"""The built-in roles that give each, for refusals."""


class MissingRight(Forbidden):
    """Names the right, where it is missing, and who has it, as the control plane does."""

    default_code = "missing_right"

    def __init__(self, right: Right, scope: str) -> None:
        roles = list(ROLES_OF_RIGHTS[right])
        super().__init__(
            f"the right {right} is missing for {scope}: the role {' or '.join(roles)} gives it; "
            "whoever manages members can give the role",
            members={"right": right, "scope": scope, "roles": roles},
        )
