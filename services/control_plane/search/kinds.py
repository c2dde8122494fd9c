"""What is found: each kind with the table that it stands in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from control_plane.access import Right


class Kind(StrEnum):
    """What a search finds."""

    FLAG = "flag"
    CONFIG = "config"
    SEGMENT = "segment"
    EXPERIMENT = "experiment"
    METRIC = "metric"
    ROLLOUT = "rollout"
    LAYER = "layer"
    HOLDOUT = "holdout"
    CHANGE_REQUEST = "change_request"
    OVERRIDE = "override"
    ENVIRONMENT = "environment"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a kind stands, as SQL. `text` is what is told of it beside key and name. `within`: what it is narrowed to
    besides the organization; `environment`: the key of the one that it stands in."""

    right: Right
    table: str
    within: str
    key: str = "t.key"
    name: str = "t.name"
    text: str = "t.description"
    environment: str = "NULL::text"
    archived: str = "false"


_PROJECT = "t.project_id = $2"
_READABLE = "t.environment_id = ANY($7::uuid[])"

SOURCES: dict[Kind, Source] = {
    Kind.FLAG: Source(right=Right.FLAG_READ, table="flags t", within=_PROJECT, archived="t.archived"),
    Kind.CONFIG: Source(right=Right.CONFIG_READ, table="configs t", within=_PROJECT, archived="t.archived"),
    Kind.SEGMENT: Source(right=Right.SEGMENT_READ, table="segments t", within=_PROJECT, archived="t.archived"),
    Kind.EXPERIMENT: Source(
        right=Right.EXPERIMENT_READ,
        table="experiments t",
        within=_PROJECT,
        text="concat_ws(' ', t.hypothesis, t.description)",
        environment="t.environment",
        archived="t.archived",
    ),
    Kind.METRIC: Source(right=Right.METRIC_READ, table="metrics t", within=_PROJECT, archived="t.archived"),
    Kind.ROLLOUT: Source(
        right=Right.FLAG_READ,
        table="rollouts t JOIN environments e ON e.id = t.environment_id",
        within=f"{_PROJECT} AND {_READABLE}",
        environment="e.key",
        archived="t.ended_at IS NOT NULL",
    ),
    Kind.LAYER: Source(right=Right.LAYER_READ, table="layers t", within=_PROJECT, archived="t.archived"),
    Kind.HOLDOUT: Source(right=Right.HOLDOUT_READ, table="holdouts t", within=_PROJECT, archived="t.archived"),
    Kind.CHANGE_REQUEST: Source(
        right=Right.PROJECT_READ,
        table="change_requests t",
        within=f"{_PROJECT} AND t.nouns <@ $8::text[]",
        key="t.number::text",
        name="t.title",
        archived="t.state NOT IN ('open', 'scheduled')",
    ),
    # Many units, so by how they begin: that is looked up.
    Kind.OVERRIDE: Source(
        right=Right.FLAG_READ,
        table=(
            "(SELECT o.organization_id, NULL::uuid AS id, o.unit AS key, o.environment_id, "
            "string_agg(f.key, ', ' ORDER BY f.key) AS flags FROM overrides o JOIN flags f ON f.id = o.flag_id "
            "WHERE o.organization_id = $1 AND o.environment_id = ANY($7::uuid[]) AND starts_with(o.unit, $9) "
            "AND o.expires_at > $10 GROUP BY o.organization_id, o.unit, o.environment_id) t "
            "JOIN environments e ON e.id = t.environment_id"
        ),
        within="true",
        name="t.key",
        text="'in a variation of ' || t.flags",
        environment="e.key",
    ),
    Kind.ENVIRONMENT: Source(
        right=Right.ENVIRONMENT_READ,
        table="environments t",
        within=f"{_PROJECT} AND t.id = ANY($11::uuid[])",
        text="''",
        environment="t.key",
        archived="t.archived_at IS NOT NULL",
    ),
    Kind.MEMBER: Source(
        right=Right.MEMBER_READ,
        table="(SELECT m.organization_id, u.id, u.email AS key, u.name, m.role_key, "
        "m.deactivated_at IS NOT NULL AS gone FROM memberships m "
        "JOIN users u ON u.id = m.user_id WHERE m.organization_id = $1) t",
        within="true",
        text="COALESCE(t.role_key, '')",
        archived="t.gone",
    ),
}
"""`$1` to `$6` are what every part of the statement has: organization, project, the text sought in small letters, the
same with spaces for what parts words, patterns of its words, and how many are wanted. `$7`: environments whose flags
may be read; `$8`: nouns that may be read; `$9`: the text as it was typed; `$10`: now; `$11`: environments that may be
read."""
