"""Bodies and answers of previews."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from service_kit.schemas import Input, Output

from control_plane.previews.schemas import (
    ClientNewsView,
    ImpactView,
    MessageSizeView,
    ProblemView,
    ShareView,
    SilenceView,
)
from control_plane.reviews.schemas import ActionName, DifferenceView, Edits, EntityName


class PreviewIn(Input, strict=True):
    """The edits of a change, as a change request takes them."""

    edits: Edits
    examples: Annotated[int, Field(ge=0, le=20)] = Field(10, description="Units that are shown one by one.")


class PreviewEditView(Output):
    entity: EntityName
    key: str
    action: ActionName
    environments: list[str] = Field(description="Where it changes answers.")
    difference: DifferenceView


class PreviewView(Output):
    """What a change would do in an environment. Nothing is saved."""

    environment: str
    other_environments: list[str] = Field(description="Where else it changes answers: ask for a preview there, too.")
    edits: list[PreviewEditView]
    status: Literal["counted", "unchanged", "unavailable"] = Field(
        description="`unchanged`: the environment would publish what it does. `unavailable`: the rest is told all the "
        "same, and the change may be made."
    )
    impact: ImpactView | None
    unavailable: SilenceView | None
    client_news: list[ClientNewsView]
    message_size: MessageSizeView
    problems: list[ProblemView]
    disturbed_experiments: list[str] = Field(
        description="Experiments that run and would get another population: the change has to say `on_experiments`."
    )


class SegmentEstimateView(Output):
    """How many of the recent units are in a segment, as it stands."""

    segment: str
    environment: str
    units: int = Field(description="Units that were evaluated.")
    units_estimated: int
    units_in: int
    share: ShareView | None = Field(description="Of the units of which it can be told.")
    unknown: int = Field(description="Units whose exposures do not carry what the segment asks for.")
    pseudonymised: bool
    since: datetime | None
    unavailable: SilenceView | None
