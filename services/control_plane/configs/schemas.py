"""Bodies and answers of the remote configs' endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from bucketing.flagset import ResolveMode
from bucketing.limits import CONFIG_OVERRIDES_MAX
from pydantic import Field, WithJsonSchema
from service_kit.schemas import Input, Name, OneOf, Output

from control_plane.changes import AuditedView
from control_plane.entities.schemas import (
    Changes,
    EntityCreate,
    EntityPatch,
    EntityView,
    EnvironmentVersions,
    OnExperiments,
    Warnings,
)
from control_plane.entities.tried_changes import TriedChanges
from control_plane.environments.keys import EntityKey

ResolveName = Annotated[str, OneOf(ResolveMode)]
SchemaDocument = Annotated[
    dict[str, Any],
    Field(
        alias="schema",
        description="A JSON Schema (2020-12) that every value fits which an environment may serve. `{}` takes any.",
    ),
]
ValueDocument = Annotated[dict[str, Any], Field(description="A JSON object.")]
Metadata = Annotated[
    dict[str, Any],
    WithJsonSchema({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}),
]
OverrideDocument = Annotated[
    dict[str, Any],
    Field(
        description='`{"id"?, "if": condition, "value": patch}`; `"segment": key` may stand for an `if` of it. The '
        "patch is a JSON Merge Patch (RFC 7396) on the value. An override without an id gets one."
    ),
]
Overrides = Annotated[list[OverrideDocument], Field(max_length=CONFIG_OVERRIDES_MAX)]


class ConfigCreate(EntityCreate, strict=True):
    json_schema: SchemaDocument = Field({}, alias="schema")
    value: ValueDocument = Field(description="What is served where an environment has no value of its own.")
    client_visible: bool = Field(False, description="May client keys see its evaluated value?")
    metadata: Metadata = Field({}, description="Stands in each of its answers: texts, numbers and booleans.")


class ConfigClone(Input, strict=True):
    key: EntityKey
    name: Name | None = Field(None, description="Defaults to the key.")
    environments: Annotated[list[EntityKey], Field(max_length=1000)] | None = Field(
        None, description="Whose settings are copied; when left out, of all in which one may change them."
    )


class ConfigPatch(EntityPatch, strict=True):
    """Only the fields that are given change; the key never does."""

    json_schema: SchemaDocument = Field({}, alias="schema")
    value: ValueDocument = Field({})
    client_visible: bool = False
    metadata: Metadata = Field({})
    on_experiments: OnExperiments = None


class ConfigOutline(Output):
    own_value: bool = Field(description="Whether the environment has a value of its own.")
    overrides: int = Field(description="How many there are.")
    version: int = Field(description="Of the settings in this environment.")


class ConfigView(EntityView, serialize_by_alias=True, validate_by_name=True):
    unaudited: ClassVar = EntityView.unaudited | {"environments"}

    json_schema: SchemaDocument = Field(alias="schema")
    value: ValueDocument
    client_visible: bool
    metadata: Metadata
    environments: dict[str, ConfigOutline] = Field(description="What is set of it, by the environment's key.")


class ConfigSettingsPatch(Changes, strict=True):
    """Only the fields that are given change; a list replaces the whole list."""

    value: ValueDocument | None = Field(None, description="null: the config's own value.")
    resolve: ResolveName = Field(
        ResolveMode.FIRST.value,
        description="`first`: the first override that matches applies; `merge`: all that match, in their order, of at "
        "most ten.",
    )
    overrides: Overrides = Field([])
    on_experiments: OnExperiments = None


class ConfigSettingsView(AuditedView):
    unaudited: ClassVar = frozenset({"changes", "environment_versions", "warnings", "invalid_combinations"})

    config: str
    environment: str
    value: ValueDocument
    resolve: ResolveName
    overrides: list[OverrideDocument]
    inherited: bool = Field(description="Whether the value is the config's own.")
    invalid_combinations: list[list[str]] = Field(
        description="Ids of overrides that together break the schema: whom all of them match gets the value alone."
    )
    version: int
    updated_at: datetime
    environment_versions: EnvironmentVersions = Field({})
    warnings: Warnings = Field([])
    changes: TriedChanges = None
