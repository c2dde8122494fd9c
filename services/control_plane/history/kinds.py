"""The kinds of entities that have a history, and what history needs of those who keep them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from control_plane.access import Actor


class Kind(StrEnum):
    """By the names that the audit log has for them."""

    FLAG = "flag"
    FLAG_SETTINGS = "flag_settings"
    CONFIG = "config"
    CONFIG_SETTINGS = "config_settings"
    SEGMENT = "segment"
    METRIC = "metric"
    EXPERIMENT = "experiment"
    LAYER = "layer"
    HOLDOUT = "holdout"
    ENVIRONMENT = "environment"


OF_SETTINGS: Mapping[Kind, Kind] = {Kind.FLAG_SETTINGS: Kind.FLAG, Kind.CONFIG_SETTINGS: Kind.CONFIG}
"""What is set in an environment, and of which kind of entity."""


class Written(Protocol):
    """What a write answers with."""

    @property
    def version(self) -> int: ...
    @property
    def environment_versions(self) -> dict[str, int]: ...
    def audited(self) -> dict[str, Any]: ...


class Keeper(Protocol):
    """Who writes entities of one kind: with every check, right, quota and audit entry that a write has.

    `key` is the audit log's; of settings it is `flag/environment`."""

    @property
    def resource(self) -> str:
        """The name of the right."""

    def authored(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a change that would make the entity what it is in this document of the audit log."""

    async def bring_back(
        self, actor: Actor, project: str, key: str, expected: int, fields: Mapping[str, Any]
    ) -> Written: ...


class LivingKeeper(Keeper, Protocol):
    """Of entities that are created, archived and deleted by themselves."""

    async def archive(self, actor: Actor, project: str, key: str, expected: int | None) -> Written: ...
    async def restore(self, actor: Actor, project: str, key: str, expected: int | None) -> Written: ...
    async def recreate(self, actor: Actor, project: str, document: Mapping[str, Any]) -> Written:
        """The entity anew, after it was deleted."""


@dataclass(frozen=True, slots=True)
class Keepers:
    """All of them. What is set of an entity in an environment lives as long as the entity."""

    living: Mapping[Kind, LivingKeeper]
    settings: Mapping[Kind, Keeper]

    def of(self, kind: Kind) -> Keeper:
        return self.settings[kind] if kind in self.settings else self.living[kind]


@dataclass(frozen=True, slots=True)
class Subject:
    """One entity, as a path and its query name it: `environment` belongs to settings, and only to them."""

    project: str
    kind: Kind
    key: str
    environment: str | None = None

    @property
    def audited_key(self) -> str:
        return self.key if self.environment is None else f"{self.key}/{self.environment}"

    @property
    def name(self) -> tuple[str, str]:
        """As the audit log names it."""
        return self.kind.value, self.audited_key
