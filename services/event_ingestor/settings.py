"""The ingestor's settings: environment variables (`FF_` and the name in capitals)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from service_kit.cors import ANY_ORIGIN, Origins
from service_kit.settings import LongSecret
from service_kit.store_settings import BusSettings

_MEBIBYTE = 1024 * 1024


class IngestorSettings(BusSettings):
    """Read by `main` alone. Times in seconds and sizes in bytes unless the name says otherwise."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8082
    nats_replicas: Annotated[int, Field(ge=1, le=5)] = 1
    pii_secret: LongSecret

    events_max_bytes: Annotated[int, Field(ge=_MEBIBYTE)] = 8192 * _MEBIBYTE
    events_max_age_seconds: Annotated[float, Field(ge=600)] = 86_400.0
    events_duplicate_window_seconds: Annotated[float, Field(ge=0.1, le=600)] = 120.0

    events_linger_seconds: Annotated[float, Field(ge=0, le=1)] = 0.002
    events_message_bytes: Annotated[int, Field(ge=64 * 1024, le=7 * _MEBIBYTE)] = 900_000
    events_in_flight_bytes: Annotated[int, Field(ge=10 * _MEBIBYTE)] = 32 * _MEBIBYTE
    events_age_days_max: Annotated[int, Field(ge=1, le=36_500)] = 730
    events_ahead_seconds_max: Annotated[int, Field(ge=0)] = 86_400

    ingestor_cors_origins: Origins = ANY_ORIGIN
    ingestor_snapshot_file: Path | None = None
