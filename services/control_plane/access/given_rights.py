"""Which of somebody's roles gives which right: for who asks why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from control_plane.access.policy import Grant, Policy, RoleDefinition, allows, rights_of
from control_plane.access.rights import Right
from control_plane.access.scopes import Scope


@dataclass(frozen=True, slots=True)
class HeldRole:
    """One role at one place, and what it gives by itself."""

    rights: frozenset[Right]
    policy: Policy


def held_role(role: str, scope: tuple[UUID, UUID | None, UUID | None], made: frozenset[RoleDefinition]) -> HeldRole:
    """`scope`: an organization, a project of it, an environment of that. `made`: the organization's own roles."""
    grant = Grant(role, *scope)
    own = next((each for each in made if each.key == role), None)
    return HeldRole(rights_of(role, own), Policy(frozenset({grant}), frozenset({own} if own else ())))


def given_rights(held: Sequence[HeldRole], scope: Scope) -> list[tuple[Right, list[int]]]:
    """Each right that is held at this place, and the numbers of the roles that give it. Rights only add up, so that
    each role is asked alone."""
    given = []
    for right in Right:
        by = [n for n, each in enumerate(held) if right in each.rights and allows(each.policy, right, scope)]
        if by:
            given.append((right, by))
    return given


def holds_all(held: Sequence[HeldRole], rights: Collection[Right], scope: Scope) -> bool:
    """Whether these roles together give every one of these rights at this place."""
    return all(any(right in each.rights and allows(each.policy, right, scope) for each in held) for right in rights)
