"""Looks up experiments, metrics and environments, always for a set of organizations."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from bucketing.flagset import Flag
from messages.sdk_keys import SdkKey
from service_kit.problems import NotFound
from service_kit.token_keys import VerificationKey

from analytics.catalog.entries import Environment, Experiment, Member, Metric, ServiceToken
from analytics.catalog.roles_before import rights_before


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
    service_tokens: dict[bytes, ServiceToken] = field(default_factory=dict)


class Catalog:
    """Absent and not yours are the same: the lookups take the environments that the actor sees and raise NotFound.

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

    @property
    def environment_ids(self) -> frozenset[str]:
        """Of those that are published."""
        return frozenset(name for name, entries in self._environments.items() if entries.environment is not None)

    def rights_of(self, subject: str, at_sign_in: Mapping[str, str]) -> dict[str, frozenset[str]]:
        """What a person may in each environment, as published; where a publisher did not say who belongs to it, by
        their role in its organization at the sign-in. Environments without any right are left out."""
        found = {}
        for environment_id, entries in self._environments.items():
            if entries.environment is None:
                continue
            if entries.members:
                member = entries.members.get(subject)
                rights = frozenset[str]() if member is None else member.held
            else:
                rights = rights_before(at_sign_in.get(entries.environment.organization_id, ""))
            if rights:
                found[environment_id] = rights
        return found

    def program_of(self, token: str, now: int) -> tuple[str, dict[str, frozenset[str]]] | None:
        """The id of a service token and what it may in each environment; None when nothing is known of it."""
        digest = hashlib.sha256(token.encode()).digest()
        found = {
            environment_id: entries.service_tokens[digest]
            for environment_id, entries in self._environments.items()
            if entries.environment is not None and digest in entries.service_tokens
        }
        valid = {name: each for name, each in found.items() if not each.expires_at or now < each.expires_at}
        if not valid:
            return None
        return next(iter(valid.values())).id, {name: each.rights for name, each in valid.items()}

    def by_organization(self, rights: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        """Rights by environment as what somebody may anywhere in each organization."""
        found: dict[str, frozenset[str]] = {}
        for environment_id, held in rights.items():
            organization_id = self.environment_by_id(environment_id).organization_id
            found[organization_id] = found.get(organization_id, frozenset()) | held
        return found

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

    def environment(self, visible: Collection[str], project: str, environment: str) -> Environment:
        """`project` and `environment` are ids or keys. Raises EnvironmentNotFound, also when it is ambiguous."""
        found = [
            each
            for each in self._visible(visible)
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
        """Every experiment that has started and isn't archived away, of all organizations; for the worker."""
        return [
            experiment
            for entries in self._environments.values()
            if entries.environment is not None
            for experiment in entries.experiments.values()
            if experiment.status == "running"
        ]

    def _visible(self, visible: Collection[str]) -> Iterator[Environment]:
        for environment_id, entries in self._environments.items():
            if entries.environment is not None and environment_id in visible:
                yield entries.environment
