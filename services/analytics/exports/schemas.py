"""Bodies and answers of the exports' endpoints. Credentials are only ever taken."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from service_kit.schemas import Input, OneOf, Output

from analytics.exports.datasets import DATASETS
from analytics.exports.destinations.registry import AnyAddress, Credentials
from analytics.exports.models import Cause, Mode, Schedule, Status

DatasetName = Annotated[str, OneOf(DATASETS)]
_Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")
]
_TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class _Timing(Input):
    schedule: Schedule = "daily"
    daily_at: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$"), Field(description="UTC")] = (
        "02:00"
    )
    paused: bool = False


class CreateExport(_Timing):
    name: _Name
    project: Annotated[str, Field(min_length=1, max_length=128, description="Id or key")]
    environment: Annotated[str, Field(min_length=1, max_length=128, description="Key or id")]
    destination: AnyAddress
    credentials: Credentials = Credentials()
    datasets: list[DatasetName] = Field(list(DATASETS), min_length=1, max_length=len(DATASETS))


class ChangeExport(Input):
    """What is not given stays. A new destination needs its credentials again, so that they never go where they were
    not entered for."""

    name: _Name | None = None
    destination: AnyAddress | None = None
    credentials: Credentials | None = None
    datasets: Annotated[list[DatasetName], Field(min_length=1, max_length=len(DATASETS))] | None = None
    schedule: Schedule | None = None
    daily_at: _TimeOfDay | None = None
    paused: bool | None = None


class StartRun(Input):
    mode: Annotated[
        Mode,
        Field(description="`incremental`: what came since the last run. `full`: everything, replacing what is there"),
    ] = "incremental"


class RunDocument(Output):
    """`rows`: written per dataset, repeats not counted. `error`: what went wrong, in words."""

    number: int
    status: Status
    mode: Mode
    cause: Cause
    requested_by: str | None
    requested_at: str
    scheduled_for: str | None
    started_at: str | None
    finished_at: str | None
    until: str | None
    rows: dict[str, int]
    error_code: str | None
    error: str | None


class ExportDocument(Output):
    id: str
    name: str
    project: str
    environment: str
    destination: dict[str, str]
    credentials: Literal["none", "stored"]
    datasets: list[str]
    schedule: Schedule
    daily_at: str
    paused: bool
    next_run_at: str | None
    created_at: str
    updated_at: str
    version: int
    last_run: RunDocument | None


class ConnectionTest(Output):
    """`code` and `detail` say what is wrong when `ok` is false."""

    ok: bool
    code: str | None
    detail: str
