"""Looks up experiments, metrics and environments, always for a set of organizations."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from bucketing.flagset import Flag
from messages.sdk_keys import SdkKey
from service_kit.problems import NotFound
from service_kit.token_keys import VerificationKey

from analytics.catalog.entries import Environment, Experiment, Member, Metric


class ExperimentNotFound(NotFound):
    default_code = "experiment_not_found"


class FlagNotFound(NotFound):
    default_code = "flag_not_found"


class EnvironmentNotFound(NotFound):
    default_code = "environment_not_found"


@dataclass(slots=True)
class EnvironmentEntries:
    """One environment's entities by key; `members` by user id, empty when the publisher did not say."""

    environment: Environment | None = None
    members: dict[str, Member] = field(default_factory=dict)
    experiments: dict[str, Experiment] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    flags: dict[str, Flag] = field(default_factory=dict)
    sdk_keys: tuple[SdkKey, ...] = ()
    signing_keys: dict[str, VerificationKey] = field(default_factory=dict)


class Catalog:
    """Absent and not yours are the same: the lookups take the organizations of the actor and raise NotFound.

    `ready` once all that is published is known; until then `lack` says why not."""

    def __init__(self) -> None:
        self._environments: dict[str, EnvironmentEntries] = {}
        self.ready = False
        self.lack = "CONFIG has not been read yet"

    def entries(self, environment_id: str) -> EnvironmentEntries:
        """The (mutable) entries of an environment, made when first asked for; for the feed."""
        return self._environments.setdefault(environment_id, EnvironmentEntries())

    def replace(self, environment_id: str, entries: EnvironmentEntries) -> None:
        self._environments[environment_id] = entries

    def organizations_of(self, subject: str, at_sign_in: Mapping[str, str]) -> dict[str, str]:
        """The role of a person by organization: as published, else as the token says that it was at sign-in."""
        organizations = dict(at_sign_in)
        for entries in self._environments.values():
            if entries.environment is not None and entries.members:
                member = entries.members.get(subject)
                if member is not None:
                    organizations[entries.environment.organization_id] = member.role
                else:
                    organizations.pop(entries.environment.organization_id, None)
        return organizations

    def session_generation_of(self, subject: str) -> int:
        """The latest that was published of a person's sessions; 0 of somebody of whom nothing was."""
        found = (entries.members.get(subject) for entries in self._environments.values())
        return max((each.session_generation for each in found if each is not None), default=0)

    def has_ended(self, subject: str, session_id: UUID) -> bool:
        """Whether it was published that this session of a person has ended."""
        found = (entries.members.get(subject) for entries in self._environments.values())
        return any(each is not None and session_id in each.ended_sessions for each in found)

    def signing_key(self, key_id: str) -> VerificationKey | None:
        """The key of access tokens that was published under this name."""
        found = (entries.signing_keys.get(key_id) for entries in self._environments.values())
        return next((each for each in found if each is not None), None)

    @property
    def publishes_keys(self) -> bool:
        """Whether access tokens are signed with keys; else with a shared secret, or nobody has said."""
        return any(entries.signing_keys for entries in self._environments.values())

    def environment(self, organizations: Collection[str], project: str, environment: str) -> Environment:
        """`project` and `environment` are ids or keys. Raises EnvironmentNotFound, also when it is ambiguous."""
        found = [
            each
            for each in self._visible(organizations)
            if project in (each.project_id, each.project_key) and environment in (each.id, each.key)
        ]
        if len(found) != 1:
            raise EnvironmentNotFound("no such environment in a project of yours")
        return found[0]

    def environment_by_id(self, environment_id: str) -> Environment:
        environment = self.entries(environment_id).environment
        if environment is None:
            raise EnvironmentNotFound("no such environment in a project of yours")
        return environment

    def experiment(self, organizations: Collection[str], experiment_id: str) -> Experiment:
        """By id, or by a key that only one of the visible experiments has. Raises ExperimentNotFound."""
        visible = [
            experiment
            for environment in self._visible(organizations)
            for experiment in self.entries(environment.id).experiments.values()
        ]
        found = [each for each in visible if each.id == experiment_id]
        found = found or [each for each in visible if each.key == experiment_id]
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
        """Every experiment that has started and isn't archived away, of all organizations; for the worker."""
        return [
            experiment
            for entries in self._environments.values()
            if entries.environment is not None
            for experiment in entries.experiments.values()
            if experiment.status == "running"
        ]

    def _visible(self, organizations: Collection[str]) -> Iterator[Environment]:
        for entries in self._environments.values():
            if entries.environment is not None and entries.environment.organization_id in organizations:
                yield entries.environment
