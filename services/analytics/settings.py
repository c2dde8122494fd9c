"""The settings of the analytics service, each an environment variable that begins with `FF_`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from service_kit.settings import ServiceSettings

from analytics.warehouse.settings import WarehouseSettings

JWT_SECRET_BYTES_MIN = 32


class StoreSettings(ServiceSettings):
    """What every command needs: the bus and ClickHouse."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8083
    nats_url: str = "nats://127.0.0.1:4222"
    nats_replicas: Annotated[int, Field(ge=1, le=5)] = 1
    clickhouse_url: str = "http://127.0.0.1:8123"
    clickhouse_database: str = "verdict"
    clickhouse_password: SecretStr = SecretStr("")
    clickhouse_cluster: str = ""
    clickhouse_retention_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    clickhouse_query_seconds_max: Annotated[int, Field(ge=1, le=3600)] = 60
    clickhouse_query_memory_bytes_max: Annotated[int, Field(ge=64 * 1024**2)] = 4 * 1024**3

    def warehouse(self) -> WarehouseSettings:
        """Raises ValueError that names the wrong part."""
        return WarehouseSettings(
            url=self.clickhouse_url,
            database=self.clickhouse_database,
            cluster=self.clickhouse_cluster,
            retention_days=self.clickhouse_retention_days,
            query_seconds_max=self.clickhouse_query_seconds_max,
            query_memory_bytes_max=self.clickhouse_query_memory_bytes_max,
            password=self.clickhouse_password.get_secret_value(),
        )


class LoadSettings(StoreSettings):
    """`analytics load`; its port serves health and metrics. A batch is closed by rows, bytes or seconds."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8084
    loader_rows_max: Annotated[int, Field(ge=1, le=1_000_000)] = 50_000
    loader_bytes_max: Annotated[int, Field(ge=1024)] = 32 * 1024 * 1024
    loader_seconds_max: Annotated[float, Field(gt=0, le=60)] = 1.0
    loader_ack_wait_seconds: Annotated[float, Field(ge=1, le=3600)] = 15.0


class ServeSettings(StoreSettings):
    """`analytics serve`. A snapshot of each running experiment is stored per interval; 0 takes none.

    `pii_secret` is the ingestor's: with it a person's rows are found where user keys are stored as stand-ins.
    """

    auth_jwt_secret: SecretStr
    pii_secret: SecretStr = SecretStr("")
    analytics_cors_origins: str = ""
    analytics_snapshot_seconds: Annotated[int, Field(ge=0, le=604_800)] = 3600

    @property
    def cors_origins(self) -> tuple[str, ...]:
        """The origins of `FF_ANALYTICS_CORS_ORIGINS`, which stand there with commas between them."""
        return tuple(each.strip().rstrip("/") for each in self.analytics_cors_origins.split(",") if each.strip())

    @field_validator("auth_jwt_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value().encode()) < JWT_SECRET_BYTES_MIN:
            raise ValueError(f"must have at least {JWT_SECRET_BYTES_MIN} bytes")
        return value
