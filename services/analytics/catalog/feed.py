"""Keeps the catalog at the version of each environment that the follower of the CONFIG stream hands on."""

from __future__ import annotations

from typing import Any

from actors.published import access_of
from messages.config_follower import ConfigFollower
from messages.documents import flag_of
from messages.follower_telemetry import FollowerTelemetry
from messages.generated.config_pb2 import ConfigMessage
from messages.sdk_keys import sdk_keys_of
from messages.staging import Update
from messages.subjects import ConfigSubject, parse_config_subject
from service_kit.logs import get_logger
from streams import Bus

from analytics.catalog.catalog import Catalog, EnvironmentEntries
from analytics.catalog.entries import environment_of, experiment_of, metric_of
from analytics.catalog.rollouts import rollout_of

CHECK_SECONDS = 2.0
_log = get_logger("catalog")


class CatalogFeed:
    """The catalog is ready when the present state has been read once."""

    def __init__(self, catalog: Catalog, telemetry: FollowerTelemetry) -> None:
        self._catalog = catalog
        self._follower = ConfigFollower(self, telemetry)

    async def follow(self, bus: Bus) -> None:
        """Until it is cancelled: takes what the stream delivers, across any outage of the bus."""
        await self._follower.follow(bus)

    async def check(self, bus: Bus) -> None:
        """One round of anti-entropy."""
        await self._follower.check(bus)
        self._catalog.lack = self._follower.lack or self._catalog.lack

    async def apply(self, update: Update) -> None:
        """What can't be read stays as it was."""
        before = self._catalog.entries(update.environment_id)
        entries = EnvironmentEntries() if update.complete else before
        for subject, message in update.changed.items():
            try:
                _change(entries, update.environment_id, subject, message)
            except ValueError as error:
                _copy(entries, before, parse_config_subject(subject))
                _log.warning("an entity that this version can't read", subject=subject, error=str(error))
        for subject in update.undecodable:
            _copy(entries, before, parse_config_subject(subject))
        self._catalog.replace(update.environment_id, entries)

    def caught_up(self) -> None:
        self._catalog.ready = True

    def confirmed(self, environment_id: str) -> None:
        pass


def _change(entries: EnvironmentEntries, environment_id: str, subject: str, message: ConfigMessage | None) -> None:
    """Raises ValueError, and changes nothing, for what can't be read."""
    parsed = parse_config_subject(subject)
    if message is None:
        _copy(entries, EnvironmentEntries(), parsed)
        return
    match parsed.kind:
        case "environment":
            entries.environment = environment_of(environment_id, message.environment)
            entries.access = access_of(message.environment)
            entries.sdk_keys = sdk_keys_of(environment_id, message.environment)
        case "experiment":
            entries.experiments[parsed.key] = experiment_of(environment_id, message.experiment)
        case "metric":
            entries.metrics[parsed.key] = metric_of(message.metric)
        case "flag":
            entries.flags[parsed.key] = flag_of(message)
        case "rollout":
            entries.rollouts[parsed.key] = rollout_of(environment_id, parsed.key, message.rollout)


def _copy(entries: EnvironmentEntries, source: EnvironmentEntries, entity: ConfigSubject) -> None:
    """One entity as `source` has it, or none where it has none."""
    if entity.kind == "environment":
        entries.environment, entries.access, entries.sdk_keys = source.environment, source.access, source.sdk_keys
    for kind, table, found in (
        ("experiment", entries.experiments, source.experiments),
        ("metric", entries.metrics, source.metrics),
        ("flag", entries.flags, source.flags),
        ("rollout", entries.rollouts, source.rollouts),
    ):
        if kind == entity.kind:
            _put(table, entity.key, found.get(entity.key))


def _put(table: dict[str, Any], key: str, entity: Any) -> None:
    """None removes it."""
    if entity is None:
        table.pop(key, None)
    else:
        table[key] = entity
