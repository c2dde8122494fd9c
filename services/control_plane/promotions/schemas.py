"""Bodies and answers of promotions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from service_kit.schemas import Description, Input, Name, OneOf, Output

from control_plane.entities.schemas import OnExperiments
from control_plane.environments.keys import EntityKey
from control_plane.reviews.schemas import EDITS_MAX, DifferenceView

PROMOTED = ("flag_settings", "config_settings")
PromotedName = Annotated[str, OneOf(PROMOTED)]
LEFT = (
    "enabled",
    "rules",
    "targets",
    "prerequisites",
    "default",
    "off_variation",
    "report_exposures",
    "exposure_attributes",
    "value",
    "resolve",
    "overrides",
)


class PromotedKey(Input, strict=True):
    """What is brought over. Versions that were seen may be named: where another one stands, it is refused."""

    entity: PromotedName
    key: EntityKey
    source_version: int | None = Field(None, ge=1)
    target_version: int | None = Field(None, ge=1)


class PromotionIn(Input, strict=True):
    """Settings that are to stand here as they stand in `source`."""

    source: EntityKey = Field(description="The environment that they come from.")
    items: Annotated[list[PromotedKey], Field(min_length=1, max_length=EDITS_MAX)]
    leave: Annotated[list[Annotated[str, OneOf(LEFT)]], Field(max_length=len(LEFT))] = Field(
        [], description="Fields that stay as they are here, such as `enabled` or `targets`."
    )
    apply_as: Literal["change", "change_request"] = Field(
        "change_request", description="`change` applies it at once, as one version; refused where people have to agree."
    )
    title: Name | None = Field(None, description="Of the change request; made of the environments when left out.")
    description: Description = ""
    on_experiments: OnExperiments = None


class PromotionItemView(Output):
    """Settings that differ, and what bringing them over would do."""

    entity: PromotedName
    key: str
    source_version: int
    target_version: int
    difference: DifferenceView
    segments: list[str] = Field(description="Segments that the source's settings name and the target's do not.")
    edit: dict[str, Any] = Field(description="As change requests and previews take it.")
