"""From rows of organizations, projects and environments to what is answered, and kept by the audit log."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg

from control_plane.environments.schemas import EnvironmentView, OrganizationView, ProjectView


def organization_view(row: asyncpg.Record) -> OrganizationView:
    return OrganizationView(
        id=row["id"], key=row["key"], name=row["name"], version=row["revision"], created_at=row["created_at"]
    )


def project_view(row: asyncpg.Record, versions: Mapping[str, int] | None = None) -> ProjectView:
    """`versions` as for an environment."""
    return ProjectView(
        id=row["id"],
        organization_id=row["organization_id"],
        key=row["key"],
        name=row["name"],
        description=row["description"],
        archived=row["archived_at"] is not None,
        version=row["revision"],
        created_at=row["created_at"],
        environment_versions=dict(versions or {}),
    )


def environment_view(row: asyncpg.Record, versions: Mapping[str, int] | None = None) -> EnvironmentView:
    """`versions` are those that a write has given to the environments, by their keys."""
    given = dict(versions or {})
    return EnvironmentView(
        id=row["id"],
        project_id=row["project_id"],
        key=row["key"],
        name=row["name"],
        hash_user_keys=row["hash_user_keys"],
        pii_attributes=row["pii_attributes"],
        exposure_attributes=row["exposure_attributes"],
        protected=row["protected"],
        reason_required=row["reason_required"],
        position=row["position"],
        color=row["color"],
        archived=row["archived_at"] is not None,
        version=row["revision"],
        config_version=given.get(row["key"], row["version"]),
        created_at=row["created_at"],
        environment_versions=given,
    )
