"""The policy of what somebody may do: a Casbin model and the built-in roles, in the two files beside this one, and
the roles and bindings that an organization made.

A check by Casbin costs about a millisecond, so each decision is kept, by the very roles and bindings it was made from:
another replica's change is seen with the next request, because they are read anew for each. It is made of those that
hold at the place, whatever the ids: what one owner may do in their organization, any other may in theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import casbin

from control_plane.access.rights import Right
from control_plane.access.roles import KEEPERS, Role
from control_plane.access.scopes import EnvironmentScope, OrganizationScope, Scope

_FOLDER = Path(__file__).parent
_SUBJECT = "somebody"
_SHUT = "!"
"""Ends the place of a write in a protected environment."""
_NUMBERS = tuple(UUID(int=number) for number in (1, 2, 3))


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held at a place: an organization, a project of it, or an environment of that."""

    role: str
    organization_id: UUID
    project_id: UUID | None = None
    environment_id: UUID | None = None

    @property
    def path(self) -> str:
        inside = (self.organization_id, self.project_id, self.environment_id)
        return "".join(f"/{each}" for each in inside if each is not None)


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A role that an organization made."""

    organization_id: UUID
    key: str
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class Policy:
    """What decides about one person or program."""

    grants: frozenset[Grant] = frozenset()
    roles: frozenset[RoleDefinition] = frozenset()


def allows(policy: Policy, right: Right, scope: Scope) -> bool:
    """Whether `policy` gives `right` at this place.

    A reading right asked of a project is also given by what is held anywhere inside: whoever works in one environment
    sees the flags that are served there.
    """
    if not right.writes and not isinstance(scope, OrganizationScope):
        return allows_inside(policy, right, scope)
    shut = right.writes and isinstance(scope, EnvironmentScope) and scope.protected
    return _decided(policy, _path_of(scope) + _SHUT * shut, right)


def allows_inside(policy: Policy, right: Right, scope: Scope) -> bool:
    """Whether `policy` gives `right` at this place, or anywhere inside."""
    path = _path_of(scope)
    inside = {each.path for each in policy.grants if each.path.startswith(f"{path}/")}
    return _decided(policy, path, right) or any(_decided(policy, each, right) for each in sorted(inside))


@lru_cache(maxsize=1024)
def rights_of(role: str, made: RoleDefinition | None = None) -> frozenset[Right]:
    """What a role may do: a built-in one, or one that an organization made."""
    grant = Grant(role, made.organization_id if made else UUID(int=0))
    policy = Policy(frozenset({grant}), frozenset({made} if made else ()))
    return frozenset(right for right in Right if _decided(policy, grant.path, right))


def holds_at(path: str, bound: str) -> bool:
    """Whether what is bound to `bound` holds at `path`: there, and in all that lies inside.

    A place that ends in `!` is shut: only a binding to that very environment holds, or one that ends in `!` too.
    """
    if path.endswith(_SHUT):
        if bound.endswith(_SHUT):
            return path[:-1] == bound[:-1] or path.startswith(f"{bound[:-1]}/")
        return path[:-1] == bound
    return not bound.endswith(_SHUT) and (path == bound or path.startswith(f"{bound}/"))


def _path_of(scope: Scope) -> str:
    path = f"/{scope.organization_id}"
    if isinstance(scope, OrganizationScope):
        return path
    path += f"/{scope.project_id}"
    return f"{path}/{scope.environment_id}" if isinstance(scope, EnvironmentScope) else path


@lru_cache(maxsize=65_536)
def _decided(policy: Policy, path: str, right: Right) -> bool:
    return decided_anywhere(*_without_ids(policy, path), right)


@lru_cache(maxsize=65_536)
def decided_anywhere(policy: Policy, path: str, right: Right) -> bool:
    """What Casbin says."""
    return bool(_enforcer(policy).enforce(_SUBJECT, path, right.value))


def _without_ids(policy: Policy, path: str) -> tuple[Policy, str]:
    """The same question, asked of the roles that hold at `path` alone, with numbers in place of the ids."""
    ids = path.removesuffix(_SHUT).split("/")[1:]
    holding = [each for each in policy.grants if holds_at(path, each.path) or holds_at(path, each.path + _SHUT)]
    # What holds at a place is bound to it, or around it: to the first of its ids.
    grants = frozenset(Grant(each.role, *_NUMBERS[: each.path.count("/")]) for each in holding)
    held = {each.role for each in holding}
    roles = frozenset(
        RoleDefinition(_NUMBERS[0], each.key, each.rights)
        for each in policy.roles
        if each.key in held and str(each.organization_id) == ids[0]
    )
    numbered = "".join(f"/{each}" for each in _NUMBERS[: len(ids)])
    return Policy(grants, roles), numbered + _SHUT * path.endswith(_SHUT)


@lru_cache(maxsize=1024)
def _enforcer(policy: Policy) -> Any:
    enforcer: Any = casbin.Enforcer(str(_FOLDER / "policy.conf"), str(_FOLDER / "policy.csv"))
    enforcer.add_named_domain_matching_func("g", holds_at)
    for made in policy.roles:
        for right in made.rights:
            enforcer.add_policy(_role_name(made.key, made.organization_id), right)
    for grant in policy.grants:
        role = grant.role if grant.role in _BUILT_IN else _role_name(grant.role, grant.organization_id)
        enforcer.add_grouping_policy(_SUBJECT, role, grant.path)
        if role in KEEPERS:
            enforcer.add_grouping_policy(_SUBJECT, role, grant.path + _SHUT)
    return enforcer


_BUILT_IN = frozenset(Role)


def _role_name(key: str, organization_id: UUID) -> str:
    """Two organizations may use one key for different roles."""
    return f"{organization_id}/{key}"
