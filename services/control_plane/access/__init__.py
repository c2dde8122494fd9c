"""Rights and roles: who is asking, and what they may do."""

from control_plane.access.actor import Actor
from control_plane.access.authenticator import Authenticator
from control_plane.access.authorization import refuse_archived, require
from control_plane.access.requests import OwnTenancy, tenancy_of
from control_plane.access.rights import Right
from control_plane.access.roles import Role
from control_plane.access.routers import api_router, operation_name
from control_plane.access.schemas import RoleKey
from control_plane.access.scopes import EnvironmentScope, OrganizationScope, ProjectScope, Scope

__all__ = [
    "Actor",
    "Authenticator",
    "EnvironmentScope",
    "OrganizationScope",
    "OwnTenancy",
    "ProjectScope",
    "Right",
    "Role",
    "RoleKey",
    "Scope",
    "api_router",
    "operation_name",
    "refuse_archived",
    "require",
    "tenancy_of",
]
