"""Flags as they may be saved."""

from __future__ import annotations

from bucketing.errors import FieldError
from bucketing.flagset import Flag
from bucketing.generation.conditions import comparison_count
from bucketing.limits import (
    DESCRIPTION_BYTES_MAX,
    FLAG_COMPARISONS_MAX,
    FLAG_DESCRIPTION_BYTES_MAX,
    FLAG_PREREQUISITES_MAX,
    FLAG_RULES_MAX,
    FLAG_TARGETS_MAX,
    FLAG_VARIATIONS_MAX,
    UNIT_KEY_BYTES_MAX,
)
from bucketing.validation.conditions import check_condition
from bucketing.validation.findings import Findings
from bucketing.validation.metadata import check_metadata
from bucketing.validation.shares import check_serve, check_variation
from bucketing.validation.values import check_value

RULE_ID_BYTES_MAX = 128


def _check_variations(findings: Findings, flag: Flag) -> None:
    findings.count(len(flag.variations), "variations", FLAG_VARIATIONS_MAX)
    if not flag.variations:
        findings.add("variations", "empty", "must not be empty")
    for key, value in flag.variations.items():
        findings.variation_key(key, f"variations.{key}")
        check_value(findings, value, flag.type, f"variations.{key}")
    check_variation(findings, flag.off_variation, flag.variations, "off_variation")


def _check_prerequisites(findings: Findings, flag: Flag) -> None:
    findings.count(len(flag.prerequisites), "prerequisites", FLAG_PREREQUISITES_MAX)
    seen: set[str] = set()
    for index, prerequisite in enumerate(flag.prerequisites):
        here = f"prerequisites[{index}]"
        findings.entity_key(prerequisite.flag, f"{here}.flag")
        findings.variation_key(prerequisite.variation, f"{here}.variation")
        if prerequisite.flag == flag.key:
            findings.add(f"{here}.flag", "cycle", "a flag can't be its own prerequisite")
        if prerequisite.flag in seen:
            findings.add(f"{here}.flag", "duplicate", f"{prerequisite.flag!r} stands here twice")
        seen.add(prerequisite.flag)


def _check_targets(findings: Findings, flag: Flag) -> None:
    findings.count(len(flag.targets), "targets", FLAG_TARGETS_MAX)
    seen: set[tuple[str, bool]] = set()
    for index, target in enumerate(flag.targets):
        here = f"targets[{index}]"
        findings.text(target.key, f"{here}.key", UNIT_KEY_BYTES_MAX)
        check_variation(findings, target.variation, flag.variations, f"{here}.variation")
        if (target.key, target.override) in seen:
            findings.add(f"{here}.key", "duplicate", f"{target.key!r} stands here twice")
        seen.add((target.key, target.override))


def _check_rules(findings: Findings, flag: Flag) -> None:
    findings.count(len(flag.rules), "rules", FLAG_RULES_MAX)
    seen: set[str] = set()
    for index, rule in enumerate(flag.rules):
        here = f"rules[{index}]"
        findings.text(rule.id, f"{here}.id", RULE_ID_BYTES_MAX)
        findings.text(rule.description, f"{here}.description", DESCRIPTION_BYTES_MAX, empty=True)
        if rule.id in seen:
            findings.add(f"{here}.id", "duplicate", f"{rule.id!r} stands here twice")
        seen.add(rule.id)
        check_condition(findings, rule.condition, f"{here}.if")
        check_serve(findings, rule.serve, flag.variations, f"{here}.then")
    compared = sum(comparison_count(rule.condition) for rule in flag.rules)
    findings.count(compared, "rules", FLAG_COMPARISONS_MAX)


def _check(flag: Flag) -> Findings:
    findings = Findings()
    findings.entity_key(flag.key, "key")
    _check_variations(findings, flag)
    check_serve(findings, flag.default, flag.variations, "default")
    _check_prerequisites(findings, flag)
    _check_targets(findings, flag)
    _check_rules(findings, flag)
    findings.text(flag.description, "description", FLAG_DESCRIPTION_BYTES_MAX, empty=True)
    check_metadata(findings, flag.metadata)
    return findings


def flag_errors(flag: Flag) -> list[FieldError]:
    """All that is wrong with a flag."""
    return _check(flag).errors


def validate_flag(flag: Flag) -> None:
    """Raises InvalidConfig if the flag can't be saved."""
    _check(flag).raise_if_any()
