"""The last look at a rollout, and incidents, as they are answered."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field
from service_kit.schemas import Output

ActionWord = Literal["none", "notify", "hold", "roll_back"]


class ArmView(Output):
    units: int
    mean: float | None = Field(description="Of the guard's metric; null without units.")


class StratumView(Output):
    """Units that were first seen in one stage of the rollout."""

    stage: int = Field(description="Its place in the rollout's `stages`, from 0.")
    new: ArmView
    rest: ArmView
    estimate: float | None
    weight: float = Field(description="Its part of the combined estimate, 0 to 1.")


class FindingView(Output):
    """What one look found of one guard. Differences are new less rest, and below 0 is worse."""

    guard: str
    state: Literal["healthy", "harmed", "insufficient", "no_data", "not_estimable"]
    action: ActionWord = Field(description="What the guard asks for.")
    statistic: str = Field(description="The name of the method.")
    sentence: str
    new: ArmView = Field(description="Who has the new variation.")
    rest: ArmView = Field(description="Who has not, at the same time.")
    estimate: float | None
    lower: float | None = Field(description="Of an interval that holds at all looks together.")
    upper: float | None
    p: float | None = Field(description="Of no harm beyond the margin, over all looks so far.")
    log10_p: float | None
    alpha_used: float = Field(description="This guard's part of the rollout's error rate.")
    data_until: datetime | None = Field(description="Exposures up to here were counted.")
    strata: list[StratumView]


class VerdictView(Output):
    """The last look of the monitor at a rollout."""

    rollout: str
    revision: int = Field(description="The version of the rollout that was looked at.")
    epoch: int = Field(description="Of the monitor's term; a verdict of an older one is refused.")
    monitor: str
    looked_at: datetime
    received_at: datetime
    action: ActionWord = Field(description="The strongest of what the guards ask for.")
    outcome: Literal["quiet", "acted", "overtaken", "failed"] = Field(
        description="`quiet`: nothing that wasn't answered before; `overtaken`: somebody decided meanwhile; "
        "`failed`: what it asks for was refused, and the next look asks again."
    )
    findings: list[FindingView]


class ToldView(Output):
    """A webhook that the incident was sent to."""

    webhook: str = Field(description="Its id.")
    url: str
    state: Literal["waiting", "delivered", "failed"]
    at: datetime | None = Field(description="When that was known.")


class IncidentView(Output):
    """What a guard found, and what was done."""

    id: str
    environment: str
    rollout: str
    flag: str
    variation: str
    guard: str
    action: Literal["notify", "hold", "roll_back"] = Field(description="What the guard asked for.")
    done: Literal["told", "held", "rolled_back", "nothing"] = Field(
        description="`nothing`: the rollout was complete already."
    )
    share: float = Field(description="Of the new variation then, in percent.")
    revision: int
    epoch: int
    monitor: str
    looked_at: datetime
    opened_at: datetime
    recovered_at: datetime | None = Field(description="When the guard asked for nothing any more.")
    finding: FindingView


class IncidentDetail(IncidentView):
    told: list[ToldView]
