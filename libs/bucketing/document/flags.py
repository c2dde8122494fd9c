"""Flags as JSON."""

from __future__ import annotations

from bucketing.document.conditions import condition_from_document, condition_to_document
from bucketing.document.fields import at, expect, optional, refuse_others, required, required_name
from bucketing.document.serves import serve_from_document, serve_to_document
from bucketing.document.shared_parts import shared_table
from bucketing.errors import InvalidConfig
from bucketing.flagset import Fixed, Flag, FlagType, Json, Prerequisite, Rule, Target

_RULE_FIELDS = ("id", "description", "if", "then")
_SIMPLE_FIELDS = ("id", "description", "field", "op", "value", "enabled")


def flag_from_document(document: Json, path: str = "") -> Flag:
    """Read a flag; InvalidConfig names the path of the first field of a wrong shape."""
    fields = expect(document, dict, path)
    kind = required(fields, "type", str, path)
    if kind not in list(FlagType):
        raise InvalidConfig(at(path, "type"), f"must be one of {', '.join(FlagType)}", "flag_type")
    variations = required(fields, "variations", dict, path)
    return Flag(
        key=required(fields, "key", str, path),
        type=FlagType(kind),
        variations=shared_table(variations),
        off_variation=required_name(fields, "off_variation", path),
        default=serve_from_document(required(fields, "default", dict, path), at(path, "default")),
        enabled=optional(fields, "enabled", bool, path, True),
        archived=optional(fields, "archived", bool, path, False),
        client_visible=optional(fields, "client_visible", bool, path, False),
        report_exposures=optional(fields, "report_exposures", bool, path, False),
        prerequisites=_prerequisites(fields, path),
        targets=_targets(fields, path),
        rules=_rules(fields, variations, path),
        version=optional(fields, "version", int, path, 0),
        description=optional(fields, "description", str, path, ""),
        metadata=metadata_from_document(fields, path),
        exposure_attributes=_names(fields, "exposure_attributes", path),
    )


def _names(fields: dict[str, Json], name: str, path: str) -> tuple[str, ...]:
    entries = optional(fields, name, list, path, [])
    return tuple(expect(entry, str, f"{at(path, name)}[{index}]") for index, entry in enumerate(entries))


def metadata_from_document(fields: dict[str, Json], path: str) -> dict[str, str | float | bool]:
    """Read the metadata of what answers under a key."""
    found: dict[str, str | float | bool] = optional(fields, "metadata", dict, path, {})
    for name, value in found.items():
        if not isinstance(value, str | int | float):
            raise InvalidConfig(at(at(path, "metadata"), name), "must be a text, a number or a boolean", "type")
    return shared_table(found)


def _prerequisites(fields: dict[str, Json], path: str) -> tuple[Prerequisite, ...]:
    prerequisites = []
    for index, entry in enumerate(optional(fields, "prerequisites", list, path, [])):
        here = f"{at(path, 'prerequisites')}[{index}]"
        one = expect(entry, dict, here)
        prerequisites.append(Prerequisite(required(one, "flag", str, here), required(one, "variation", str, here)))
    return tuple(prerequisites)


def _targets(fields: dict[str, Json], path: str) -> tuple[Target, ...]:
    targets = []
    for index, entry in enumerate(optional(fields, "targets", list, path, [])):
        here = f"{at(path, 'targets')}[{index}]"
        one = expect(entry, dict, here)
        targets.append(
            Target(
                required(one, "key", str, here),
                required_name(one, "variation", here),
                optional(one, "expires_at", int, here),
                optional(one, "override", bool, here, False),
            )
        )
    return tuple(targets)


def _rules(fields: dict[str, Json], variations: dict[str, Json], path: str) -> tuple[Rule, ...]:
    entries = optional(fields, "rules", list, path, [])
    return tuple(
        rule_from_document(entry, index, variations, f"{at(path, 'rules')}[{index}]")
        for index, entry in enumerate(entries)
    )


def rule_from_document(document: Json, index: int, variations: dict[str, Json], path: str) -> Rule:
    """Read the rule at `index`, whose id is `rule-<index + 1>` if it has none.

    The form `{field, op, value, enabled}` of older clients serves the variation whose value is `enabled`.
    """
    fields = expect(document, dict, path)
    identity = optional(fields, "id", str, path, f"rule-{index + 1}")
    description = optional(fields, "description", str, path, "")
    if "field" in fields:
        refuse_others(fields, _SIMPLE_FIELDS, path)
        comparison = {name: fields[name] for name in ("field", "op", "value") if name in fields}
        condition = condition_from_document(comparison, path)
        enabled = optional(fields, "enabled", bool, path, True)
        for key, value in variations.items():
            if value is enabled:
                return Rule(identity, condition, Fixed(key), description)
        raise InvalidConfig(at(path, "enabled"), "no variation of the flag has this value", "simple_form")
    refuse_others(fields, _RULE_FIELDS, path)
    if "if" not in fields:
        raise InvalidConfig(at(path, "if"), "is missing", "missing")
    return Rule(
        identity,
        condition_from_document(fields["if"], at(path, "if")),
        serve_from_document(required(fields, "then", dict, path), at(path, "then")),
        description,
    )


def rule_to_document(rule: Rule) -> dict[str, Json]:
    """Write a rule; an empty description is left out."""
    document: dict[str, Json] = {"id": rule.id}
    if rule.description:
        document["description"] = rule.description
    return {**document, "if": condition_to_document(rule.condition), "then": serve_to_document(rule.serve)}


def target_to_document(target: Target) -> dict[str, Json]:
    """Write an individual target; that it is no override is left out."""
    document: dict[str, Json] = {"key": target.key, "variation": target.variation}
    if target.expires_at is not None:
        document["expires_at"] = target.expires_at
    if target.override:
        document["override"] = True
    return document


def flag_to_document(flag: Flag) -> dict[str, Json]:
    """Write a flag; an empty description, no metadata and no exposure attributes are left out."""
    document: dict[str, Json] = {
        "key": flag.key,
        "type": flag.type.value,
        "variations": dict(flag.variations),
        "off_variation": flag.off_variation,
        "default": serve_to_document(flag.default),
        "enabled": flag.enabled,
        "archived": flag.archived,
        "client_visible": flag.client_visible,
        "report_exposures": flag.report_exposures,
        "prerequisites": [{"flag": one.flag, "variation": one.variation} for one in flag.prerequisites],
        "targets": [target_to_document(target) for target in flag.targets],
        "rules": [rule_to_document(rule) for rule in flag.rules],
        "version": flag.version,
    }
    if flag.description:
        document["description"] = flag.description
    if flag.metadata:
        document["metadata"] = dict(flag.metadata)
    if flag.exposure_attributes:
        document["exposure_attributes"] = list(flag.exposure_attributes)
    return document
