"""Follows the CONFIG stream and keeps the catalog at the last whole version of each environment."""

from __future__ import annotations

import asyncio

from messages.generated.config_pb2 import ConfigMessage
from messages.staging import ConfigStaging, Mismatch, Rejected, Update
from messages.subjects import CONFIG, config_filter, parse_config_subject
from service_kit.logs import get_logger
from streams import Bus, BusUnavailable, CaughtUp, Delivered, Restarted

from analytics.catalog.catalog import Catalog, EnvironmentEntries
from analytics.catalog.entries import definition_of, environment_of, experiment_of, members_of, metric_of

_REREAD_ATTEMPTS, _REREAD_PAUSE_SECONDS = 5, 0.5
_log = get_logger("catalog")


class CatalogFeed:
    """`run` never ends by itself; the catalog is ready when the present state has been read once."""

    def __init__(self, bus: Bus, catalog: Catalog) -> None:
        self._bus = bus
        self._catalog = catalog
        self._staging = ConfigStaging()

    async def run(self) -> None:
        async for event in self._bus.follow(CONFIG, config_filter()):
            match event:
                case Delivered():
                    await self._take(event)
                case CaughtUp():
                    self._catalog.keep_only(self._staging.environment_ids)
                    self._catalog.ready = True
                case Restarted():
                    self._staging = ConfigStaging()

    async def _take(self, event: Delivered) -> None:
        outcome = self._staging.accept(event.subject, event.payload)
        if isinstance(outcome, Mismatch):
            await self._read_anew(outcome)
        else:
            self._apply(outcome)

    async def _read_anew(self, mismatch: Mismatch) -> None:
        """A digest that doesn't fit means something was missed; a change under way settles within a few tries."""
        for _ in range(_REREAD_ATTEMPTS):
            try:
                messages = await self._bus.read_all(CONFIG, config_filter(mismatch.environment_id))
            except BusUnavailable:
                return
            self._staging.reset(mismatch.environment_id)
            outcomes = [self._staging.accept(each.subject, each.payload) for each in messages]
            if not any(isinstance(outcome, Mismatch) for outcome in outcomes):
                for outcome in outcomes:
                    self._apply(outcome)
                return
            await asyncio.sleep(_REREAD_PAUSE_SECONDS)
        _log.error("the config doesn't fit its manifest", environment=mismatch.environment_id, version=mismatch.version)

    def _apply(self, outcome: Update | Rejected | Mismatch | None) -> None:
        if isinstance(outcome, Rejected):
            _log.warning("config message refused", subject=outcome.subject, reason=outcome.reason)
        if not isinstance(outcome, Update):
            return
        entries = self._catalog.entries(outcome.environment_id)
        if outcome.complete:
            entries = EnvironmentEntries()
        for subject, message in outcome.changed.items():
            try:
                _change(entries, outcome.environment_id, subject, message)
            except ValueError as error:
                _log.warning("an entity that this version can't read", subject=subject, error=str(error))
        self._catalog.replace(outcome.environment_id, entries)


def _change(entries: EnvironmentEntries, environment_id: str, subject: str, message: ConfigMessage | None) -> None:
    parsed = parse_config_subject(subject)
    match parsed.kind:
        case "environment":
            entries.environment = environment_of(environment_id, message.environment) if message else None
            entries.members = members_of(message.environment) if message else {}
        case "experiment":
            entries.experiments.pop(parsed.key, None)
            if message:
                entries.experiments[parsed.key] = experiment_of(environment_id, message.experiment)
        case "metric":
            entries.metrics.pop(parsed.key, None)
            if message:
                entries.metrics[parsed.key] = metric_of(message.metric)
        case "flag":
            entries.flags.pop(parsed.key, None)
            entries.definitions.pop(parsed.key, None)
            if message:
                entries.definitions[parsed.key] = definition_of(message.flag)
                entries.flags[parsed.key] = tuple(each.key for each in message.flag.variations)
