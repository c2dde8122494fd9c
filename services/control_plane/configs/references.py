"""References of a remote config's settings: the segments that its overrides name are there."""

from __future__ import annotations

from uuid import UUID

from bucketing.flagset import RemoteConfig

from control_plane.entities import usages
from control_plane.entities.transactions import WriteTransaction
from control_plane.segments.queries import named_segments


async def keep_references(write: WriteTransaction, config: RemoteConfig, environment_id: UUID) -> None:
    """From now on the config uses what its overrides name in this environment.

    Raises `InvalidInput`, with the path of each field, for a segment that can't be used.
    """
    conditions = [(f"overrides[{index}].if", each.condition) for index, each in enumerate(config.overrides)]
    named = await named_segments(write.tx, write.scope, conditions)
    referrer = usages.Referrer("config", config.key, environment_id=environment_id)
    usages.replace_later(write.tx, write.scope, referrer, named, active=not config.archived)
