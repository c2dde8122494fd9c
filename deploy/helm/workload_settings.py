"""Which settings may stand under `settings` of a workload: those that its service reads, but for secrets, and for what
the chart makes of other values."""

from __future__ import annotations

from typing import Any, get_args

from analytics.settings import ExportSettings, LoadSettings, MonitorSettings, ServeSettings
from control_plane.settings import Settings
from edge_evaluator.settings import EdgeSettings
from event_ingestor.settings import IngestorSettings
from service_kit.setting_values import Secret
from service_kit.settings import ServiceSettings

READ_BY: dict[str, type[ServiceSettings]] = {
    "controlPlane": Settings,
    "edgeEvaluator": EdgeSettings,
    "eventIngestor": IngestorSettings,
    "analytics": ServeSettings,
    "loader": LoadSettings,
    "exporter": ExportSettings,
    "monitor": MonitorSettings,
}
MADE = {
    "FF_HOST",
    "FF_PORT",
    "FF_ADMIN_PORT",
    "FF_METRICS_TOKEN",
    "FF_LOG_LEVEL",
    "FF_DRAIN_SECONDS",
    "FF_IDLE_CONNECTION_SECONDS",
    "FF_TRUSTED_PROXIES",
    "FF_NATS_REPLICAS",
    "FF_PUBLIC_URL",
    "FF_MIGRATE_ON_START",
    "FF_INGESTOR_URL",
    "FF_REGION",
    "FF_EDGE_GRPC_PORT",
    "FF_EDGE_SNAPSHOT_DIR",
    "FF_INGESTOR_SNAPSHOT_FILE",
    "FF_ADMIN_EMAIL",
}
"""By the chart, of other values."""
_MADE_PARTS = (
    "FF_NATS_",
    "FF_REDIS_",
    "FF_DATABASE_URL",
    "FF_CLICKHOUSE_URL",
    "FF_CLICKHOUSE_DATABASE",
    "FF_CLICKHOUSE_CLUSTER",
    "FF_CLICKHOUSE_SHARDS",
    "FF_CLICKHOUSE_RETENTION_DAYS",
    "FF_CLICKHOUSE_CA_FILE",
    "FF_EDGE_GRPC_TLS_",
)
"""The same, by how they begin."""


def settings_of(workload: str) -> list[str]:
    """The variables, sorted."""
    declared = READ_BY[workload].declared()
    found = {f"FF_{name.upper()}" for name, setting in declared.items() if not _is_secret(setting.kind)}
    return sorted(each for each in found - MADE if not each.startswith(_MADE_PARTS))


def _is_secret(kind: Any) -> bool:
    return kind is Secret or any(_is_secret(each) for each in get_args(kind))
