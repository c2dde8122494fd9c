"""The grammar of a config as JSON Schema: what the control plane publishes, edges answer and SDKs read.

Operators, types and modes come from the engine; the shapes are held to its readers and writers by
`tests/bucketing/test_schema.py`. What is well-formed here may still be refused when it is saved: limits and
literals are the business of `bucketing.validation`.
"""

from __future__ import annotations

from typing import Any

from bucketing.document.flagsets import SCHEMA_VERSION
from bucketing.flagset import ALGORITHM, BUCKET_COUNT, ExperimentMode, FlagType, ResolveMode
from bucketing.long_lists import CHUNK_NUMBER_MAX
from bucketing.operators import OPERATORS, PRESENCE

Schema = dict[str, Any]


def text(about: str = "", **more: Any) -> Schema:
    return _described({"type": "string", **more}, about)


def flag(about: str, *, default: bool) -> Schema:
    return _described({"type": "boolean", "default": default}, about)


def integer(about: str = "", **more: Any) -> Schema:
    return _described({"type": "integer", **more}, about)


def percent(about: str, **more: Any) -> Schema:
    return _described({"type": "number", "minimum": 0, "maximum": 100, **more}, f"{about} At most two decimals.")


def one_of_names(names: list[str], about: str = "") -> Schema:
    return _described({"type": "string", "enum": names}, about)


def ref(name: str, about: str = "") -> Schema:
    return _described({"$ref": f"#/$defs/{name}"}, about)


def many(items: Schema, about: str = "", **more: Any) -> Schema:
    return _described({"type": "array", "items": items, **more}, about)


def by_key(values: Schema, about: str = "", **more: Any) -> Schema:
    return _described({"type": "object", "additionalProperties": values, **more}, about)


