"""Where ClickHouse is, as settings say it. What can't be used ends the process like any wrong setting."""

from __future__ import annotations

from service_kit.settings import wrong_settings

from analytics.settings import StoreSettings
from analytics.warehouse.settings import WarehouseSettings


def warehouse_settings(settings: StoreSettings) -> WarehouseSettings:
    try:
        return WarehouseSettings(
            url=settings.clickhouse_url,
            database=settings.clickhouse_database,
            cluster=settings.clickhouse_cluster,
            shards=settings.clickhouse_shards,
            retention_days=settings.clickhouse_retention_days,
            query_seconds_max=settings.clickhouse_query_seconds_max,
            query_memory_bytes_max=settings.clickhouse_query_memory_bytes_max,
            ca_file=str(settings.clickhouse_ca_file or ""),
            password=settings.clickhouse_password.get_secret_value(),
        )
    except ValueError as error:
        name, _, reason = str(error).partition(": ")
        raise wrong_settings(f"FF_CLICKHOUSE_{name.upper()}: {reason}") from None
