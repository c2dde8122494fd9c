"""The policy of what each role may do: a Casbin model and policy, in the two files beside this one.

A check by Casbin costs about a millisecond, so each decision is kept; the policy can't change while the process runs.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import casbin

from control_plane.access.roles import Role

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=1)
def _enforcer() -> Any:
    return casbin.Enforcer(str(_FOLDER / "policy.conf"), str(_FOLDER / "policy.csv"))


@lru_cache(maxsize=1024)
def allows(role: Role, resource: str, action: str) -> bool:
    """Whether the policy lets `role` do `action` on `resource`."""
    return bool(_enforcer().enforce(role.value, resource, action))
