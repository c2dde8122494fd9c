"""A flag, and its settings in one environment, as they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from control_plane.entities.lists import Facet, ListFilter
from control_plane.entities.models import EntityRow
from control_plane.entities.table import Binding, EntityTable
from control_plane.environments.queries import EnvironmentRow
from control_plane.flags.lifecycle_states import LifecycleState
from control_plane.flags.purposes import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRow(EntityRow):
    """A flag as it is stored. `variations` are `{"key", "value", "name"}`; `default_serve` is a serve document;
    `expected_end` is the last day on which it is thought to be needed."""

    type: str
    variations: list[dict[str, Any]]
    off_variation: str
    default_serve: dict[str, Any]
    client_visible: bool
    metadata: dict[str, Any]
    purpose: str = Purpose.RELEASE.value
    expected_end: date | None = None

    @property
    def variation_keys(self) -> frozenset[str]:
        return frozenset(each["key"] for each in self.variations)


@dataclass(frozen=True, slots=True)
class SettingsRow:
    """Rules, targets (expiry in epoch milliseconds) and prerequisites as the rule engine's documents.

    `default_serve` and `off_variation` are None where the flag's own apply.
    """

    flag_id: UUID
    environment_id: UUID
    organization_id: UUID
    enabled: bool
    rules: list[dict[str, Any]]
    targets: list[dict[str, Any]]
    prerequisites: list[dict[str, Any]]
    default_serve: dict[str, Any] | None
    off_variation: str | None
    report_exposures: bool
    exposure_attributes: list[str]
    version: int
    updated_at: datetime


def default_of(flag: FlagRow, settings: SettingsRow | None) -> dict[str, Any]:
    """The environment's own, else the flag's."""
    return flag.default_serve if settings is None or settings.default_serve is None else settings.default_serve


def off_variation_of(flag: FlagRow, settings: SettingsRow | None) -> str:
    """The environment's own, else the flag's."""
    return flag.off_variation if settings is None or settings.off_variation is None else settings.off_variation


@dataclass(frozen=True, slots=True)
class FlagInEnvironment:
    """A flag, an environment, and what is set there. `owned`: a rollout that runs owns something of what it serves."""

    flag: FlagRow
    environment: EnvironmentRow
    settings: SettingsRow
    owned: bool


_IN_ENVIRONMENT = (
    "SELECT FROM flag_settings s JOIN environments e ON e.id = s.environment_id "
    "WHERE s.organization_id = flags.organization_id AND s.flag_id = flags.id"
)


@dataclass(frozen=True, slots=True)
class FlagFilter(ListFilter):
    """A list of flags besides: `experiment`: whether one is under way on it, in `environment` or anywhere; `overdue`:
    whether its expected end lies before the day `on`; `lifecycle`: how far it has come there, by which `among` are
    the keys of those that have."""

    experiment: bool | None = None
    overdue: bool | None = None
    on: date | None = None
    lifecycle: LifecycleState | None = None
    among: Sequence[str] | None = None


class FlagTable(EntityTable[FlagRow]):
    """The flags. A flag's `state` is `on` or `off` in an environment, and a change of its settings is one of it."""

    def conditions(self, wanted: ListFilter, bind: Binding) -> dict[str, str]:
        # Where archived ones are left out, it is said plainly: then the planner may stop when a page is full.
        plainly = wanted.state is not None and wanted.archived == "false"
        found = super().conditions(wanted.without(Facet.STATE) if plainly else wanted, bind)
        if plainly:
            on = _on(wanted, bind)
            found[Facet.STATE] = on if wanted.state == "on" else f"NOT {on}"
        if wanted.changed_since is not None:
            there = "" if wanted.environment is None else f" AND e.key = {bind(wanted.environment)}"
            settings = f"EXISTS ({_IN_ENVIRONMENT}{there} AND s.updated_at >= {bind(wanted.changed_since)})"
            found["changed_since"] = f"({found['changed_since']} OR {settings})"
        if isinstance(wanted, FlagFilter):
            if wanted.experiment is not None:
                found["experiment"] = f"{'' if wanted.experiment else 'NOT '}{_experimented(wanted, bind)}"
            if wanted.overdue is not None and wanted.on is not None:
                over = f"(NOT archived AND COALESCE(expected_end < {bind(wanted.on)}, false))"
                found["overdue"] = over if wanted.overdue else f"NOT {over}"
            if wanted.among is not None:
                found["among"] = f"key = ANY({bind(list(wanted.among))})"
        return found

    def facet_value(self, facet: Facet, wanted: ListFilter, bind: Binding) -> str:
        if facet is not Facet.STATE:
            return super().facet_value(facet, wanted, bind)
        return f"CASE WHEN NOT archived AND {_on(wanted, bind)} THEN 'on' ELSE 'off' END"


def _on(wanted: ListFilter, bind: Binding) -> str:
    """The environment is looked up once; a flag's settings there by their key."""
    environment = (
        "(SELECT id FROM environments WHERE organization_id = $1 AND project_id = $2 "  # noqa: S608 - a parameter
        f"AND key = {bind(wanted.environment)})"
    )
    return (
        "EXISTS (SELECT FROM flag_settings s WHERE s.organization_id = flags.organization_id "
        f"AND s.flag_id = flags.id AND s.environment_id = {environment} AND s.enabled)"
    )


def _experimented(wanted: ListFilter, bind: Binding) -> str:
    there = "" if wanted.environment is None else f" AND x.environment = {bind(wanted.environment)}"
    return (
        "EXISTS (SELECT FROM experiments x WHERE x.organization_id = flags.organization_id "
        "AND x.project_id = flags.project_id AND x.flag = flags.key AND x.status IN ('running', 'paused') "
        f"AND NOT x.archived{there})"
    )


FLAGS = FlagTable("flags", FlagRow, type_column="type")


def new_settings(flag: FlagRow, environment_id: UUID) -> SettingsRow:
    """What holds in an environment in which nobody has set anything: the flag is off."""
    return SettingsRow(
        flag_id=flag.id,
        environment_id=environment_id,
        organization_id=flag.organization_id,
        enabled=False,
        rules=[],
        targets=[],
        prerequisites=[],
        default_serve=None,
        off_variation=None,
        report_exposures=False,
        exposure_attributes=[],
        version=1,
        updated_at=flag.created_at,
    )
