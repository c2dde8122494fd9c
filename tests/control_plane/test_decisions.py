"""What somebody may do is decided from what holds at the place, without ids: as it would be from all that they have."""

from __future__ import annotations

import itertools
from random import Random
from uuid import UUID

import pytest
from control_plane.access import Right, Role
from control_plane.access.policy import Grant, Policy, RoleDefinition, allows, decided_anywhere
from control_plane.access.scopes import EnvironmentScope, OrganizationScope, ProjectScope, Scope

ORGANIZATIONS = (UUID(int=70), UUID(int=7))
PROJECTS = (UUID(int=17), UUID(int=1))
ENVIRONMENTS = (UUID(int=27), UUID(int=2))
MADE = ("deployer", "reader")
ASKED = (Right.DATA_ERASE, Right.FLAG_UPDATE, Right.FLAG_READ, Right.AUDIT_READ)


def places() -> list[tuple[UUID, UUID | None, UUID | None]]:
    """Those of two organizations, each with the same two projects and environments: ids differ in one part alone."""
    inside = [(None, None), *((each, None) for each in PROJECTS), *itertools.product(PROJECTS, ENVIRONMENTS)]
    return [(organization, *each) for organization in ORGANIZATIONS for each in inside]


def scopes() -> list[tuple[Scope, str]]:
    """Each place as it is asked for, and its path; a write in a protected environment is asked at a path of its own."""
    found: list[tuple[Scope, str]] = []
    for organization, project, environment in places():
        path = "".join(f"/{each}" for each in (organization, project, environment) if each is not None)
        if project is None:
            found.append((OrganizationScope(organization), path))
            continue
        of_project = ProjectScope(organization, project, "shop")
        if environment is None:
            found.append((of_project, path))
            continue
        found.append((of_project.environment(environment, "production", protected=False), path))
        found.append((of_project.environment(environment, "production", protected=True), f"{path}!"))
    return found


def policy_of(random: Random) -> Policy:
    roles = [
        RoleDefinition(each, key, frozenset(random.sample([right.value for right in Right], 30)))
        for each in ORGANIZATIONS
        for key in MADE
    ]
    grants = [Grant(random.choice((*Role, *MADE)), *random.choice(places())) for _ in range(random.randint(0, 4))]
    return Policy(frozenset(grants), frozenset(roles))


@pytest.mark.parametrize("seed", range(8), ids=lambda seed: f"policy {seed}")
def test_a_decision_is_that_of_all_roles_and_bindings(seed: int) -> None:
    policy = policy_of(Random(seed))
    for scope, path in scopes():
        for right in ASKED:
            if right.writes or isinstance(scope, OrganizationScope):
                protected = isinstance(scope, EnvironmentScope) and scope.protected
                if path.endswith("!") == (protected and right.writes):
                    assert allows(policy, right, scope) == decided_anywhere(policy, path, right), (scope, right)


def test_a_decision_is_made_once_for_all_organizations() -> None:
    before = decided_anywhere.cache_info().misses
    for number in range(100, 120):
        owner = Policy(frozenset({Grant(Role.OWNER, UUID(int=number))}))
        assert allows(owner, Right.FLAG_UPDATE, OrganizationScope(UUID(int=number)))
        assert not allows(owner, Right.FLAG_UPDATE, OrganizationScope(UUID(int=number + 1)))
    assert decided_anywhere.cache_info().misses - before <= 2
