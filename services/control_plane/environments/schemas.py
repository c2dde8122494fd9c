"""Bodies and answers of organizations, projects, environments and SDK keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from bucketing.limits import EXPOSURE_ATTRIBUTES_MAX
from messages.sdk_keys import KeyKind
from pydantic import Field, StringConstraints
from service_kit.schemas import Description, Input, Name, OneOf, Output

from control_plane.access import RoleKey
from control_plane.changes import AuditedView
from control_plane.environments.keys import EntityKey
from control_plane.quotas import Holder, Quota

OVERLAP_SECONDS_MAX = 30 * 86_400
SdkKeyKind = Annotated[str, OneOf(KeyKind)]
AttributeName = Annotated[str, StringConstraints(min_length=1, max_length=256)]
PiiAttributes = Annotated[list[AttributeName], Field(max_length=100)]
ExposureAttributes = Annotated[list[AttributeName], Field(max_length=EXPOSURE_ATTRIBUTES_MAX)]


class OrganizationCreate(Input):
    key: EntityKey
    name: Name


class OrganizationPatch(Input):
    name: Name


class OrganizationView(AuditedView):
    id: UUID
    key: str
    name: str
    version: int
    created_at: datetime


class ProjectCreate(Input):
    key: EntityKey
    name: Name
    description: Description = ""


class ProjectPatch(Input):
    name: Name | None = None
    description: Description | None = None


class ProjectView(AuditedView):
    unaudited: ClassVar = frozenset({"environment_versions"})

    id: UUID
    organization_id: UUID
    key: str
    name: str
    description: str
    archived: bool
    version: int
    created_at: datetime
    environment_versions: dict[str, int] = Field(default_factory=dict)
    """After it was archived or restored."""


Position = Annotated[
    int, Field(ge=0, le=1_000_000, description="Where it stands among its project's: dev before production.")
]
EnvironmentColor = Literal["automatic", "green", "blue", "violet", "pink", "red", "amber", "teal", "gray"]
COLOR = "By what pages tell it from others; `automatic` follows its place, and is one of its own where it is protected."
PROTECTED = (
    "What it serves is changed by those alone who have a role in this very environment, and by the project's "
    "administrators."
)
REASON_REQUIRED = "A change of what it serves gives a reason; switching off does not wait for one."


class EnvironmentCreate(Input):
    key: EntityKey
    name: Name
    hash_user_keys: bool = False
    pii_attributes: PiiAttributes = Field(default_factory=list)
    exposure_attributes: ExposureAttributes = Field(default_factory=list)
    protected: Annotated[bool, Field(description=PROTECTED)] = False
    reason_required: Annotated[bool, Field(description=REASON_REQUIRED)] = False
    position: Position | None = None
    """Left out: behind the others."""
    color: Annotated[EnvironmentColor, Field(description=COLOR)] = "automatic"


class EnvironmentPatch(Input):
    name: Name | None = None
    hash_user_keys: bool | None = None
    pii_attributes: PiiAttributes | None = None
    exposure_attributes: ExposureAttributes | None = None
    protected: bool | None = None
    reason_required: bool | None = None
    position: Position | None = None
    color: EnvironmentColor | None = None


class EnvironmentView(AuditedView):
    unaudited: ClassVar = frozenset({"config_version", "environment_versions"})

    id: UUID
    project_id: UUID
    key: str
    name: str
    hash_user_keys: bool
    pii_attributes: list[str]
    exposure_attributes: list[str]
    protected: bool
    reason_required: bool
    position: int
    color: EnvironmentColor
    archived: bool
    version: int
    """Of the environment's own fields, for If-Match."""
    config_version: int
    """Of everything that it serves."""
    created_at: datetime
    environment_versions: dict[str, int] = Field(default_factory=dict)


class ProjectRoleIn(Input):
    role: RoleKey


class ProjectRoleView(AuditedView):
    id: UUID
    email: str
    name: str
    role: str


class SdkKeyCreate(Input):
    kind: SdkKeyKind
    name: Name
    expires_at: datetime | None = None


class RotationIn(Input):
    overlap_seconds: Annotated[int, Field(strict=True, ge=0, le=OVERLAP_SECONDS_MAX)] = 86_400
    """How long the old key is still taken."""


class SdkKeyView(AuditedView):
    unaudited: ClassVar = frozenset({"environment_versions"})

    id: UUID
    kind: SdkKeyKind
    name: str
    hint: str
    expires_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime
    environment_versions: dict[str, int] = Field(default_factory=dict)


class NewSdkKeyView(SdkKeyView):
    key: str
    """Shown this once."""


class QuotaView(Output):
    quota: Annotated[str, OneOf(Quota)]
    holder: Annotated[str, OneOf(Holder)]
    environment: str | None
    """Its key, of a quota that an environment holds."""
    limit: int
    used: int
    share: float
    """Used of the limit; from 0.8 on a write is answered with a warning, above 1 it is refused."""


class QuotasView(Output):
    items: list[QuotaView]
