"""The ingestor's settings: environment variables (`FF_` and the name in capitals)."""

from __future__ import annotations

from typing import Annotated

from service_kit.cors import ANY_ORIGIN, Origins
from service_kit.setting_values import Between
from service_kit.settings import LongSecret, Workers
from service_kit.store_settings import BusSettings, OptionalFile, RedisSettings

_MEBIBYTE = 1024 * 1024
_Count = Annotated[int, Between(ge=1)]
_Room = Annotated[int, Between(ge=10 * _MEBIBYTE)]
"""The largest body, packed and unpacked, fits in."""


class IngestorSettings(BusSettings, RedisSettings):
    """Read by `main` alone. Times in seconds and sizes in bytes unless the name says otherwise.

    `auth_jwt_secret`: the control plane's, where it signs access tokens with a secret (`FF_AUTH_KEYS=secret`).
    """

    port: Annotated[int, Between(ge=0, le=65535)] = 8082
    ingestor_workers: Workers = 1
    nats_replicas: Annotated[int, Between(ge=1, le=5)] = 1
    pii_secret: LongSecret
    auth_jwt_secret: LongSecret | None = None

    events_max_bytes: Annotated[int, Between(ge=_MEBIBYTE)] = 8192 * _MEBIBYTE
    events_max_age_seconds: Annotated[float, Between(ge=600)] = 86_400.0
    events_duplicate_window_seconds: Annotated[float, Between(ge=0.1, le=600)] = 120.0

    events_linger_seconds: Annotated[float, Between(ge=0, le=1)] = 0.002
    events_message_bytes: Annotated[int, Between(ge=64 * 1024, le=7 * _MEBIBYTE)] = 900_000
    events_in_flight_bytes: _Room = 64 * _MEBIBYTE
    events_in_flight_bytes_per_address: _Room = 12 * _MEBIBYTE
    events_in_flight_bytes_per_key: _Room = 24 * _MEBIBYTE
    events_in_flight_bytes_per_organization: _Room = 32 * _MEBIBYTE
    events_per_key_per_second: _Count = 100_000
    events_per_organization_per_second: _Count = 200_000
    events_per_organization_per_day: Annotated[int, Between(ge=0, le=2_000_000_000)] = 0
    events_age_days_max: Annotated[int, Between(ge=1, le=36_500)] = 730
    events_ahead_seconds_max: Annotated[int, Between(ge=0)] = 86_400

    ingestor_bodies_per_address_max: _Count = 500
    ingestor_bodies_per_key_max: _Count = 1000
    ingestor_bodies_per_organization_max: _Count = 2000
    ingestor_connections_per_address_max: _Count = 2000
    ingestor_connections_per_key_max: _Count = 10_000
    ingestor_connections_per_organization_max: _Count = 20_000
    ingestor_requests_per_address_per_second: _Count = 20_000
    ingestor_requests_per_key_per_second: _Count = 20_000
    ingestor_requests_per_organization_per_second: _Count = 40_000
    ingestor_reads_per_actor_per_second: _Count = 1000
    ingestor_cors_origins: Origins = ANY_ORIGIN
    ingestor_snapshot_file: OptionalFile = None
