"""What the API takes and gives. Credentials are only ever taken."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints
from service_kit.schemas import OneOf

from analytics.exports.datasets import DATASETS
from analytics.exports.models import Cause, Mode, Schedule, Status

DatasetName = Annotated[str, OneOf(DATASETS)]
_Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_$]{0,254}$")]
_Path = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.=-]{0,127}(/[A-Za-z0-9_][A-Za-z0-9_.=-]{0,127}){0,15}$"),
]
_Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")
]
_TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
_Secret = Annotated[SecretStr, Field(min_length=1, max_length=16_384)]
_Endpoint = Annotated[str, StringConstraints(max_length=255)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FolderAddress(_Model):
    """Parquet files in a folder of the server, below `FF_EXPORT_FOLDER_ROOT` and the organization's id."""

    type: Literal["folder"]
    path: Annotated[_Path, Field(description="Relative; each part begins with a letter, a digit or `_`")]


class ObjectStoreAddress(_Model):
    """Parquet files in a bucket that speaks S3."""

    type: Literal["object_store"]
    bucket: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    prefix: _Path | Literal[""] = ""
    region: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")] = "us-east-1"
    endpoint: Annotated[_Endpoint, Field(description="Empty: Amazon S3 in `region`")] = ""


class SnowflakeAddress(_Model):
    """Tables `VERDICT_…` in a schema that is there; names as Snowflake stores unquoted ones."""

    type: Literal["snowflake"]
    account: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64}){0,2}$")]
    user: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    database: _Identifier
    schema_: Annotated[_Identifier, Field(alias="schema")]
    warehouse: _Identifier | Literal[""] = ""
    role: _Identifier | Literal[""] = ""
    endpoint: Annotated[_Endpoint, Field(description="Empty: the account's own address")] = ""


Address = Annotated[FolderAddress | ObjectStoreAddress | SnowflakeAddress, Field(discriminator="type")]


class Credentials(_Model):
    """Object stores: `access_key_id` and `secret_access_key` (and `session_token`). Snowflake: `password`, which may be
    a programmatic access token, or `private_key` as unencrypted PEM."""

    access_key_id: _Secret | None = None
    secret_access_key: _Secret | None = None
    session_token: _Secret | None = None
    password: _Secret | None = None
    private_key: _Secret | None = None

    def plain(self) -> dict[str, str]:
        """Those that are given."""
        given: dict[str, SecretStr | None] = dict(self)
        return {name: value.get_secret_value() for name, value in given.items() if value is not None}


class _Timing(_Model):
    schedule: Schedule = "daily"
    daily_at: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$"), Field(description="UTC")] = (
        "02:00"
    )
    paused: bool = False


class CreateExport(_Timing):
    name: _Name
    project: Annotated[str, Field(min_length=1, max_length=128, description="Id or key")]
    environment: Annotated[str, Field(min_length=1, max_length=128, description="Key or id")]
    destination: Address
    credentials: Credentials = Credentials()
    datasets: Annotated[list[DatasetName], Field(min_length=1, max_length=len(DATASETS))] = list(DATASETS)


class ChangeExport(_Model):
    """What is not given stays. A new destination needs its credentials again, so that they never go where they were
    not entered for."""

    name: _Name | None = None
    destination: Address | None = None
    credentials: Credentials | None = None
    datasets: Annotated[list[DatasetName], Field(min_length=1, max_length=len(DATASETS))] | None = None
    schedule: Schedule | None = None
    daily_at: _TimeOfDay | None = None
    paused: bool | None = None


class StartRun(_Model):
    mode: Annotated[
        Mode,
        Field(description="`incremental`: what came since the last run. `full`: everything, replacing what is there"),
    ] = "incremental"


class RunDocument(_Model):
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


class ExportDocument(_Model):
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


class ConnectionTest(_Model):
    """`code` and `detail` say what is wrong when `ok` is false."""

    ok: bool
    code: str | None
    detail: str
