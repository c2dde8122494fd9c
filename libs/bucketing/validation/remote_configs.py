"""Remote configs as they may be saved. Whether their values fit their JSON Schema is checked by whoever has it."""

from __future__ import annotations

from bucketing.errors import FieldError
from bucketing.flagset import FlagType, Json, RemoteConfig, ResolveMode
from bucketing.generation.conditions import comparison_count
from bucketing.limits import (
    CONFIG_METADATA_RESERVED,
    CONFIG_OVERRIDES_MAX,
    FLAG_COMPARISONS_MAX,
    MERGED_OVERRIDES_MAX,
)
from bucketing.remote_configs import BASE
from bucketing.validation.conditions import check_condition
from bucketing.validation.findings import Findings
from bucketing.validation.metadata import check_metadata
from bucketing.validation.values import check_value


def _check_object(findings: Findings, value: Json, field: str) -> None:
    if isinstance(value, dict):
        check_value(findings, value, FlagType.OBJECT, field)
    else:
        findings.add(field, "type", "must be an object")


def _check_overrides(findings: Findings, config: RemoteConfig) -> None:
    most = MERGED_OVERRIDES_MAX if config.resolve is ResolveMode.MERGE else CONFIG_OVERRIDES_MAX
    findings.count(len(config.overrides), "overrides", most)
    seen: set[str] = set()
    for index, override in enumerate(config.overrides):
        here = f"overrides[{index}]"
        findings.variation_key(override.id, f"{here}.id")
        if override.id == BASE:
            findings.add(f"{here}.id", "reserved", f"{BASE!r} names the value without overrides")
        if override.id in seen:
            findings.add(f"{here}.id", "duplicate", f"{override.id!r} stands here twice")
        seen.add(override.id)
        check_condition(findings, override.condition, f"{here}.if")
        _check_object(findings, override.value, f"{here}.value")
    compared = sum(comparison_count(override.condition) for override in config.overrides)
    findings.count(compared, "overrides", FLAG_COMPARISONS_MAX)


def _check_invalid(findings: Findings, config: RemoteConfig) -> None:
    if config.invalid and config.resolve is not ResolveMode.MERGE:
        findings.add("invalid", "not_applicable", "only overrides that are merged are applied together")
    for index, positions in enumerate(config.invalid):
        if list(positions) != sorted(set(positions)):
            findings.add(f"invalid[{index}]", "order", "must hold each position once, in order")
        if len(positions) < 2 or not all(0 <= each < len(config.overrides) for each in positions):
            findings.add(f"invalid[{index}]", "positions", "must be positions of two overrides at least")


def _check(config: RemoteConfig) -> Findings:
    findings = Findings()
    findings.entity_key(config.key, "key")
    _check_object(findings, config.value, "value")
    _check_overrides(findings, config)
    _check_invalid(findings, config)
    check_metadata(findings, config.metadata, CONFIG_METADATA_RESERVED)
    return findings


def remote_config_errors(config: RemoteConfig) -> list[FieldError]:
    """All that is wrong with a remote config."""
    return _check(config).errors


def validate_remote_config(config: RemoteConfig) -> None:
    """Raises InvalidConfig if the remote config can't be saved."""
    _check(config).raise_if_any()
