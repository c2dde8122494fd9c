"""Learns SDK keys, who else may ask, and what has a name, from the versions that the follower of CONFIG hands on.

While the bus is away, what was known stays in force.
"""

from __future__ import annotations

from collections.abc import Callable

from actors.published import EnvironmentAccess, access_of
from messages.config_follower import ConfigFollower
from messages.follower_telemetry import FollowerTelemetry
from messages.generated import config_pb2 as pb
from messages.sdk_keys import sdk_keys_of
from messages.staging import Update
from messages.subjects import parse_config_subject
from streams import Bus

from event_ingestor.admission.names import Names
from event_ingestor.authentication.authenticator import Authenticator, EnvironmentKeys
from event_ingestor.authentication.names_feed import learn, learn_unreadable

CHECK_SECONDS = 2.0


class KeyFeed:
    """The applier of new versions to authenticator and names. `changed` is called after each change of known keys."""

    def __init__(
        self, authenticator: Authenticator, names: Names, changed: Callable[[], None], telemetry: FollowerTelemetry
    ) -> None:
        self._authenticator = authenticator
        self._names = names
        self._changed = changed
        self._follower = ConfigFollower(self, telemetry)

    @property
    def lack(self) -> str | None:
        """Why nothing was learnt from the stream yet; None once something was."""
        return self._follower.lack

    async def follow(self, bus: Bus) -> None:
        """Until it is cancelled: takes what the stream delivers, across any outage of the bus."""
        await self._follower.follow(bus)

    async def check(self, bus: Bus) -> None:
        """One round of anti-entropy, so that a revoked key can't stay valid because a message was missed."""
        await self._follower.check(bus)

    def caught_up(self) -> None:
        self._authenticator.complete = True
        self._changed()

    def confirmed(self, environment_id: str) -> None:
        pass

    async def apply(self, update: Update) -> None:
        found: tuple[EnvironmentKeys, EnvironmentAccess] | None = None
        gone = False
        if update.complete:
            self._names.forget(update.environment_id)
        names = self._names.told(update.environment_id)
        for subject in update.undecodable:
            learn_unreadable(names, parse_config_subject(subject))
        for subject, message in update.changed.items():
            entity = parse_config_subject(subject)
            if entity.kind != "environment":
                learn(names, entity, message)
                continue
            gone = message is None
            if message is not None:
                found = keys_of(update.environment_id, message.environment), access_of(message.environment)
        if found is not None:
            self._authenticator.put(*found)
        elif gone:
            self._authenticator.remove(update.environment_id)
            self._names.forget(update.environment_id)
        else:
            return
        if self._authenticator.complete:
            self._changed()


def keys_of(environment_id: str, wire: pb.Environment) -> EnvironmentKeys:
    """What of an environment's message the ingestor needs."""
    return EnvironmentKeys(
        environment_id=environment_id,
        organization_id=wire.organization_id,
        project_id=wire.project_id,
        keys=sdk_keys_of(environment_id, wire),
        hash_user_keys=wire.hash_user_keys,
        pii_attributes=tuple(wire.pii_attributes),
        key=wire.key,
        project_key=wire.project_key,
    )
