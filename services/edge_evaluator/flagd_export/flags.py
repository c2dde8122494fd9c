"""The flags of an environment in the form of flagd's configuration, and why those that are not in it are left out.

An exported flag serves the same variation, with the same value, to the same contexts. Its reason is flagd's own. A flag
that is off serves its off variation to everybody, so that is what is written: a flag that is disabled in flagd would
serve the application's default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bucketing.flagset import Fixed, Flag, FlagType, RemoteConfig, Rollout, Serve

from edge_evaluator.flagd_export.conditions import Logic, NotExact, Translation, is_one_of
from edge_evaluator.memory.answers import typed_value
from edge_evaluator.memory.environment import EnvironmentConfig

SCHEMA = "https://flagd.dev/schema/v0/flags.json"


@dataclass(frozen=True, slots=True)
class Export:
    """`document`: flagd's configuration. `left_out`: of each flag that is not in it, why."""

    document: Mapping[str, Any]
    left_out: Mapping[str, str]


def exported(config: EnvironmentConfig, now: int) -> Export:
    """Of everything that a server key sees, at `now` (epoch milliseconds)."""
    flags: dict[str, Any] = {}
    left_out: dict[str, str] = dict.fromkeys(config.unreadable, "it can't be read")
    for key in sorted(config.compiled.served):
        try:
            flags[key] = _flag(config, key, now)
        except NotExact as error:
            left_out[key] = str(error)
    metadata = {
        "flagSetId": f"{config.project_key}/{config.key}",
        "version": str(config.version),
        "notExported": len(left_out),
    }
    return Export({"$schema": SCHEMA, "flags": flags, "metadata": metadata}, dict(sorted(left_out.items())))


def _flag(config: EnvironmentConfig, key: str, now: int) -> dict[str, Any]:
    """Raises NotExact."""
    flagset, compiled = config.flagset, config.compiled
    if key in compiled.failed or key in compiled.unresolved:
        raise NotExact("it can't be evaluated")
    if any(each.flag == key and (each.stop_at is None or now < each.stop_at) for each in flagset.experiments.values()):
        raise NotExact("an experiment is under way on it")
    flag = flagset.flags.get(key)
    found = _config(flagset.remote_configs[key]) if flag is None else _own(flag, Translation(flagset.segments))
    version = config.answer_versions.of(key)
    return {"state": "ENABLED", **found, "metadata": {**compiled.served[key].metadata, "version": str(version)}}


def _config(remote: RemoteConfig) -> dict[str, Any]:
    if remote.overrides:
        raise NotExact("it has overrides")
    return {"variants": {"base": remote.value}, "defaultVariant": "base"}


def _own(flag: Flag, translation: Translation) -> dict[str, Any]:
    if flag.type is FlagType.OBJECT and any(isinstance(value, list) for value in flag.variations.values()):
        raise NotExact("a value of it is a list")
    variants = {name: typed_value(flag, value) for name, value in flag.variations.items()}
    if not flag.enabled or flag.archived:
        return {"variants": variants, "defaultVariant": flag.off_variation}
    if flag.prerequisites:
        raise NotExact("it has prerequisites")
    default = _served(flag.default)
    steps = [*_targets(flag)]
    for rule in flag.rules:
        steps += [translation.logic(rule.condition), _served(rule.serve)]
    targeting = {"targeting": {"if": [*steps, default]}} if steps else {}
    return {"variants": variants, "defaultVariant": default, **targeting}


def _targets(flag: Flag) -> list[Logic]:
    if any(each.expires_at is not None for each in flag.targets):
        raise NotExact("it has individual targets that expire")
    steps: list[Logic] = []
    # Of a key that stands there twice the first counts, and overrides come before others.
    for target in sorted(flag.targets, key=lambda each: not each.override):
        steps += [is_one_of([target.key]), target.variation]
    return steps


def _served(serve: Serve) -> str:
    match serve:
        case Fixed(variation):
            return variation
        case Rollout():
            raise NotExact("percentages are split by another hash there")
