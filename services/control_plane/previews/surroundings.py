"""What leads from an entity to the experiments that run in an environment, as the engine has it."""

from __future__ import annotations

from collections.abc import Sequence

from bucketing.flagset import Flag, FlagSet, RemoteConfig, Segment

from control_plane.configs.queries import of_keys as configs_of_keys
from control_plane.database import Connection
from control_plane.entities.usages import Reached
from control_plane.environments.queries import EnvironmentRow
from control_plane.experiments.queries import PublishedExperiment
from control_plane.experiments.queries import of_keys as experiments_of_keys
from control_plane.flags.queries import of_keys as flags_of_keys
from control_plane.segments.queries import of_keys as segments_of_keys


async def surroundings(tx: Connection, environment: EnvironmentRow, reached: Sequence[Reached]) -> FlagSet:
    """What can't be read is left out: it is broken wherever it is evaluated."""
    keys: dict[str, set[str]] = {"flag": set(), "config": set(), "segment": set(), "experiment": set()}
    for each in reached:
        if each.environment_id in (None, environment.id):
            for kind, key in ((each.kind, each.key), (each.from_kind, each.from_key)):
                keys.get(kind, set()).add(key)
    experiments = await experiments_of_keys(tx, environment.id, keys["experiment"], on=())
    flags = await flags_of_keys(tx, environment.id, keys["flag"]) if keys["flag"] else {}
    configs = await configs_of_keys(tx, environment.id, keys["config"]) if keys["config"] else {}
    segments = await segments_of_keys(tx, environment.id, keys["segment"]) if keys["segment"] else {}
    return FlagSet(
        salt=environment.salt,
        flags={key: each for key, each in flags.items() if isinstance(each, Flag)},
        remote_configs={key: each for key, each in configs.items() if isinstance(each, RemoteConfig)},
        segments={key: each for key, each in segments.items() if isinstance(each, Segment)},
        experiments={
            each.key: each.experiment for each in experiments if isinstance(each, PublishedExperiment) and each.in_force
        },
    )