def entity(about: str, required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """An object to which later versions may add fields; a reader passes over those that it doesn't know."""
    fields = {"properties": {**required, **(optional or {})}, "required": list(required)}
    return _described({"type": "object", **fields}, about)


def closed(about: str, required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """An object in which an unknown field is refused: it could change whom a rule is for."""
    return {**entity(about, required, optional), "additionalProperties": False}


def either(about: str, *names: str) -> Schema:
    return _described({"oneOf": [ref(name) for name in names]}, about)


def _described(schema: Schema, about: str) -> Schema:
    return {"description": about, **schema} if about else schema


_SERVED: dict[str, Schema] = {
    "Served": closed("One variation for everybody.", {"variation": text("Its key.")}),
    "Split": closed("A rollout.", {"rollout": ref("Rollout")}),
    "Serve": either("What a rule or a default serves.", "Served", "Split"),
    "Share": closed(
        "A variation's part of a rollout.", {"key": text("The variation."), "weight": percent("Percent of the units.")}
    ),
    "Rollout": closed(
        "Shares of units; the weights add up to exactly 100.",
        {"variations": many(ref("Share"))},
        {"bucket_by": text("The attribute that is the unit; absent: the targeting key.")},
    ),
}
_CONDITIONS: dict[str, Schema] = {
    "Literal": {
        "description": "What an attribute is compared with; which type, its operator says.",
        "anyOf": [
            {"type": ["string", "number", "boolean"]},
            many({"type": ["string", "number", "boolean"]}),
        ],
    },
    "Operator": one_of_names(list(OPERATORS), "How an attribute is compared."),
    "Comparison": {
        **closed(
            "An attribute compared with a literal.",
            {"attribute": text("A name, or a path with dots."), "operator": ref("Operator")},
            {"value": ref("Literal", f"Absent for {' and '.join(PRESENCE)}.")},
        ),
        "if": {"properties": {"operator": {"enum": list(PRESENCE)}}},
        "then": {"properties": {"value": False}},
        "else": {"required": ["value"]},
    },
    "AllOf": closed("Every one of them.", {"and": many(ref("Condition"), minItems=1)}),
    "AnyOf": closed("At least one of them.", {"or": many(ref("Condition"), minItems=1)}),
    "Not": closed("Plain negation.", {"not": ref("Condition")}),
    "InSegment": closed("Membership of a segment.", {"segment": text("Its key.")}),
    "Condition": either("Whom something is for.", "Comparison", "AllOf", "AnyOf", "Not", "InSegment"),
}
_FLAGS: dict[str, Schema] = {
    "Value": {"description": "What a variation serves: any JSON value of its flag's type, but null."},
    "Note": {"description": "A piece of a flag's metadata.", "type": ["string", "number", "boolean"]},
    "FlagType": one_of_names([kind.value for kind in FlagType], "The type of all values of a flag."),
    "Prerequisite": entity(
        "Another flag that must serve a variation.", {"flag": text("Its key."), "variation": text()}
    ),
    "Target": entity(
        "An individual target.",
        {"key": text("The targeting key."), "variation": text()},
        {
            "expires_at": integer("Epoch milliseconds; absent: never."),
            "override": flag("Comes before those that are none, and leaves results alone.", default=False),
        },
    ),
    "Rule": closed(
        "A condition, and what it serves to those that it matches.",
        {"if": ref("Condition"), "then": ref("Serve")},
        {
            "id": text("Unique in its flag; absent: `rule-1` for the first, and so on."),
            "description": text("For people.", default=""),
        },
    ),
    "Flag": entity(
        "A flag with its settings in one environment.",
        {
            "key": text(),
            "type": ref("FlagType"),
            "variations": by_key(ref("Value"), "The values by the variations' keys, in the order of their author."),
            "off_variation": text("Served when the flag is off, and when a prerequisite fails."),
            "default": ref("Serve", "Served when nothing else decides."),
        },
        {
            "enabled": flag("Off serves the off variation.", default=True),
            "archived": flag("Out of use: the same as off.", default=False),
            "client_visible": flag("May client keys see what it evaluates to?", default=False),
            "report_exposures": flag("Are evaluations at the edge exposures?", default=False),
            "prerequisites": many(ref("Prerequisite"), default=[]),
            "targets": many(ref("Target"), default=[]),
            "rules": many(ref("Rule"), "From the top, the first match decides.", default=[]),
            "version": integer("The config version that changed its answers last.", default=0),
            "description": text("For people.", default=""),
            "exposure_attributes": many(text(), "Attributes that reported exposures carry.", default=[]),
            "metadata": by_key(ref("Note"), "Stands in each answer, as its editors set it.", default={}),
        },
    ),
}
_SEGMENTS: dict[str, Schema] = {
    "Segment": entity(
        "An audience: excluded, then included, then the condition.",
        {"key": text()},
        {
            "included": many(text(), "Targeting keys.", default=[]),
            "excluded": many(text(), "Targeting keys.", default=[]),
            "if": ref("Condition", "Absent: nobody else."),
            "long_list": ref("LongList", "Further keys, which come by themselves. Absent: none."),
        },
    ),
    "LongList": entity(
        "What a long list holds. Who doesn't have the chunk that a unit belongs to can't tell whether it is listed.",
        {
            "included": integer("How many keys.", minimum=0),
            "excluded": integer("How many keys.", minimum=0),
            "digest": text("The sum of its chunks' digests modulo 2^256.", pattern="^[0-9a-f]{64}$"),
        },
        {"chunks": many(ref("ChunkReference"), "Absent on the bus, where each chunk is an entry of its own.")},
    ),
    "ChunkReference": entity(
        "A chunk of the list, by which it is read.",
        {
            "number": integer(minimum=1, maximum=CHUNK_NUMBER_MAX),
            "digest": text("SHA-256 of the chunk's document as it is answered.", pattern="^[0-9a-f]{64}$"),
        },
    ),
    "Chunk": entity(
        "The keys of a long list that one range of hashes leads to; docs/evaluation.md says which.",
        {
            "number": integer(minimum=1, maximum=CHUNK_NUMBER_MAX),
            "included": many(text(), "Targeting keys, sorted."),
            "excluded": many(text(), "Targeting keys, sorted."),
        },
    ),
}
_EXPERIMENTS: dict[str, Schema] = {
    "ExperimentMode": one_of_names(
        [mode.value for mode in ExperimentMode],
        "How units come to their variations: by the experiment's own hash, or by the flag's rules.",
    ),
    "ExperimentVariation": closed(
        "A variation's part of an experiment.",
        {"key": text("The variation."), "weight": percent("Percent of the units.")},
        {
            "value": by_key(
                ref("Json"), "A JSON Merge Patch (RFC 7396) on what a remote config would otherwise give; absent: none."
            )
        },
    ),
    "LayerSlot": entity(
        "Buckets of a layer that are the experiment's own, from `start` until before `end`.",
        {
            "key": text("The layer."),
            "start": integer(minimum=0, maximum=BUCKET_COUNT),
            "end": integer(minimum=0, maximum=BUCKET_COUNT),
        },
    ),
    "Holdout": entity(
        "Units that no experiment of this holdout enrols.", {"key": text(), "share": percent("Percent of all units.")}
    ),
    "Experiment": entity(
        "An experiment on a flag or a remote config. It runs from `start_at` until before `stop_at`.",
        {
            "key": text(),
            "flag": text("The key of a flag or of a remote config."),
            "mode": ref("ExperimentMode"),
            "variations": many(ref("ExperimentVariation"), "Assigned, or for one that observes, expected."),
            "start_at": integer("Epoch milliseconds."),
        },
        {
            "traffic": percent("The part of the audience that takes part.", default=100),
            "stop_at": integer("Epoch milliseconds; absent: open end."),
            "audience": ref("Condition", "Absent: everybody."),
            "bucket_by": text("The attribute that is the unit; absent: the targeting key."),
            "layer": ref("LayerSlot"),
            "holdouts": many(ref("Holdout"), default=[]),
            "phase": integer("Exposures name it; from 1.", minimum=1, default=1),
            "seed": text("What its assignment and its traffic are hashed with; absent: its key."),
            "paused": flag("It assigns as before, and nobody belongs to it.", default=False),
        },
    ),
}
_REMOTE_CONFIGS: dict[str, Schema] = {
    "Json": {"description": "Any JSON value."},
    "ResolveMode": one_of_names(
        [mode.value for mode in ResolveMode], "Which of the overrides that match apply: the first, or all in order."
    ),
    "ConfigOverride": closed(
        "A condition, and the patch that it puts onto the value.",
        {"if": ref("Condition"), "value": by_key(ref("Json"), "A JSON Merge Patch (RFC 7396).")},
        {"id": text("Unique in its remote config; absent: `override-1` for the first, and so on.")},
    ),
    "RemoteConfig": entity(
        "A JSON object with its overrides in one environment, served as an object flag is.",
        {"key": text("No flag has the same."), "value": by_key(ref("Json"), "Served where no override applies.")},
        {
            "resolve": {**ref("ResolveMode"), "default": ResolveMode.FIRST.value},
            "overrides": many(ref("ConfigOverride"), default=[]),
            "invalid": many(
                many(integer(minimum=0)),
                "Sets of positions of overrides: where exactly these match, the value is served.",
                default=[],
            ),
            "client_visible": flag("May client keys see what it evaluates to?", default=False),
            "archived": flag("Out of use: its value is served.", default=False),
            "version": integer("The config version that changed its answers last.", default=0),
            "metadata": by_key(ref("Note"), "Stands in each answer, as its editors set it.", default={}),
        },
    ),
}
_CONFIG = entity(
    "All that an environment serves, at one version.",
    {"salt": text("Of the environment's buckets.")},
    {
        "schema_version": {"type": "integer", "const": SCHEMA_VERSION},
        "algorithm": {"type": "string", "const": ALGORITHM},
        "version": integer(default=0),
        "flags": by_key(ref("Flag"), default={}),
        "segments": by_key(ref("Segment"), default={}),
        "experiments": by_key(ref("Experiment"), default={}),
        "remote_configs": by_key(ref("RemoteConfig"), default={}),
    },
)


def config_schema() -> Schema:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:verdict:config:{SCHEMA_VERSION}",
        "title": "A config document",
        "description": (
            "The answer of /v1/config. A message of CONFIG carries one of its flags, segments, "
            "experiments or remote configs. "
            "docs/evaluation.md says what it means. Times are epoch milliseconds."
        ),
        "$ref": "#/$defs/Config",
        "$defs": {
            "Config": _CONFIG,
            **_FLAGS,
            **_SERVED,
            **_CONDITIONS,
            **_SEGMENTS,
            **_EXPERIMENTS,
            **_REMOTE_CONFIGS,
        },
    }
