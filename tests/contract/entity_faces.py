"""Where each field of an entity stands, and where it is left out on purpose, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from control_plane.changes import AuditedView
from control_plane.configs.models import ConfigRow, ConfigSettingsRow
from control_plane.configs.schemas import (
    ConfigCreate,
    ConfigPatch,
    ConfigSettingsPatch,
    ConfigSettingsView,
    ConfigView,
)
from control_plane.environments.queries import EnvironmentRow
from control_plane.environments.schemas import (
    EnvironmentCreate,
    EnvironmentPatch,
    EnvironmentView,
    OrganizationCreate,
    OrganizationPatch,
    OrganizationView,
    ProjectCreate,
    ProjectPatch,
    ProjectRoleIn,
    ProjectRoleView,
    ProjectView,
    SdkKeyCreate,
    SdkKeyView,
)
from control_plane.experiments.models import ExperimentRow
from control_plane.experiments.schemas import ExperimentCreate, ExperimentPatch, ExperimentView
from control_plane.flags.models import FlagRow, SettingsRow
from control_plane.flags.schemas import FlagCreate, FlagPatch, FlagView, SettingsPatch, SettingsView
from control_plane.holdouts.models import HoldoutRow
from control_plane.holdouts.schemas import HoldoutCreate, HoldoutPatch, HoldoutView
from control_plane.layers.models import LayerRow
from control_plane.layers.schemas import LayerCreate, LayerPatch, LayerView
from control_plane.metrics.models import MetricRow
from control_plane.metrics.schemas import MetricCreate, MetricPatch, MetricView
from control_plane.people.directory.schemas import ProvisioningTokenCreate, ProvisioningTokenView
from control_plane.people.email_domain_schemas import EmailDomainCreate, EmailDomainView
from control_plane.people.schemas import (
    ApiTokenCreate,
    ApiTokenView,
    InvitationCreate,
    InvitationView,
    MemberView,
    RoleIn,
)
from control_plane.people.single_sign_on.schemas import (
    IdentityProviderCreate,
    IdentityProviderPatch,
    IdentityProviderView,
)
from control_plane.segments.models import SegmentRow
from control_plane.segments.schemas import SegmentCreate, SegmentPatch, SegmentView
from control_plane.webhooks.schemas import WebhookCreate, WebhookPatch, WebhookView
from pydantic import BaseModel


@dataclass(frozen=True)
class LeftOut:
    """`fields` are in none of `faces`, for this reason. Both are words with spaces between."""

    fields: str
    faces: str
    reason: str


@dataclass(frozen=True)
class Entity:
    """`renamed` are the names of columns under which the API has them."""

    name: str
    table: str
    view: type[AuditedView]
    create: type[BaseModel] | None
    patch: type[BaseModel] | None
    row: type | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()

    def faces(self, columns: Iterable[str]) -> dict[str, set[str]]:
        stored = {"table": set(columns)}
        if self.row is not None:
            stored["row"] = {each.name for each in fields(self.row)}
        found = {face: {self.renamed.get(name, name) for name in names} for face, names in stored.items()}
        for face, model in (("create", self.create), ("patch", self.patch), ("view", self.view)):
            if model is not None:
                found[face] = set(model.model_fields)
        return {**found, "audit": found["view"] - self.view.unaudited}


TENANT = LeftOut(
    "organization_id project_id", "create patch view audit", "the path names the tenant, the audit entry has it"
)
GIVEN = LeftOut("id created_at", "create patch", "the service gives them")
COUNTED = LeftOut("version", "create patch", "each write counts it")
UPDATED = LeftOut("updated_at", "create patch", "each write notes it")
ARCHIVED = LeftOut("archived", "create patch", "archive and restore change it")
KEY = LeftOut("key", "patch", "never renamed")
VERSIONS = LeftOut("environment_versions", "table row create patch audit", "of the write; the audit entry has them")
WARNINGS = LeftOut("warnings", "table row create patch audit", "said once, with the answer of a write")
TRIED = LeftOut("changes", "table row create patch audit", "of a dry run, which writes nothing")
CHOICE = LeftOut("on_experiments", "table row create view audit", "said with a write, of experiments that it disturbs")
PROJECT_ENTITY = (TENANT, GIVEN, COUNTED, UPDATED, ARCHIVED, KEY, VERSIONS, WARNINGS, TRIED)

ENTITIES = (
    Entity(
        "segment",
        "segments",
        SegmentView,
        SegmentCreate,
        SegmentPatch,
        SegmentRow,
        left_out=(
            *PROJECT_ENTITY,
            CHOICE,
            LeftOut("long_list", "create patch", "its keys are edited at its own address"),
        ),
    ),
    Entity("metric", "metrics", MetricView, MetricCreate, MetricPatch, MetricRow, left_out=PROJECT_ENTITY),
    Entity("layer", "layers", LayerView, LayerCreate, LayerPatch, LayerRow, left_out=PROJECT_ENTITY),
    Entity(
        "holdout", "holdouts", HoldoutView, HoldoutCreate, HoldoutPatch, HoldoutRow, left_out=(*PROJECT_ENTITY, CHOICE)
    ),
    Entity(
        "flag",
        "flags",
        FlagView,
        FlagCreate,
        FlagPatch,
        FlagRow,
        renamed={"default_serve": "default"},
        left_out=(
            *PROJECT_ENTITY,
            CHOICE,
            LeftOut("type", "patch", "a value of another type would reach the code that asks"),
            LeftOut("changed_by", "table row create patch audit", "the audit log tells it"),
            LeftOut("environments", "table row create patch audit", "from the settings, which are audited themselves"),
        ),
    ),
    Entity(
        "flag settings",
        "flag_settings",
        SettingsView,
        None,
        SettingsPatch,
        SettingsRow,
        renamed={"default_serve": "default"},
        left_out=(
            COUNTED,
            UPDATED,
            VERSIONS,
            WARNINGS,
            TRIED,
            LeftOut("on_experiments", "table row view audit", "said with a write, of experiments that it disturbs"),
            LeftOut("organization_id", "patch view audit", "the path names the tenant, the audit entry has it"),
            LeftOut("flag_id environment_id", "patch view audit", "told by their keys"),
            LeftOut("flag environment", "table row patch", "keys of other rows, from the path"),
            LeftOut("inherited", "table row patch", "says which columns are null"),
        ),
    ),
    Entity(
        "remote config",
        "configs",
        ConfigView,
        ConfigCreate,
        ConfigPatch,
        ConfigRow,
        left_out=(
            *PROJECT_ENTITY,
            CHOICE,
            LeftOut("environments", "table row create patch audit", "from the settings, which are audited themselves"),
        ),
    ),
    Entity(
        "remote config settings",
        "config_settings",
        ConfigSettingsView,
        None,
        ConfigSettingsPatch,
        ConfigSettingsRow,
        left_out=(
            COUNTED,
            UPDATED,
            VERSIONS,
            WARNINGS,
            TRIED,
            LeftOut("organization_id", "patch view audit", "the path names the tenant, the audit entry has it"),
            LeftOut("config_id environment_id", "patch view audit", "told by their keys"),
            LeftOut("config environment", "table row patch", "keys of other rows, from the path"),
            LeftOut("inherited", "table row patch", "says whether the value is null"),
            LeftOut("on_experiments", "table row view audit", "said with a write, of experiments that it disturbs"),
            LeftOut("invalid", "patch view audit", "follows from the rest; told as `invalid_combinations`"),
            LeftOut("invalid_combinations", "table row patch audit", "`invalid`, by ids of overrides"),
        ),
    ),
    Entity(
        "experiment",
        "experiments",
        ExperimentView,
        ExperimentCreate,
        ExperimentPatch,
        ExperimentRow,
        left_out=(
            *PROJECT_ENTITY,
            CHOICE,
            LeftOut("disturbances", "table row create patch audit", "rows of their own, with entries of their own"),
            LeftOut("environment_id", "create patch view audit", "told by `environment`"),
            LeftOut("environment flag", "patch", "another one would be another experiment"),
            LeftOut("status start_at stop_at", "create patch", "start and stop change them"),
            LeftOut("phase phase_started_at ended_phases", "create patch", "what would mix populations changes them"),
            LeftOut("pauses", "create patch", "pause and resume change them"),
            LeftOut("schedule schedule_failure", "create patch", "a write of its own changes them"),
            LeftOut("due_at", "create patch view audit", "the next moment of `schedule`"),
            LeftOut("layer_share", "create patch view audit", "part of `layer`"),
            LeftOut("slot_start slot_end", "create patch view audit", "found at the start; told by `layer`"),
        ),
    ),
    Entity(
        "organization",
        "organizations",
        OrganizationView,
        OrganizationCreate,
        OrganizationPatch,
        renamed={"revision": "version"},
        left_out=(GIVEN, COUNTED, KEY),
    ),
    Entity(
        "project",
        "projects",
        ProjectView,
        ProjectCreate,
        ProjectPatch,
        renamed={"revision": "version", "archived_at": "archived"},
        left_out=(
            VERSIONS,
            GIVEN,
            COUNTED,
            ARCHIVED,
            KEY,
            LeftOut("organization_id", "create patch", "the path names it"),
        ),
    ),
    Entity(
        "environment",
        "environments",
        EnvironmentView,
        EnvironmentCreate,
        EnvironmentPatch,
        EnvironmentRow,
        renamed={"version": "config_version", "revision": "version", "archived_at": "archived"},
        left_out=(
            COUNTED,
            ARCHIVED,
            KEY,
            VERSIONS,
            LeftOut("id", "create patch", "the service gives it"),
            LeftOut("created_at", "row create patch", "no other feature asks for it"),
            LeftOut("color", "row", "pages alone tell environments by it"),
            LeftOut("organization_id", "create patch view audit", "told by its project"),
            LeftOut("project_id", "create patch", "the path names it"),
            LeftOut("salt", "create patch view audit", "random, and shown in explanations alone: it tells buckets"),
            LeftOut("config_version", "create patch audit", "each change counts it; the audit entry has it"),
            LeftOut("approval_required", "create patch view audit", "told by the approval policy"),
            LeftOut("published_version published_at", "create patch view audit", "the relay's, told as publication"),
            LeftOut("repair_requested_at", "row create patch view audit", "a word to the relay"),
            LeftOut("stream_version", "row create patch view audit", "what the relay has let onto the stream"),
            LeftOut("told_subjects", "row create patch view audit", "what the relay told beside the stream"),
        ),
    ),
    Entity(
        "SDK key",
        "sdk_keys",
        SdkKeyView,
        SdkKeyCreate,
        None,
        left_out=(
            VERSIONS,
            LeftOut("id created_at hint", "create", "the service gives them"),
            LeftOut("revoked_at", "create", "revoking sets it"),
            LeftOut("organization_id environment_id", "create view audit", "the path names them"),
            LeftOut("sha256", "create view audit", "what the key is known by leaves only with the config"),
        ),
    ),
    Entity(
        "API token",
        "api_tokens",
        ApiTokenView,
        ApiTokenCreate,
        None,
        left_out=(
            LeftOut("id created_at hint", "create", "the service gives them"),
            LeftOut("last_used_at", "create audit", "each use notes it"),
            LeftOut("revoked_at", "create", "revoking sets it"),
            LeftOut("organization_id", "create view audit", "the path names it"),
            LeftOut("created_by", "create", "whoever makes it"),
            LeftOut("role_key", "create view audit", "shown as `role`, which the version before has of its own"),
            LeftOut("project_id environment_id", "create", "given as `project` and `environment`"),
            LeftOut("project environment", "table view audit", "stored by their ids"),
            LeftOut("sha256", "create view audit", "what a token is known by leaves never"),
        ),
    ),
    Entity(
        "e-mail domain",
        "email_domains",
        EmailDomainView,
        EmailDomainCreate,
        None,
        renamed={"challenge": "record_value"},
        left_out=(
            LeftOut("organization_id", "create view audit", "the path names it"),
            LeftOut("created_at record_value", "create", "the service gives them"),
            LeftOut("record_name", "table create", "made of the domain"),
            LeftOut("verified_at verified_by", "create", "verifying sets them"),
        ),
    ),
    Entity(
        "identity provider",
        "identity_providers",
        IdentityProviderView,
        IdentityProviderCreate,
        IdentityProviderPatch,
        renamed={"revision": "version", "sealed_client_secret": "client_secret"},
        left_out=(
            GIVEN,
            COUNTED,
            LeftOut("organization_id", "create patch view audit", "the path names it"),
            LeftOut("client_secret", "view audit", "sealed; it leaves never"),
        ),
    ),
    Entity(
        "provisioning token",
        "provisioning_tokens",
        ProvisioningTokenView,
        ProvisioningTokenCreate,
        None,
        left_out=(
            LeftOut("id created_at hint", "create", "the service gives them"),
            LeftOut("last_used_at", "create audit", "each use notes it"),
            LeftOut("revoked_at", "create", "revoking sets it"),
            LeftOut("organization_id", "create view audit", "the path names it"),
            LeftOut("created_by", "create", "whoever makes it"),
            LeftOut("sha256", "create view audit", "what a token is known by leaves never"),
        ),
    ),
    Entity(
        "invitation",
        "invitations",
        InvitationView,
        InvitationCreate,
        None,
        left_out=(
            LeftOut("id created_at expires_at mailed created_by", "create", "the service gives them"),
            LeftOut("organization_id", "create view audit", "the path names it"),
            LeftOut("ended_at", "create view audit", "one that ended is shown no more"),
            LeftOut("created_by_kind", "create view audit", "the audit entry of the creation has it"),
            LeftOut("role_key", "create view audit", "shown as `role`, which the version before has of its own"),
            LeftOut("sha256", "create view audit", "what a link is known by leaves never"),
        ),
    ),
    Entity(
        "member",
        "memberships",
        MemberView,
        None,
        RoleIn,
        renamed={"user_id": "id", "revision": "version"},
        left_out=(
            GIVEN,
            COUNTED,
            LeftOut("organization_id", "patch view audit", "the path names it"),
            LeftOut("role_key", "patch view audit", "shown as `role`, which the version before has of its own"),
            LeftOut("email name", "table patch", "of the person, in every organization alike"),
            LeftOut("deactivated_at", "patch", "the organization's directory says"),
        ),
    ),
    Entity(
        "webhook",
        "webhooks",
        WebhookView,
        WebhookCreate,
        WebhookPatch,
        left_out=(
            LeftOut("organization_id", "create patch view audit", "the path names the tenant, the audit entry has it"),
            GIVEN,
            COUNTED,
            LeftOut("updated_at", "create patch audit", "each write notes it; the entry has its own moment"),
            LeftOut("paused_because paused_at", "create patch", "`enabled` says it"),
            LeftOut("secret previous_secret", "create patch view audit", "made by the service, shown once"),
            LeftOut("previous_secret_ends_at", "create patch", "a rotation says it"),
            LeftOut("failing_since", "create patch audit", "attempts note it"),
            LeftOut("slow position", "create patch view audit", "how the work stands"),
        ),
    ),
    Entity(
        "project role",
        "project_roles",
        ProjectRoleView,
        ProjectRoleIn,
        ProjectRoleIn,
        renamed={"user_id": "id"},
        left_out=(
            LeftOut("organization_id project_id", "create patch view audit", "the path names them"),
            LeftOut("id", "create patch", "the path names the member"),
            LeftOut("email name", "table create patch", "of the person, in every project alike"),
        ),
    ),
)
OTHER_TABLES = {
    "application_keys": "which keys flags and remote configs have taken; the database notes",
    "webhook_attempts": "how each attempt at a delivery went; nobody changes them",
    "webhook_deliveries": "what webhooks are told; each is of an audit entry or a test",
    "approval_policies": "how an environment's changes are agreed on; held by its own tests",
    "audit_entries": "the log itself",
    "audit_entry_environments": "which entries concern an environment; the database notes",
    "audit_entry_words": "the words of reasons; the database notes",
    "audit_heads": "where each chain ends",
    "audit_signed_heads": "heads of chains as they were signed; nobody changes them",
    "audit_signing_keys": "what signs heads",
    "change_request_comments": "what was said of change requests; nobody changes it",
    "disturbances": "what experiments that ran were disturbed by; nobody changes it",
    "change_requests": "edits that wait to be agreed on; held by its own tests",
    "config_streams": "how full the relay last saw a stream",
    "directory_group_members": "who is in a provisioned group, as the directory says by SCIM",
    "directory_users": "people as the directory tells of them by SCIM",
    "environment_sizes": "a view: how much each environment holds",
    "identities": "who a person is to an identity provider",
    "lease_candidates": "who would lead, and whether each reaches the bus",
    "leases": "who leads among several processes",
    "outbox": "what the relay has yet to publish",
    "overrides": "units that are put into a variation for a while; held by their own tests",
    "password_resets": "links with which people choose a password",
    "quota_overrides": "limits that an operator set; the audit log has the change, the API tells the limits",
    "publication_blocks": "what the relay must not publish, and why",
    "schema_migrations": "which migrations were applied",
    "incidents": "what guards asked for, and what was done; nobody changes it",
    "rollout_verdicts": "the last word of the monitor on each rollout",
    "verdict_epochs": "the newest term of the monitor that was heard of an environment",
    "rollouts": "shares that move step by step; held by their own tests",
    "rollout_looks": "when the monitor last looked at a rollout, and whether it asks for anything",
    "rollout_templates": "plans and guards with a name; held by their own tests",
    "personas": "named evaluation contexts; held by their own tests",
    "saved_views": "lists narrowed down, under a name; held by their own tests",
    "rollout_transitions": "what became of rollouts; nobody changes it",
    "roles": "what an organization's own roles give",
    "groups": "people who hold roles together",
    "group_members": "who is in a group",
    "bindings": "who holds which role where",
    "sessions": "who is signed in; a person sees their own",
    "signing_keys": "what signs access tokens",
    "sign_in_networks": "where each person has signed in from",
    "usage_counts": "how much is there of each kind; the database counts",
    "usages": "who names whom; rewritten by each write that names something",
    "segment_chunks": "the keys of long lists; a segment tells how many",
    "segment_list_changes": "what each version of a long list changed, to bring earlier ones back",
    "users": "people with their passwords; an organization sees its members",
}
