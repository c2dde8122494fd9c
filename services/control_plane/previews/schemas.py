"""Answers of previews."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field
from service_kit.schemas import Output


class ShareView(Output):
    """A part of the units of which it can be told, in percent, with its 95% interval (Wilson)."""

    percent: float
    lower: float
    upper: float


class MoveView(Output):
    """`before` or `after` is null where there is no such flag."""

    before: str | None
    after: str | None
    units: int


class FlagImpactView(Output):
    """A flag or remote config whose answers the change concerns."""

    key: str
    changed: int
    unknown: int
    moves: list[MoveView]
    missing_attributes: list[str] = Field(
        description="What its rules ask for and the exposures of the unknown units do not carry."
    )


class SegmentImpactView(Output):
    key: str
    before: int
    after: int
    entered: int
    left: int
    changed: int = Field(description="Units in it that get something else.")
    unknown: int


class ExperimentImpactView(Output):
    key: str
    before: int
    after: int
    won: int
    lost: int
    moved: int = Field(description="In it before and after, with another variation.")
    unknown: int


class ExampleView(Output):
    """A unit as it is stored, with why it gets what, before and after."""

    flag: str
    unit: str
    before: str | None
    after: str | None
    explanation_before: dict[str, Any]
    explanation_after: dict[str, Any]


class ImpactView(Output):
    """Units that were exposed lately, evaluated before and after the change. Nothing is guessed: a unit whose exposures
    do not carry what a rule asks for is `unknown`."""

    config_version: int = Field(description="What was served when it was counted.")
    since: datetime
    units: int = Field(description="Units that were evaluated.")
    units_estimated: int = Field(description="About how many there are.")
    pseudonymised: bool = Field(
        description="User keys are stored as stand-ins: shares hold, single units may get something else."
    )
    changed: int = Field(description="Units that get another variation or value of any flag.")
    changed_share: ShareView | None
    unknown: int = Field(description="Units of which that can't be told, and that aren't in `changed`.")
    flags: list[FlagImpactView]
    flags_left_out: int
    segments: list[SegmentImpactView]
    experiments: list[ExperimentImpactView]
    examples: list[ExampleView] | None = Field(
        description="Null for who may not read exposures and explanations, and in change requests."
    )


class SilenceView(Output):
    """Why the impact is not known. Nothing else of the change depends on it."""

    code: str
    detail: str


class ClientNewsView(Output):
    """What clients would see for the first time: a flag or remote config, or values of its variations."""

    entity: str
    key: str
    newly_visible: bool
    variations: list[str]


class MessageSizeView(Output):
    """Bytes of the entries that differ, and of all that the environment publishes, where that is known."""

    before: int
    after: int
    environment: int | None


class ProblemView(Output):
    """An entry that could not be published; what is served of it stays as it was."""

    entity: str
    key: str
    reason: str
