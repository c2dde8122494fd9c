"""Looks up experiments, metrics and environments, always for a set of organizations."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from actors.environments import EnvironmentNotFound, environment_named
from actors.published import EnvironmentAccess, Published, PublishedAccess
from bucketing.flagset import Flag
from messages.sdk_keys import SdkKey
from service_kit.problems import NotFound

from analytics.catalog.entries import Environment, Experiment, Metric
from analytics.catalog.rollouts import GuardedRollout


class ExperimentNotFound(NotFound):
    default_code = "experiment_not_found"


class FlagNotFound(NotFound):
    default_code = "flag_not_found"


@dataclass(slots=True)
class EnvironmentEntries:
    """One environment's entities by key, and who may ask about it."""

    environment: Environment | None = None
    access: EnvironmentAccess = field(default_factory=EnvironmentAccess)
    experiments: dict[str, Experiment] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    flags: dict[str, Flag] = field(default_factory=dict)
    rollouts: dict[str, GuardedRollout] = field(default_factory=dict)
    sdk_keys: tuple[SdkKey, ...] = ()


class Catalog:
    """Absent and not yours are the same: the lookups take the environments that the actor sees and raise NotFound.

    `ready` once all that is published is known; until then `lack` says why not."""

    def __init__(self) -> None:
        self._environments: dict[str, EnvironmentEntries] = {}
        self.access = PublishedAccess(self._published)
        self.ready = False
        self.lack = "CONFIG has not been read yet"

    def entries(self, environment_id: str) -> EnvironmentEntries:
        """The (mutable) entries of an environment, made when first asked for; for the feed."""
        return self._environments.setdefault(environment_id, EnvironmentEntries())

    def replace(self, environment_id: str, entries: EnvironmentEntries) -> None:
        self._environments[environment_id] = entries

    @property
    def environment_ids(self) -> frozenset[str]:
        """Of those that are published."""
        return frozenset(name for name, entries in self._environments.items() if entries.environment is not None)

    def environment(self, visible: Collection[str], project: str, environment: str) -> Environment:
        """`project` and `environment` are ids or keys. Raises EnvironmentNotFound, also when it is ambiguous."""
        return environment_named(self._visible(visible), project, environment)

    def environment_by_id(self, environment_id: str) -> Environment:
        environment = self.entries(environment_id).environment
        if environment is None:
            raise EnvironmentNotFound
        return environment

    def experiment(self, visible: Collection[str], experiment_id: str) -> Experiment:
        """By id, or by a key that only one of the visible experiments has. Raises ExperimentNotFound."""
        known = [
            experiment
            for environment in self._visible(visible)
            for experiment in self.entries(environment.id).experiments.values()
        ]
        found = [each for each in known if each.id == experiment_id]
        found = found or [each for each in known if each.key == experiment_id]
        if len(found) != 1:
            raise ExperimentNotFound("no such experiment of yours, or several of this key: add project and environment")
        return found[0]

    def experiment_by_key(self, environment: Environment, key: str) -> Experiment:
        """By key or id in one environment. Raises ExperimentNotFound."""
        experiments = self.entries(environment.id).experiments
        found = experiments.get(key) or next((each for each in experiments.values() if each.id == key), None)
        if found is None:
            raise ExperimentNotFound("no such experiment in this environment")
        return found

    def flag_variations(self, environment: Environment, key: str) -> tuple[str, ...]:
        """The variations of a flag. Raises FlagNotFound."""
        flags = self.entries(environment.id).flags
        if key not in flags:
            raise FlagNotFound("no such flag in this environment")
        return tuple(flags[key].variations)

    def metric(self, environment_id: str, key: str) -> Metric | None:
        return self.entries(environment_id).metrics.get(key)

    def running(self) -> list[Experiment]:
        """Every experiment that has started and not ended, of all organizations; for the worker."""
        return [
            experiment
            for entries in self._environments.values()
            if entries.environment is not None
            for experiment in entries.experiments.values()
            if experiment.under_way
        ]

    def watched(self) -> list[tuple[Environment, GuardedRollout]]:
        """Every rollout with guards that is not over, of all organizations; for the monitor."""
        return [
            (entries.environment, rollout)
            for entries in self._environments.values()
            if entries.environment is not None
            for rollout in entries.rollouts.values()
            if rollout.is_watched
        ]

    def metrics(self, environment_id: str) -> Mapping[str, Metric]:
        return self.entries(environment_id).metrics

    def _published(self) -> Iterator[Published]:
        for environment_id, entries in self._environments.items():
            if entries.environment is not None:
                yield Published(environment_id, entries.environment.organization_id, entries.access)

    def _visible(self, visible: Collection[str]) -> Iterator[Environment]:
        for environment_id, entries in self._environments.items():
            if entries.environment is not None and environment_id in visible:
                yield entries.environment
