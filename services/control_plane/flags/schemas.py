"""Bodies and answers of the flags' endpoints."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal

from bucketing.flagset import FlagType
from bucketing.limits import (
    EXPOSURE_ATTRIBUTES_MAX,
    FLAG_PREREQUISITES_MAX,
    FLAG_RULES_MAX,
    FLAG_TARGETS_MAX,
    FLAG_VARIATIONS_MAX,
    VARIATION_KEY_PATTERN,
)
from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema
from service_kit.schemas import Input, Name, OneOf, Output

from control_plane.changes import AuditedView
from control_plane.entities.schemas import (
    Changes,
    EntityCreate,
    EntityPatch,
    EntityView,
    EnvironmentVersions,
    OnExperiments,
    ServeDocument,
    UnitKey,
    Warnings,
)
from control_plane.entities.tried_changes import TriedChanges
from control_plane.environments.keys import EntityKey
from control_plane.flags.lifecycle_states import LifecycleState
from control_plane.flags.purposes import Purpose

TypeName = Annotated[str, OneOf(FlagType)]
VariationKey = Annotated[str, StringConstraints(pattern=f"^{VARIATION_KEY_PATTERN}$")]


class Variation(Input, strict=True):
    key: VariationKey
    value: Any = Field(description="Of the flag's type; never null.")
    name: Annotated[str, StringConstraints(max_length=200)] = ""


Variations = Annotated[list[Variation], Field(min_length=1, max_length=FLAG_VARIATIONS_MAX)]


Metadata = Annotated[
    dict[str, Any],
    WithJsonSchema({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}),
]


PurposeName = Annotated[
    str,
    OneOf(Purpose),
    Field(description="Release and experiment flags go when they are done, operational and permission flags stay."),
]
LifecycleName = Annotated[str, OneOf(LifecycleState)]


def _a_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no day of the calendar") from None
    return text


Day = Annotated[
    str,
    StringConstraints(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    AfterValidator(_a_day),
    Field(json_schema_extra={"format": "date"}),
]
ExpectedEnd = Annotated[Day | None, Field(description="The last day on which it is thought to be needed, in UTC.")]


class FlagCreate(EntityCreate, strict=True):
    type: TypeName
    variations: Variations
    off_variation: VariationKey
    default: ServeDocument
    client_visible: bool = Field(False, description="May client keys see its evaluated value?")
    metadata: Metadata = Field({}, description="Stands in each of its answers: texts, numbers and booleans.")
    purpose: PurposeName = Purpose.RELEASE.value
    expected_end: ExpectedEnd = None


class FlagPatch(EntityPatch, strict=True):
    """Only the fields that are given change; key and type never do."""

    variations: Variations = Field([])
    off_variation: VariationKey = ""
    default: ServeDocument = Field({})
    client_visible: bool = False
    metadata: Metadata = Field({})
    purpose: PurposeName = Purpose.RELEASE.value
    expected_end: ExpectedEnd = None
    on_experiments: OnExperiments = None


class FlagClone(Input, strict=True):
    key: EntityKey
    name: Name | None = Field(None, description="Defaults to the key.")
    environments: Annotated[list[EntityKey], Field(max_length=1000)] | None = Field(
        None, description="Whose settings are copied; when left out, of all in which one may change them."
    )
    off: bool = Field(False, description="Off everywhere. Otherwise it is on where the original is.")


class ShareView(Output):
    variation: str
    weight: float = Field(description="In percent.")


class OnlyRuleView(Output):
    condition: dict[str, Any] = Field(alias="if")
    shares: list[ShareView]


class ServesView(Output):
    """What a flag serves in an environment, in short."""

    kind: Literal["off", "one", "split", "rules"] = Field(
        description="`off`: the off variation to everybody; `one`: one variation; `split`: by shares; `rules`: by "
        "rules, and the shares to the rest."
    )
    shares: list[ShareView] = Field(description="For whom nothing else decides.")
    rules: int
    targets: int
    prerequisites: int
    segments: list[str] = Field(description="Those that rules of up to 16 KiB name, at most 20.")
    rule: OnlyRuleView | None = Field(description="The only rule, unless it is long; null: there is none, or several.")


class FlagExperimentView(Output):
    key: str
    status: Literal["scheduled", "running", "paused"]


class WhoView(Output):
    kind: Literal["user", "token", "system"]
    id: str
    name: str


class SwitchView(Output):
    enabled: bool
    version: int = Field(description="Of the settings in this environment.")
    serves: ServesView
    changed_at: datetime | None = Field(description="When something was last set here; null: nothing ever was.")
    changed_by: WhoView | None = Field(description="By whom; null: nobody.")
    experiments: list[FlagExperimentView] = Field(description="On the flag here: running, paused or scheduled.")


class FlagView(EntityView):
    unaudited: ClassVar = EntityView.unaudited | {"changed_by", "environments"}

    type: TypeName
    variations: list[Variation]
    off_variation: str
    default: ServeDocument
    client_visible: bool
    metadata: Metadata
    purpose: PurposeName
    expected_end: ExpectedEnd
    changed_by: WhoView | None = Field(description="Who changed the flag itself last; null: it isn't known any more.")
    environments: dict[str, SwitchView] = Field(description="Where the flag is on, by the environment's key.")


class TargetFields(Input, strict=True):
    key: UnitKey = Field(description="A targeting key.")
    variation: VariationKey
    expires_at: str | int | None = Field(None, description="RFC 3339 with an offset, or epoch milliseconds.")


class PrerequisiteFields(Input, strict=True):
    flag: EntityKey
    variation: VariationKey = Field(description="What the other flag must serve.")


RuleDocument = Annotated[
    dict[str, Any],
    Field(
        description='`{"id"?, "description"?, "if": condition, "then": serve}`; a rule without an id gets one. '
        'The form `{"field", "op", "value", "enabled"}` of older clients is taken, too.'
    ),
]


class SettingsPatch(Changes, strict=True):
    """Only the fields that are given change; a list replaces the whole list."""

    enabled: bool = False
    rules: Annotated[list[RuleDocument], Field(max_length=FLAG_RULES_MAX)] = Field([])
    targets: Annotated[list[TargetFields], Field(max_length=FLAG_TARGETS_MAX)] = Field([])
    prerequisites: Annotated[list[PrerequisiteFields], Field(max_length=FLAG_PREREQUISITES_MAX)] = Field([])
    default: ServeDocument | None = Field(None, description="null: the flag's own default.")
    off_variation: VariationKey | None = Field(None, description="null: the flag's own off variation.")
    report_exposures: bool = Field(False, description="The edge reports remote evaluations as exposures.")
    exposure_attributes: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=256)]], Field(max_length=EXPOSURE_ATTRIBUTES_MAX)
    ] = Field([], description="Attributes that these exposures carry.")
    on_experiments: OnExperiments = None


class Enabled(Input, strict=True):
    enabled: bool
    on_experiments: OnExperiments = None


class SettingsView(AuditedView):
    unaudited: ClassVar = frozenset({"changes", "environment_versions", "warnings"})

    flag: str
    environment: str
    enabled: bool
    rules: list[RuleDocument]
    targets: list[TargetFields]
    prerequisites: list[PrerequisiteFields]
    default: ServeDocument
    off_variation: str
    inherited: list[Literal["default", "off_variation"]] = Field(description="What comes from the flag itself.")
    report_exposures: bool
    exposure_attributes: list[str]
    version: int
    updated_at: datetime
    environment_versions: EnvironmentVersions = Field({})
    warnings: Warnings = Field([])
    changes: TriedChanges = None
