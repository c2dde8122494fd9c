"""The edge's settings: environment variables (`FF_` and the name in capitals)."""

from __future__ import annotations

import re
from typing import Annotated

from service_kit.cors import ANY_ORIGIN, Origins
from service_kit.setting_values import Between, Checks, Secret
from service_kit.settings import Workers
from service_kit.store_settings import BusSettings, OptionalFile, RedisSettings

_REGION = re.compile(r"[A-Za-z0-9._-]{0,64}")


def _region(value: str) -> str:
    if _REGION.fullmatch(value) is None:
        raise ValueError("must have at most 64 letters, digits, dots, dashes and underscores")
    return value


def _http_address(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise ValueError("must be empty or an http:// or https:// address")
    return value.rstrip("/")


class EdgeSettings(BusSettings, RedisSettings):
    """Read by `main` alone. Times in seconds, sizes in bytes; an empty address turns its part off. `region`: where the
    edge runs, as people call it; the control plane shows it."""

    port: Annotated[int, Between(ge=0, le=65535)] = 8081
    ingestor_url: Annotated[str, Checks(_http_address)] = ""
    edge_workers: Workers = 1
    region: Annotated[str, Checks(_region)] = ""

    edge_snapshot_dir: OptionalFile = None
    edge_snapshot_interval_seconds: Annotated[float, Between(gt=0, le=3600)] = 1.0
    edge_anti_entropy_seconds: Annotated[float, Between(gt=0, le=60)] = 2.0
    edge_public_url: Annotated[str, Checks(_http_address)] = ""
    edge_events_public_url: Annotated[str, Checks(_http_address)] = ""
    edge_cors_origins: Origins = ANY_ORIGIN
    edge_fast_path: bool = True
    edge_kept_answers_bytes_max: Annotated[int, Between(ge=0)] = 8 * 1024 * 1024

    edge_body_limit_bytes: Annotated[int, Between(ge=1024, le=64 * 1024 * 1024)] = 1024 * 1024
    edge_context_attributes_max: Annotated[int, Between(ge=1, le=100_000)] = 1000
    edge_context_depth_max: Annotated[int, Between(ge=1, le=64)] = 10
    edge_header_seconds_max: Annotated[float, Between(gt=0, le=300)] = 10.0
    edge_body_seconds_max: Annotated[float, Between(gt=0, le=300)] = 30.0
    edge_connections_per_address_max: Annotated[int, Between(ge=1)] = 2000
    edge_connections_per_key_max: Annotated[int, Between(ge=1)] = 10_000
    edge_streams_per_key_max: Annotated[int, Between(ge=1)] = 5000
    edge_stream_unread_bytes_max: Annotated[int, Between(ge=1024)] = 64 * 1024
    edge_refetches_per_second: Annotated[int, Between(ge=1)] = 1000
    edge_requests_per_key_per_second: Annotated[int, Between(ge=1)] = 100_000
    edge_requests_per_address_per_second: Annotated[int, Between(ge=1)] = 50_000

    edge_grpc_port: Annotated[int, Between(ge=0, le=65535)] = 0
    edge_grpc_tls_certificate_file: OptionalFile = None
    edge_grpc_tls_key_file: OptionalFile = None
    edge_grpc_tls_client_ca_file: OptionalFile = None
    edge_flagd_key: Secret = Secret("")

    edge_exposure_buffer_max: Annotated[int, Between(ge=1, le=1_000_000)] = 20_000
    edge_exposure_flush_seconds: Annotated[float, Between(gt=0, le=60)] = 1.0
    edge_exposure_window_seconds: Annotated[float, Between(gt=0, le=86_400)] = 600.0
