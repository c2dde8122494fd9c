"""The rights: the one closed list that endpoints, policy, API, UI and documents use.

A right is `noun:verb`. `archive` covers restoring; for a flag `update` is of its definition and its settings alike.
"""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """What somebody may do at a place, and at all that lies inside."""

    ORGANIZATION_READ = "organization:read"
    ORGANIZATION_UPDATE = "organization:update"
    MEMBER_READ = "member:read"
    MEMBER_MANAGE = "member:manage"
    ROLE_READ = "role:read"
    ROLE_MANAGE = "role:manage"
    GROUP_READ = "group:read"
    GROUP_MANAGE = "group:manage"
    TOKEN_READ = "token:read"  # noqa: S105 - the name of a right
    TOKEN_MANAGE = "token:manage"  # noqa: S105 - the name of a right
    IDENTITY_PROVIDER_MANAGE = "identity_provider:manage"
    WEBHOOK_READ = "webhook:read"
    WEBHOOK_MANAGE = "webhook:manage"
    EXPORT_MANAGE = "export:manage"
    QUOTA_READ = "quota:read"
    AUDIT_READ = "audit:read"
    DATA_ERASE = "data:erase"

    PROJECT_READ = "project:read"
    PROJECT_CREATE = "project:create"
    PROJECT_UPDATE = "project:update"
    PROJECT_ARCHIVE = "project:archive"

    ENVIRONMENT_READ = "environment:read"
    ENVIRONMENT_CREATE = "environment:create"
    ENVIRONMENT_UPDATE = "environment:update"
    ENVIRONMENT_ARCHIVE = "environment:archive"
    SDK_KEY_READ = "sdk_key:read"
    SDK_KEY_MANAGE = "sdk_key:manage"
    PUBLICATION_READ = "publication:read"
    PUBLICATION_REPUBLISH = "publication:republish"
    EDGE_READ = "edge:read"

    FLAG_READ = "flag:read"
    FLAG_CREATE = "flag:create"
    FLAG_UPDATE = "flag:update"
    FLAG_SWITCH = "flag:toggle"
    FLAG_ARCHIVE = "flag:archive"
    FLAG_DELETE = "flag:delete"
    CONFIG_READ = "config:read"
    CONFIG_CREATE = "config:create"
    CONFIG_UPDATE = "config:update"
    CONFIG_ARCHIVE = "config:archive"
    CONFIG_DELETE = "config:delete"
    SEGMENT_READ = "segment:read"
    SEGMENT_CREATE = "segment:create"
    SEGMENT_UPDATE = "segment:update"
    SEGMENT_ARCHIVE = "segment:archive"
    SEGMENT_DELETE = "segment:delete"
    METRIC_READ = "metric:read"
    METRIC_CREATE = "metric:create"
    METRIC_UPDATE = "metric:update"
    METRIC_ARCHIVE = "metric:archive"
    METRIC_DELETE = "metric:delete"
    LAYER_READ = "layer:read"
    LAYER_CREATE = "layer:create"
    LAYER_UPDATE = "layer:update"
    LAYER_ARCHIVE = "layer:archive"
    LAYER_DELETE = "layer:delete"
    HOLDOUT_READ = "holdout:read"
    HOLDOUT_CREATE = "holdout:create"
    HOLDOUT_UPDATE = "holdout:update"
    HOLDOUT_ARCHIVE = "holdout:archive"
    HOLDOUT_DELETE = "holdout:delete"
    EXPERIMENT_READ = "experiment:read"
    EXPERIMENT_CREATE = "experiment:create"
    EXPERIMENT_UPDATE = "experiment:update"
    EXPERIMENT_START = "experiment:start"
    EXPERIMENT_STOP = "experiment:stop"
    EXPERIMENT_ASSIGN = "experiment:assign"
    EXPERIMENT_ARCHIVE = "experiment:archive"
    EXPERIMENT_DELETE = "experiment:delete"

    RESULTS_READ = "results:read"
    EXPOSURES_READ = "exposures:read"
    CONTEXT_EXPLAIN = "context:explain"
    ROLLOUT_MANAGE = "rollout:manage"
    ROLLOUT_OVERRIDE = "rollout:override"
    CHANGE_PROPOSE = "change:propose"
    CHANGE_REVIEW = "change:review"
    CHANGE_APPLY = "change:apply"
    CHANGE_BYPASS = "change:bypass"

    @property
    def noun(self) -> str:
        return self.partition(":")[0]

    @property
    def verb(self) -> str:
        return self.partition(":")[2]

    @property
    def writes(self) -> bool:
        """Whether it changes anything: what a protected environment keeps for those who are bound to it."""
        return self.verb not in _HARMLESS


_HARMLESS = frozenset({"read", "explain", "propose", "review"})
