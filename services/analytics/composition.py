"""Parts as settings describe them: where ClickHouse is, what exports may reach, what seals their credentials.

What a part refuses ends the process like any wrong setting.
"""

from __future__ import annotations

from pathlib import Path

from service_kit.settings import wrong_settings

from analytics.exports.destinations.registry import DestinationPolicy
from analytics.exports.seal import Sealer
from analytics.settings import DestinationSettings, StoreSettings
from analytics.warehouse.settings import WarehouseSettings


def warehouse_settings(settings: StoreSettings) -> WarehouseSettings:
    try:
        return WarehouseSettings(
            url=settings.clickhouse_url,
            database=settings.clickhouse_database,
            cluster=settings.clickhouse_cluster,
            retention_days=settings.clickhouse_retention_days,
            query_seconds_max=settings.clickhouse_query_seconds_max,
            query_memory_bytes_max=settings.clickhouse_query_memory_bytes_max,
            password=settings.clickhouse_password.get_secret_value(),
        )
    except ValueError as error:
        name, _, reason = str(error).partition(": ")
        raise wrong_settings(f"FF_CLICKHOUSE_{name.upper()}: {reason}") from None


def destination_policy(settings: DestinationSettings) -> DestinationPolicy:
    return DestinationPolicy(
        folder_root=Path(settings.export_folder_root) if settings.export_folder_root else None,
        object_store_hosts=settings.object_store_hosts,
        private_hosts_allowed=settings.export_private_hosts_allowed,
    )


def sealer(settings: DestinationSettings) -> Sealer:
    try:
        return Sealer(settings.export_secret.get_secret_value())
    except ValueError as error:
        raise wrong_settings(f"FF_EXPORT_SECRET: {error}") from None
